"""Reading bronze: columns under any of their headers, rows in batches, and the deliveries since an earlier state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze import delivered_rows
from ecom_lake.engine.build.bronze.delivered_rows import deliveries_since, in_batches, latest_records, rows_of
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import Delivered, FileFormat
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.olist_files import a_site, land, order

HEADERS = {"price": ("preis", "unit_price")}
SALES = Delivered("sales", "", ("id", "price"), ("note",), file_format=FileFormat(("sales*",), HEADERS))


def with_sales(site: Site, sales: Delivered) -> Site:
    return replace(site, connector=replace(site.connector, delivered=(*site.connector.delivered, sales)))


def test_a_column_may_have_another_header_in_each_file(tmp_path: Path) -> None:
    site = with_sales(a_site(tmp_path), SALES)
    landing = site.lake.store.local("olist/landing")
    landing.mkdir(parents=True)
    (landing / "sales_1.csv").write_text("Id,Preis,Unit\n1,2.50,kg\n", encoding="utf-8")
    (landing / "sales_2.csv").write_text("ID;Unit Price;note\n2;3,50;x\n", encoding="utf-8")
    ingest(site)
    rows = rows_of(site, site.lake.log.head(), "sales").sort("id").collect()
    assert rows.rows() == [("1", "2.50", None, 1, 1), ("2", "3,50", "x", 2, 1)]
    assert rows.columns == ["id", "price", "note", "source_sequence", "source_record"]

    renamed = with_sales(a_site(tmp_path), replace(SALES, required=("id", "unit"), file_format=FileFormat(("sales*",))))
    again = rows_of(renamed, site.lake.log.head(), "sales").sort("id").collect()
    assert again["unit"].to_list() == ["kg", None], "a map that names another header needs no new delivery"


def test_the_records_of_a_lake_in_a_folder_whose_name_is_a_pattern_are_read(tmp_path: Path) -> None:
    site = with_sales(a_site(tmp_path / "lake[1]"), SALES)
    landing = site.lake.store.local("olist/landing")
    landing.mkdir(parents=True)
    (landing / "sales_1.csv").write_text("id,preis\n1,2.50\n", encoding="utf-8")
    ingest(site)
    assert latest_records(site, site.lake.log.head(), TableId("bronze", "sales"), 5).select("id", "preis").rows() == [
        ("1", "2.50")
    ]


def test_a_delivered_column_may_have_any_name(tmp_path: Path) -> None:
    """Fivetran adds a column `_file`."""
    site = with_sales(a_site(tmp_path), Delivered("sales", "", ("id", "price"), file_names=("sales",)))
    landing = site.lake.store.local("olist/landing")
    landing.mkdir(parents=True)
    (landing / "sales_1.csv").write_text("id,price,_file,_file0\n1,2.50,a.csv,b.csv\n", encoding="utf-8")
    ingest(site)
    head = site.lake.log.head()
    found = latest_records(site, head, TableId("bronze", "sales"), 5)
    assert found.select("id", "_file", "_file0").rows() == [("1", "a.csv", "b.csv")]
    assert rows_of(site, head, "sales").collect().rows() == [("1", "2.50", 1, 1)]


@pytest.mark.parametrize(
    ("deliveries", "batches"),
    [([], [0]), ([2], [1]), ([1, 2], [2, 2]), ([1, 2, 3], [2, 2, 1])],
    ids=["no rows", "less than a batch", "whole batches", "a smaller last batch"],
)
def test_batches_have_every_delivered_row_once(
    deliveries: list[int], batches: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivered_rows, "BATCH", 2)
    site = a_site(tmp_path)
    numbers = {1: [1, 2, 3], 2: [4], 3: [5]}
    for delivery, its_numbers in numbers.items():
        land(site, f"{delivery}.csv", "orders", [order(number) for number in its_numbers])
        ingest(site)
    found = list(in_batches(site, site.lake.log.head(), "orders", deliveries))
    assert [batch.height for batch in found] == batches
    expected = [f"o{number}" for delivery in deliveries for number in numbers[delivery]]
    assert pl.concat(found)["order_id"].to_list() == expected


def test_the_deliveries_since_a_version_are_unknown_after_an_earlier_one_was_replaced(tmp_path: Path) -> None:
    site, table = a_site(tmp_path), TableId("bronze", "orders")
    land(site, "1.csv", "orders", [order(1)])
    ingest(site)
    before = site.lake.log.head()
    land(site, "2.csv", "orders", [order(2)])
    ingest(site)
    after = site.lake.log.head()
    assert deliveries_since(after, table, before.version(table)) == {2}
    ((part, file),) = before.parts(table).items()
    replaced = after.with_parts(table, {part: replace(file, hash="another")})
    assert deliveries_since(replaced, table, before.version(table)) is None
