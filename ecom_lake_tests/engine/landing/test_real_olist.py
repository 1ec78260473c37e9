"""The real Olist files: every record becomes a row, with the same values as in Polars."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.file_parser import Parsed, parse

ROWS = {
    "olist_customers_dataset": 99_441,
    "olist_geolocation_dataset": 1_000_163,
    "olist_order_items_dataset": 112_650,
    "olist_order_payments_dataset": 103_886,
    "olist_order_reviews_dataset": 99_224,
    "olist_orders_dataset": 99_441,
    "olist_products_dataset": 32_951,
    "olist_sellers_dataset": 3_095,
    "product_category_name_translation": 71,
}


def ingest(path: Path, folder: Path) -> tuple[Parsed, pl.DataFrame]:
    with path.open(encoding="utf-8-sig") as file:
        columns = tuple(next(csv.reader(file)))
    parsed = parse(Member(path.name, path), [Delivered(path.stem, "", columns)], folder / "rows", folder / "rejects")
    return parsed, pl.read_parquet(folder / "rows")


@pytest.mark.parametrize("table", ROWS)
def test_every_record_becomes_a_row(olist: Path, tmp_path: Path, table: str) -> None:
    path = olist / f"{table}.csv"
    parsed, rows = ingest(path, tmp_path)
    assert parsed == Parsed(table, ROWS[table], 0, (), (), "utf-8", ",")
    assert rows["source_record"].equals(pl.int_range(1, ROWS[table] + 1, eager=True).alias("source_record"))
    assert rows.drop("source_record").equals(pl.read_csv(path, infer_schema=False))


def test_messages_keep_their_line_breaks(olist: Path, tmp_path: Path) -> None:
    _, reviews = ingest(olist / "olist_order_reviews_dataset.csv", tmp_path)
    message = reviews["review_comment_message"]
    assert message.str.contains(r"[\r\n]").sum() == 3_852
    assert message.str.contains('"', literal=True).sum() == 172
    assert message.str.contains(",", literal=True).sum() == 14_439
    assert message.null_count() == 58_247
