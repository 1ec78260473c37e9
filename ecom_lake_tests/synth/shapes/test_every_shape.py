"""Every shape: deterministic, with its truths beside it, and the same records in one dump as in nightly files."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTruths

COMES_AGAIN = "shopify"
"""The shape whose refunded orders are delivered a second time."""


def options(shape: str, by_day: bool = False) -> SynthOptions:
    return SynthOptions(orders=150, seed=3, shape=shape, by_day=by_day, first_month="2017-11", last_month="2018-01")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.csv")}


def records(folder: Path) -> Counter[tuple[str, ...]]:
    """The records of all files, with the names of their files."""
    found: Counter[tuple[str, ...]] = Counter()
    for file in folder.rglob("*.csv"):
        text = file.read_bytes().decode("cp1252" if file.name == "invoices.csv" else "utf-8-sig")
        separator = ";" if ";" in text.splitlines()[0] else ","
        found.update((file.name, *row) for row in list(csv.reader(text.splitlines(), delimiter=separator))[1:])
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_options_give_the_same_bytes_and_truths_that_can_be_read_again(shape: str, tmp_path: Path) -> None:
    truths = generate_shape(tmp_path / "one", options(shape))
    assert generate_shape(tmp_path / "other", options(shape)) == truths
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")
    truths.write(tmp_path / "truths.json")
    assert ShapeTruths.read(tmp_path / "truths.json") == truths


@pytest.mark.parametrize("shape", SHAPES)
def test_the_truths_count_every_record_and_their_months_add_up(shape: str, tmp_path: Path) -> None:
    truths = generate_shape(tmp_path / "export", options(shape))
    by_file = Counter(file for file, *_ in records(tmp_path / "export").elements())
    assert by_file == truths.records
    if truths.months:
        assert sum(float(month.net_sales) for month in truths.months.values()) == pytest.approx(float(truths.totals.net_sales))
        assert sum(month.refunds for month in truths.months.values()) == truths.totals.refunds
    assert sum(truths.statuses.values()) == truths.totals.orders > 100


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != COMES_AGAIN])
def test_nightly_files_hold_the_records_of_the_dump(shape: str, tmp_path: Path) -> None:
    dump = generate_shape(tmp_path / "dump", options(shape))
    nights = generate_shape(tmp_path / "nights", options(shape, by_day=True))
    assert nights.totals == dump.totals
    assert records(tmp_path / "nights") == records(tmp_path / "dump")
    assert len(list((tmp_path / "nights").iterdir())) > 60


def test_a_refunded_order_of_nightly_files_comes_again(tmp_path: Path) -> None:
    dump = generate_shape(tmp_path / "dump", options(COMES_AGAIN))
    nights = generate_shape(tmp_path / "nights", options(COMES_AGAIN, by_day=True))
    assert nights.totals == dump.totals
    assert nights.planted["orders_that_come_again"] > 0
    assert not records(tmp_path / "dump") - records(tmp_path / "nights")
    again = sum((records(tmp_path / "nights") - records(tmp_path / "dump")).values())
    assert nights.records["orders_export.csv"] == dump.records["orders_export.csv"] + again
