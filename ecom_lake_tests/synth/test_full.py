"""The full shop: deterministic, with the standard shop inside, and files with the canonical columns."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.synth.canonical import hundredths
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.sales import to_cents
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.synth.made import Make

OPTIONS: dict[str, Any] = {"orders": 300, "seed": 2, "first_month": "2018-01", "last_month": "2018-03"}


def columns(file: Path) -> list[str]:
    with file.open(newline="", encoding="utf-8") as opened:
        return next(csv.reader(opened))


def test_the_same_options_give_the_same_bytes(make: Make, tmp_path: Path) -> None:
    made = make(**OPTIONS, full=True)
    again = generate(tmp_path / "again", SynthOptions(**OPTIONS, full=True))
    assert again == made.truths
    files = {file.name: file.read_bytes() for file in made.folder.iterdir()}
    assert files == {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()}


def test_it_has_every_file_and_every_column_that_is_no_flag_of_doubt(make: Make) -> None:
    made = make(**OPTIONS, full=True)
    delivered = {f"{table.name}.csv": table for table in CANONICAL.delivered}
    assert {file.name for file in made.folder.iterdir()} == set(delivered)
    missing = {
        f"{table.name}.{column}"
        for file, table in delivered.items()
        for column in set(table.columns) - set(columns(made.folder / file))
    }
    address = {f"customers.{column}" for column in ("city", "state", "region", "country", "zip")}
    assert missing == {"orders.is_valid", "order_items.is_valid", "places.points", *address}


def test_the_full_shop_contains_the_standard_shop_of_the_seed(make: Make) -> None:
    full, usual = make(**OPTIONS, full=True), make(**OPTIONS, broken=0)
    same = ("orders", "valid_orders", "lines", "people", "buyers", "freight", "sellers", "products")
    assert [getattr(full.truths.totals, name) for name in same] == [getattr(usual.truths.totals, name) for name in same]
    orders = pl.read_csv(full.folder / "orders.csv", infer_schema=False)
    usual_orders = pl.read_csv(usual.folder / "olist_orders_dataset.csv", infer_schema=False)
    assert orders["order_id"].equals(usual_orders["order_id"])
    assert orders["ordered_at"].equals(usual_orders["order_purchase_timestamp"].alias("ordered_at"))


def test_truths_are_the_same_when_read_again(make: Make, tmp_path: Path) -> None:
    for truths in (make(**OPTIONS, full=True).truths, make(**OPTIONS, broken=0).truths):
        truths.write(tmp_path / "truths.json")
        assert Truths.read(tmp_path / "truths.json") == truths
    assert "full" not in (tmp_path / "truths.json").read_text(encoding="utf-8"), (
        "the truths of a standard shop have no key of the full shop"
    )


def test_parts_of_a_cent() -> None:
    assert hundredths(np.array([0, 5, 123_456, -1])).to_list() == ["0.0000", "0.0005", "12.3456", ""]
    assert to_cents(np.array([0, 49, 50, 149, 150])).tolist() == [0, 0, 1, 1, 2]
