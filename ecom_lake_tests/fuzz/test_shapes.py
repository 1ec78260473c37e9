"""A few lakes with maps of the fuzzer (`make fuzz-maps` runs hundreds), and tests that its checks find errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import polars as pl
import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import EMPTY, Entry, File
from ecom_lake_tests.fuzz.life import put, take_in
from ecom_lake_tests.fuzz.shape_account import check
from ecom_lake_tests.fuzz.shape_delivery import clean_delivery, mutated_delivery
from ecom_lake_tests.fuzz.shape_export import NAMES
from ecom_lake_tests.fuzz.shape_life import check_truths, life, mapped_site, rows_of

SHAPE = "four_tables"


@pytest.mark.parametrize("shape", ["shopify", "flat_orders"])
def test_every_record_of_a_mutated_delivery_is_accounted_for_and_clean_files_give_the_truths(shape: str) -> None:
    lived = life(NAMES.index(shape), 3, gold=False)
    assert lived.deliveries == 3 and lived.tally.fates["published"] > 100


@pytest.mark.parametrize("shape", NAMES)
def test_the_same_seed_gives_the_same_delivery(shape: str) -> None:
    once, again, other = (mutated_delivery(Random(seed), shape, "x") for seed in (5, 5, 6))
    assert once == again != other


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], tuple[Site, Entry]]:
    """A lake of clean files, and its entry; no test changes its files."""
    site = mapped_site(tmp_path_factory.mktemp("lake"), SHAPE)
    for file in clean_delivery(SHAPE, "1"):
        put(site, file)
    entry = take_in(site)
    return lambda: (site, entry)


Tamper = Callable[[Entry], Entry]


def _parts_changed(entry: Entry, table: TableId, change: Callable[[File], File | None]) -> Entry:
    parts: dict[Part, File | None] = {part: change(file) for part, file in entry.parts(table).items()}
    return entry.with_parts(table, parts)


def _a_count_is_wrong(entry: Entry) -> Entry:
    table = TableId("mapped", "orders")
    return _parts_changed(entry, table, lambda file: replace(file, fates=tuple((t, s, f, n + 1) for t, s, f, n in file.fates)))


def _mapped_rows_are_lost(entry: Entry) -> Entry:
    return _parts_changed(entry, TableId("mapped", "products"), lambda file: None)


def _silver_rows_are_lost(entry: Entry) -> Entry:
    first = min(entry.parts(TableId("silver", "order_items")))
    return entry.with_parts(TableId("silver", "order_items"), {first: None})


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (_a_count_is_wrong, "order_detail read as orders, delivery .* rows became"),
        (_mapped_rows_are_lost, "products: a row was never mapped"),
        (_silver_rows_are_lost, "order_detail read as order_items, delivery .* rows became"),
    ],
)
def test_the_checks_find_a_tampered_lake(lake: Callable[[], tuple[Site, Entry]], tamper: Tamper, message: str) -> None:
    site, entry = lake()
    check(site, EMPTY, entry, clean_delivery(SHAPE, "1"))
    with pytest.raises(AssertionError, match=message):
        check(site, EMPTY, tamper(entry), clean_delivery(SHAPE, "1"))


def test_the_checks_find_an_amount_that_is_not_the_delivered_one(lake: Callable[[], tuple[Site, Entry]]) -> None:
    site, _ = lake()
    rows = rows_of(site, "order_items")
    check_truths(site, {"order_items": rows})
    other = rows.with_columns(pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise("quantity").alias("quantity"))
    with pytest.raises(AssertionError, match="1 rows are not as they were delivered last"):
        check_truths(site, {"order_items": other})
