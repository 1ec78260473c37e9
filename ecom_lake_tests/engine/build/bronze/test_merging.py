"""Merged bronze files: every reader gets the same rows, deliveries and versions as from the files that were merged."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.bronze import merging
from ecom_lake.engine.build.bronze.delivered_rows import rows_of
from ecom_lake.engine.build.bronze.deliveries import contents
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.release.own_tables import own_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.store.entry import EMPTY, File, Made
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order, payment
from ecom_lake_tests.engine.build.crash import content

ORDERS = TableId("bronze", "orders")
MANY = 4


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_MANY", MANY)


@contextmanager
def nothing_merged() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_MANY", 10**9)
        yield


def deliver(site: Site, night: int, dice: random.Random, most: int = 3) -> None:
    """The files of a night: some orders, of which some are empty, have another column, or a broken record."""
    numbers = range(night * 10, night * 10 + dice.randint(0, most))
    more = {"note": "x"} if dice.random() < 0.3 else {}
    stamps = [f"2017-0{dice.randint(1, 3)}-10 10:00:00" for _ in numbers]
    land(site, f"{night:03d}/orders.csv", "orders", [order(n, at) for n, at in zip(numbers, stamps, strict=True)])
    path = land(site, f"{night:03d}/order_items.csv", "order_items", [item(n, price=f"{dice.randint(1, 9)}.00") for n in numbers])
    if more:
        path.write_text(
            path.read_text(encoding="utf-8").replace("\n", ",note\n", 1).replace(".00\n", ".00,x\n"), encoding="utf-8"
        )
    if dice.random() < 0.3:
        path.write_text(path.read_text(encoding="utf-8") + '"broken\n', encoding="utf-8")
    land(site, f"{night:03d}/customers.csv", "customers", [customer(n) for n in numbers])
    land(site, f"{night:03d}/order_payments.csv", "order_payments", [payment(n) for n in numbers])
    for landed in path.parent.iterdir():
        os.utime(landed, (night * 86_400,) * 2)  # the time of the delivery


def files(site: Site, table: TableId = ORDERS) -> set[str]:
    return {file.path for file in site.lake.log.head().parts(table).values()}


def answers(site: Site) -> dict[str, Any]:
    """What readers of bronze get."""
    head = site.lake.log.head()
    tables = [TableId("bronze", delivered.name) for delivered in site.connector.delivered]
    with session(site, head) as opened:
        queried = {
            name: opened._con.sql(f"select * from bronze.{name} order by source_sequence, source_record").pl()
            for name in opened.tables["bronze"]
        }
    return {
        "rows": {table.name: rows_of(site, head, table.name).collect().sort(LINEAGE).to_dicts() for table in tables},
        "versions": {table: head.version(table) for table in tables},
        "deliveries": {table: [file.delivery for _, file in sorted(head.parts(table).items())] for table in tables},
        "ledger": own_table(site, head, "lake_deliveries").to_dicts(),
        "contents": contents(head),
        "queried": {name: frame.select(sorted(frame.columns)).to_dicts() for name, frame in queried.items()},
    }


@pytest.mark.parametrize("seed", range(2))
def test_every_reader_gets_the_same_from_merged_files(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_SMALL", 3_000)  # so that the files of busy nights are not small
    merged, plain = a_site(tmp_path / "merged"), a_site(tmp_path / "plain")
    dice = random.Random(seed)
    for night in range(1, 10):
        state, most = dice.getstate(), dice.choice([3, 3, 3, 90])
        for site in (merged, plain):
            dice.setstate(state)
            deliver(site, night, dice, most)
        ingest(merged)
        with nothing_merged():
            ingest(plain)
        assert night % 3 or answers(merged) == answers(plain)
    assert any("/merged-" in path for path in files(merged))
    assert len(files(merged)) < len(files(plain))


def test_a_build_from_merged_files_gives_the_same_bytes_and_nothing_is_rebuilt_by_merging(tmp_path: Path) -> None:
    merged, plain = a_site(tmp_path / "merged"), a_site(tmp_path / "plain")
    for site in (merged, plain):
        dice = random.Random(1)
        for night in range(1, 9):
            deliver(site, night, dice)
    build(merged)
    with nothing_merged():
        build(plain)
    assert len(files(merged)) == 1 < len(files(plain))
    made = {name: digest for name, digest in content(plain).items() if not name.startswith("bronze/")}
    assert {name: digest for name, digest in content(merged).items() if not name.startswith("bronze/")} == made
    land(plain, "more/orders.csv", "orders", [])
    before = plain.lake.log.head().version(TableId("bronze", "customers"))
    ingest(plain)
    after = plain.lake.log.head()
    assert len(files(plain, TableId("bronze", "customers"))) == 1
    assert after.version(TableId("bronze", "customers")) == before
    assert not {"silver/customers", "gold/dim_customers"} & set(due(plain))


def lake_of(tmp_path: Path, nights: int) -> Site:
    site, dice = a_site(tmp_path), random.Random(0)
    for night in range(1, nights + 1):
        deliver(site, night, dice)
    return site


@pytest.mark.parametrize("stopped_at", ["put_immutable", "create"])
def test_a_merge_that_is_stopped_is_made_by_the_next_ingest(
    stopped_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = lake_of(tmp_path, 6)
    with nothing_merged():
        ingest(site)
    expected = answers(site)
    head = site.lake.log.head()
    with monkeypatch.context() as patch:
        patch.setattr(site.lake.store, stopped_at, stop)
        with pytest.raises(KeyboardInterrupt):
            merging.merge_small_files(site, head)
    assert a_site(tmp_path).lake.log.head() == head
    merging.merge_small_files(a_site(tmp_path), head)
    assert len(files(a_site(tmp_path))) == 1
    assert answers(a_site(tmp_path)) == expected


def test_a_delivery_that_has_its_own_file_again_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = lake_of(tmp_path, 6)
    with nothing_merged():
        ingest(site)
    before = site.lake.log.head()
    expected = answers(site)
    merging.merge_small_files(site, before)
    part, own = sorted(before.parts(ORDERS).items())[2]
    site.lake.log.commit(lambda head: head.with_parts(ORDERS, {part: own}), "run", "repair")
    assert len(files(site)) == 2
    assert answers(site) == expected
    monkeypatch.setattr(merging, "_MANY", 3)
    merging.merge_small_files(site, site.lake.log.head())
    assert len(files(site)) == 1, "the files around it are merged once more"
    assert answers(site) == expected


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_merged_away_files_are_garbage_once_no_kept_state_names_them(tmp_path: Path) -> None:
    site = lake_of(tmp_path, 6)
    with nothing_merged():
        ingest(site)
    old = files(site)
    left = site.lake.store.local("olist/_store/bronze/orders/left.parquet")
    left.write_bytes(b"PAR1")
    merging.merge_small_files(site, site.lake.log.head())
    for path in site.lake.store.local("olist/_store").rglob("*"):
        os.utime(path, (1, 1))
    assert not old & {info.path.removeprefix("olist/") for info in find_garbage(site, timedelta(days=1)).files}
    expected = answers(site)
    collect_garbage(site, find_garbage(site, timedelta(0)))
    there = {info.path.removeprefix("olist/") for info in site.lake.store.list("olist/_store/bronze/orders")}
    assert there == files(site) | {"_store/bronze/orders/left.parquet"}
    assert answers(a_site(tmp_path)) == expected


def test_files_with_columns_that_differ_in_case_only_are_not_merged(tmp_path: Path) -> None:
    site = lake_of(tmp_path, 6)
    for night, name in ((2, "note"), (4, "Note")):
        path = land(site, f"{night:03d}/customers.csv", "customers", [customer(night)])
        head, row = path.read_text(encoding="utf-8").splitlines()
        path.write_text(f"{head},{name}\n{row},of night {night}\n", encoding="utf-8")
    ingest(site)
    assert len(files(site)) == 1
    assert len(files(site, TableId("bronze", "customers"))) > 1


def test_a_damaged_merged_file_is_read_again_from_landing(tmp_path: Path) -> None:
    site = lake_of(tmp_path, 6)
    ingest(site)
    expected = answers(site)
    (merged,) = files(site)
    site.lake.store.local(f"olist/{merged}").write_bytes(b"PAR1")
    gone = site.lake.landing.local("003/orders.csv")
    kept = gone.read_bytes()
    gone.unlink()
    assert [line.partition(" (")[0] for line in repair(a_site(tmp_path)).lost] == ["003/orders.csv"]
    gone.write_bytes(kept)
    assert repair(a_site(tmp_path)).lost == ()
    assert answers(a_site(tmp_path)) == expected


def test_a_damaged_file_is_not_merged(tmp_path: Path) -> None:
    """A merged file would have a hash that agrees with the damaged rows."""
    with nothing_merged():
        site = lake_of(tmp_path, 6)
        ingest(site)
    damaged = site.lake.store.local(f"olist/{sorted(files(site))[2]}")
    pl.read_parquet(damaged).with_columns(order_id=pl.lit("another")).write_parquet(damaged)
    site, head = a_site(tmp_path), site.lake.log.head()
    assert merging.merge_small_files(site, head).parts(ORDERS) == head.parts(ORDERS)


def test_a_delivery_that_changed_during_a_merge_keeps_its_new_file() -> None:
    def published(path: str) -> File:
        return Made(rows=1, fingerprint=path, run="").published(path, 1, path)

    first, second = Part(batch="00000001"), Part(batch="00000002")
    seen = EMPTY.with_parts(ORDERS, {first: published("a"), second: published("b")})
    head = seen.with_parts(ORDERS, {second: published("corrected")})
    merged = {ORDERS: dict.fromkeys((first, second), published("merged"))}
    after = merging._with_merged(head, seen, merged).parts(ORDERS)
    assert {part: file.path for part, file in after.items()} == {first: "merged", second: "corrected"}


def test_only_adjacent_small_files_are_merged() -> None:
    def runs(*sizes: int) -> list[list[int]]:
        parts = {
            Part(batch=f"{n:08d}"): Made(rows=1, fingerprint="f", run="").published(f"path {n}", size, "h")
            for n, size in enumerate(sizes)
        }
        return [[int(places[0][0].batch) for places in run] for run in merging._mergeable(parts)]

    small, large = 1, merging._SMALL
    assert runs(*[small] * 3) == []
    assert runs(small, small, large, small, small) == []
    assert runs(*[small] * 5, large, *[small] * 4) == [[0, 1, 2, 3, 4], [6, 7, 8, 9]]
    assert len(runs(*[large - 1] * 100)) == 2, "a merged file is not read into memory whatever its size"
