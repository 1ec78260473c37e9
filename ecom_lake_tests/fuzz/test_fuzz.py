"""A few lakes of the fuzzer (`make fuzz` runs hundreds), and tests that its checks find errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import polars as pl
import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import EMPTY, Entry, File
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.fuzz.account import check
from ecom_lake_tests.fuzz.delivery import Dropped, base_delivery, mutated_delivery
from ecom_lake_tests.fuzz.export import FIRST, LAST
from ecom_lake_tests.fuzz.life import life, put, take_in
from ecom_lake_tests.fuzz.planted import Planted


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_record_of_a_mutated_delivery_is_accounted_for(seed: int) -> None:
    lived = life(seed, 4, gold=seed == 1)
    assert (lived.deliveries, lived.released) == (4, int(seed == 1))
    assert lived.tally.fates["published"] > 100


def test_the_same_seed_gives_the_same_delivery() -> None:
    once, again, other = (mutated_delivery(Random(seed), "x") for seed in (5, 5, 6))
    assert once == again != other


Tamper = Callable[[Site, Entry], Entry]


def _only(entry: Entry, table: TableId) -> tuple[Part, File]:
    return next(iter(entry.parts(table).items()))


def _a_count_is_wrong(site: Site, entry: Entry) -> Entry:
    part, file = _only(entry, TableId("silver", "sellers"))
    (table, sequence, fate, rows), *others = file.fates
    return entry.with_parts(
        TableId("silver", "sellers"), {part: replace(file, fates=((table, sequence, fate, rows - 1), *others))}
    )


def _a_row_is_lost(site: Site, entry: Entry) -> Entry:
    path = site.lake.local(_only(entry, TableId("silver", "sellers"))[1])
    pl.read_parquet(path).slice(1).write_parquet(path)
    return entry


def _a_row_is_duplicated(site: Site, entry: Entry) -> Entry:
    path = site.lake.local(_only(entry, TableId("silver", "sellers"))[1])
    frame = pl.read_parquet(path)
    pl.concat([frame, frame.head(1)]).write_parquet(path)
    return entry


def _a_field_is_changed(site: Site, entry: Entry) -> Entry:
    path = site.lake.local(_only(entry, TableId("bronze", "sellers"))[1])
    pl.read_parquet(path).with_columns(seller_city=pl.lit("x")).write_parquet(path)
    return entry


def _a_file_is_not_recorded(site: Site, entry: Entry) -> Entry:
    return entry.with_parts(TableId("bronze", "sellers"), {_only(entry, TableId("bronze", "sellers"))[0]: None})


def _a_name_from_data(site: Site, entry: Entry) -> Entry:
    (site.lake.store.local("olist/_store/silver/sellers") / "sao paulo.parquet").touch()
    return entry


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (_a_count_is_wrong, "rows became"),
        (_a_row_is_lost, "rows counted as published, but"),
        (_a_row_is_duplicated, "is in two tables"),
        (_a_field_is_changed, "bronze differs from the records of the grammar"),
        (_a_file_is_not_recorded, "neither delivered nor refused"),
        (_a_name_from_data, "does not belong in the store"),
    ],
)
def test_the_checks_find_a_tampered_lake(tmp_path: Path, tamper: Tamper, message: str) -> None:
    site, dropped = _small_lake(tmp_path)
    after = take_in(site)
    check(site, EMPTY, after, dropped)
    with pytest.raises(AssertionError, match=message):
        check(site, EMPTY, tamper(site, after), dropped)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"planted": (Planted(1, "rejected", ("too few fields",)),)}, "should be rejected"),
        ({"planted": (Planted(1, "published", (), "another"),)}, "not as 'another'"),
        ({"accepted": False, "refused": ("has no header",)}, "should have been refused"),
    ],
)
def test_the_checks_find_a_wrong_expected_result(tmp_path: Path, known: dict[str, object], message: str) -> None:
    site, dropped = _small_lake(tmp_path)
    after = take_in(site)
    with pytest.raises(AssertionError, match=message):
        check(site, EMPTY, after, [replace(file, **known) if file.table == "sellers" else file for file in dropped])  # type: ignore[arg-type]


def _small_lake(folder: Path) -> tuple[Site, list[Dropped]]:
    site = a_site(folder, f"{FIRST}-01", f"{LAST}-01")
    dropped = [file for file in base_delivery() if file.table in ("orders", "sellers")]
    for file in dropped:
        put(site, file)
    return site, dropped
