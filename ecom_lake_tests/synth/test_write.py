from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.errors import UserError
from ecom_lake.synth.write import REVIEWS, Delivery, atomic_folder, quoted, record, records, with_inserted
from ecom_lake_tests.synth.made import FILES, Make

HEADERS = {
    "customers": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    "orders": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
    "order_delivered_customer_date,order_estimated_delivery_date",
    "items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "payments": "order_id,payment_sequential,payment_type,payment_installments,payment_value",
    "reviews": "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,"
    "review_answer_timestamp",
    "products": "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,"
    "product_weight_g,product_length_cm,product_height_cm,product_width_cm",
    "sellers": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "geolocation": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state",
    "translation": "product_category_name,product_category_name_english",
}
"""The headers that Olist publishes, including misspelt names."""

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",\r\n0'), max_size=12)


@pytest.mark.parametrize("table", FILES)
def test_files_have_the_format_of_olist(make: Make, table: str) -> None:
    (file,) = make(orders=1_000).files(table)
    data = file.read_bytes()
    mark, newline = b"\xef\xbb\xbf" if table == "translation" else b"", b"\r\n" if table in ("reviews", "translation") else b"\n"
    columns = HEADERS[table].split(",")
    header = HEADERS[table] if table == "translation" else ",".join(f'"{name}"' for name in columns)
    assert data.startswith(mark + header.encode() + newline)
    assert data.endswith(newline) == (table != "translation")
    assert b"\xef\xbb\xbf" not in data[3:]
    assert (b"\r" in data) == (newline == b"\r\n")


def test_a_text_is_quoted_where_it_starts_with_a_digit_and_only_there(make: Make) -> None:
    (file,) = make(orders=1_000, broken=0).files("orders")
    for line in file.read_text().splitlines()[1:]:
        for field in line.split(",")[:2]:
            assert field.startswith('"') == field.strip('"')[0].isdigit()
        assert '"' not in line.split(",", 2)[2]


def test_zips_are_five_characters_and_some_begin_with_zero(make: Make) -> None:
    (file,) = make(orders=1_000, broken=0).files("customers")
    zips = [row["customer_zip_code_prefix"] for row in csv.DictReader(file.read_text().splitlines())]
    assert {len(zip_prefix) for zip_prefix in zips} == {5}
    assert any(zip_prefix.startswith("0") for zip_prefix in zips)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_any_comment_can_be_read_again(comments: list[tuple[str, str]]) -> None:
    rows = pl.DataFrame(
        [dict.fromkeys(REVIEWS.columns, "x") | {"review_comment_title": t, "review_comment_message": m} for t, m in comments]
    )
    written = records(REVIEWS, rows)
    assert written.to_list() == [record(REVIEWS, row) for row in rows.iter_rows(named=True)]
    read = list(csv.reader(io.StringIO("\r\n".join(written), newline="")))
    assert [(row[3], row[4]) for row in read] == comments


def test_quoting() -> None:
    assert [quoted(text) for text in ("a", "0a", "a,b", 'a"b', "a\nb", "", " ")] == (
        ["a", '"0a"', '"a,b"', '"a""b"', '"a\nb"', "", " "]
    )


def test_records_are_inserted_after_their_positions() -> None:
    woven = with_inserted(pl.Series(["a", "b", "c"]), [(2, "z"), (0, "x"), (0, "y")])
    assert woven.to_list() == ["a", "x", "y", "b", "c", "z"]


def test_a_file_without_records_is_not_created(tmp_path: Path) -> None:
    with Delivery(tmp_path) as delivery:
        delivery.write(REVIEWS, pl.Series([], dtype=pl.String))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "shop") as draft:
        (draft / "half.csv").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"), atomic_folder(tmp_path):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "shop") as draft:
        (draft / "a.csv").touch()
    assert [file.name for file in (tmp_path / "shop").iterdir()] == ["a.csv"]
