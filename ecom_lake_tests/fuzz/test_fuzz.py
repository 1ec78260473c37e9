"""A few lives of the fuzzer; `make fuzz` lives hundreds. And that its account notices what it is there to notice."""

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
from ecom_lake_tests.fuzz.account import hold
from ecom_lake_tests.fuzz.delivery import Dropped, base_delivery, mutated_delivery
from ecom_lake_tests.fuzz.export import FIRST, LAST
from ecom_lake_tests.fuzz.life import life, put, take_in
from ecom_lake_tests.fuzz.planted import Planted


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_delivered_every_record_is_accounted_for(seed: int) -> None:
    lived = life(seed, 4, gold=seed == 1)
    assert (lived.deliveries, lived.released) == (4, int(seed == 1))
    assert lived.tally.fates["published"] > 100


def test_a_seed_is_a_delivery() -> None:
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


def _a_row_is_there_twice(site: Site, entry: Entry) -> Entry:
    path = site.lake.local(_only(entry, TableId("silver", "sellers"))[1])
    frame = pl.read_parquet(path)
    pl.concat([frame, frame.head(1)]).write_parquet(path)
    return entry


def _a_field_is_another(site: Site, entry: Entry) -> Entry:
    path = site.lake.local(_only(entry, TableId("bronze", "sellers"))[1])
    pl.read_parquet(path).with_columns(seller_city=pl.lit("x")).write_parquet(path)
    return entry


def _a_file_is_forgotten(site: Site, entry: Entry) -> Entry:
    return entry.with_parts(TableId("bronze", "sellers"), {_only(entry, TableId("bronze", "sellers"))[0]: None})


def _a_name_from_data(site: Site, entry: Entry) -> Entry:
    (site.lake.store.local("olist/_store/silver/sellers") / "sao paulo.parquet").touch()
    return entry


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_a_count_is_wrong, "rows became"),
        (_a_row_is_lost, "rows published of which"),
        (_a_row_is_there_twice, "lies in two places"),
        (_a_field_is_another, "bronze is not what the grammar reads"),
        (_a_file_is_forgotten, "neither delivered nor refused"),
        (_a_name_from_data, "does not belong into the store"),
    ],
)
def test_the_account_notices(tmp_path: Path, tamper: Tamper, says: str) -> None:
    site, dropped = _small_lake(tmp_path)
    after = take_in(site)
    hold(site, EMPTY, after, dropped)
    with pytest.raises(AssertionError, match=says):
        hold(site, EMPTY, tamper(site, after), dropped)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"planted": (Planted(1, "rejected", ("too few fields",)),)}, "was to be rejected"),
        ({"planted": (Planted(1, "published", (), "another"),)}, "not as 'another'"),
        ({"accepted": False, "refused": ("has no header",)}, "was to be refused"),
    ],
)
def test_what_was_known_beforehand_is_held(tmp_path: Path, known: dict[str, object], says: str) -> None:
    site, dropped = _small_lake(tmp_path)
    after = take_in(site)
    with pytest.raises(AssertionError, match=says):
        hold(site, EMPTY, after, [replace(file, **known) if file.table == "sellers" else file for file in dropped])  # type: ignore[arg-type]


def _small_lake(folder: Path) -> tuple[Site, list[Dropped]]:
    site = a_site(folder, f"{FIRST}-01", f"{LAST}-01")
    dropped = [file for file in base_delivery() if file.table in ("orders", "sellers")]
    for file in dropped:
        put(site, file)
    return site, dropped
