"""Guarantees for readers and writers during concurrent writes: pins, complete releases, unchanged inputs, growing files.

Two writers run at a chosen moment: the second one runs within a call of the first, before the call is executed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest, nothing_new
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.release.plain_view import invalidate, is_up_to_date, update_plain_view
from ecom_lake.engine.build.release.release import make_release, roll_back, unpin
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake.engine.store.entry import Entry, File, files_of
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake, Place
from ecom_lake_tests.builders.few_tables import with_few_tables
from ecom_lake_tests.builders.olist_files import FILES, a_site, customer, item, land, order


@contextmanager
def first(owner: Any, name: str, act: Callable[..., object]) -> Iterator[None]:
    """Before the first call of a method, runs `act` with the arguments of the call; all calls are executed."""
    real, todo = getattr(owner, name), [act]

    def call(*given: Any, **named: Any) -> Any:
        if todo:
            todo.pop()(*given, **named)
        return real(*given, **named)

    with pytest.MonkeyPatch.context() as during:
        during.setattr(owner, name, call)
        yield


@contextmanager
def every(owner: Any, name: str, act: Callable[..., object]) -> Iterator[None]:
    """Runs `act` before every call of a method."""
    real = getattr(owner, name)

    def call(*given: Any, **named: Any) -> Any:
        act(*given, **named)
        return real(*given, **named)

    with pytest.MonkeyPatch.context() as during:
        during.setattr(owner, name, call)
        yield


# ------------------------------------------------------------------------------------------------------------- pins


def test_a_build_during_a_rollback_keeps_the_pin(fresh_grown_lake: BuiltLake) -> None:
    """The rollback happens after the build has read the newest state and before it commits its release."""
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)
    unreleased = _made_and_not_released(site)
    roll_back(fresh_grown_lake.site(), old)
    made = make_release(site, unreleased)
    head = site.lake.log.head()
    assert (head.release, head.pinned) == (old, True)
    assert made.written == () and "pinned" in made.notes[0]
    assert is_up_to_date(site, site.lake.log.entry(old))


def test_a_pin_during_the_write_of_a_release_is_kept(fresh_grown_lake: BuiltLake) -> None:
    """The store refuses the log entry of the release, because the rollback has used its number."""
    site, other = fresh_grown_lake.site(), fresh_grown_lake.site()
    old, _ = last_two_releases(site)
    _made_and_not_released(site)
    with first(site.lake.store, "create", lambda *_: roll_back(other, old)):
        made = make_release(site)
    head = site.lake.log.head()
    assert (head.release, head.pinned) == (old, True)
    assert made.written == () and "pinned" in made.notes[0]
    assert is_up_to_date(site, site.lake.log.entry(old))


def test_a_pin_is_kept_by_builds_until_it_is_removed(fresh_grown_lake: BuiltLake) -> None:
    site = with_few_tables(fresh_grown_lake.site(), ["fct_orders"])
    old, new = last_two_releases(site)
    roll_back(site, old)
    for turn in (1, 2):
        land(site, f"more/{turn}.csv", "orders", [order(turn, "2017-02-02 02:02:02")])
        build(site)
        assert (site.lake.log.head().release, site.lake.log.head().pinned) == (old, True)
        assert site.lake.log.head().parts(TableId("silver", "orders")) != site.lake.log.entry(new).parts(
            TableId("silver", "orders")
        )
    unpin(site)
    assert (site.lake.log.head().release, site.lake.log.head().pinned) == (old, False)
    build(site)
    head = site.lake.log.head()
    assert (head.release, head.pinned) == (head.number, False)


@pytest.mark.parametrize(("damage", "why"), [("gone", "is gone"), ("flipped", "has other content")])
def test_a_rollback_to_an_incomplete_release_is_refused_and_readers_keep_theirs(
    fresh_grown_lake: BuiltLake, damage: str, why: str
) -> None:
    site = fresh_grown_lake.site()
    old, new = last_two_releases(site)
    before, release = site.lake.log.head(), site.lake.log.entry(old)
    only_old = set(files_of([release])) - set(files_of([site.lake.log.entry(new)]))
    path = site.lake.store.local(f"olist/{min(one for one in only_old if one.startswith('_store/gold/'))}")
    content = path.read_bytes()
    path.unlink()
    if damage == "flipped":
        path.write_bytes(bytes(byte ^ 1 for byte in content))
    with pytest.raises(UserError, match=f"{path.name} {why}.*: release {old} is incomplete"):
        roll_back(site, old)
    assert site.lake.log.head() == before
    assert is_up_to_date(site, site.lake.log.entry(new))


def _made_and_not_released(site: Site) -> Entry:
    """A newer state than the release, without stale tables."""
    [part] = site.lake.log.head().parts(TableId("rejects", "orders"))
    return site.lake.log.commit(lambda head: head.with_parts(TableId("rejects", "orders"), {part: None}), site.run, "a change")


# ------------------------------------------------------------------------------------------------- complete releases


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip], ids=["gone", "cut", "flipped"])
def test_a_damaged_file_is_not_released(fresh_lake: BuiltLake, damage: Callable[[Path], None]) -> None:
    """The file is damaged after its commit and before the release."""
    site = fresh_lake.site()
    shown = site.lake.log.head().release
    state = _with_new_bytes(site, TableId("gold", "data_dictionary"))
    damage(site.lake.local(state.parts(TableId("gold", "data_dictionary"))[WHOLE]))
    plain = (fresh_lake.root / "olist/gold/data_dictionary.parquet").read_bytes()
    with pytest.raises(UserError, match=r"data_dictionary.*`ecom-lake repair`"):
        make_release(site)
    assert site.lake.log.head() == state, "the release was not committed"
    assert state.release == shown
    assert (fresh_lake.root / "olist/gold/data_dictionary.parquet").read_bytes() == plain
    assert is_up_to_date(site, site.lake.log.entry(shown or 0))


@pytest.mark.parametrize("damage", [Path.unlink, cut], ids=["gone", "cut"])
@pytest.mark.parametrize(
    "table",
    [TableId("bronze", "customers"), TableId("silver", "orders"), TableId("rejects", "customers"), TableId("gold", "kpi_daily")],
    ids=str,
)
def test_a_release_with_a_missing_unchanged_file_is_refused(
    fresh_lake: BuiltLake, table: TableId, damage: Callable[[Path], None]
) -> None:
    site = fresh_lake.site()
    state = _made_and_not_released(site)
    damage(site.lake.local(next(iter(state.parts(table).values()))))
    with pytest.raises(UserError, match="`ecom-lake repair`"):
        make_release(site)
    assert site.lake.log.head() == state


def _with_new_bytes(site: Site, table: TableId, compression: Literal["zstd", "gzip"] = "zstd") -> Entry:
    """A state in which one table has a new file with the same rows; nothing is stale and the state is not released."""
    part, file = next(iter(site.lake.log.head().parts(table).items()))
    with site.lake.scratch() as scratch:
        made = scratch / "made.parquet"
        pl.read_parquet(site.lake.local(file), glob=False).write_parquet(made, compression=compression)
        new = site.lake.publish(made, table, part, replace(file, run=site.run), None)
    return site.lake.log.commit(lambda head: head.with_parts(table, {part: new}), site.run, "other bytes")


# ---------------------------------------------------------------------------------------------- unchanged inputs


def _orders(site: Site, turn: int) -> None:
    """Another process ingests one more delivery of orders."""
    land(site, f"more/{turn}.csv", "orders", [order(turn, "2017-02-02 02:02:02")])
    ingest(site)


def _index(site: Site) -> None:
    """Another process ingests orders and validates them."""
    _orders(site, 7)
    make_order_index(site)


def _fct_orders(site: Site) -> None:
    _with_new_bytes(site, TableId("gold", "fct_orders"))


def _customers(site: Site) -> None:
    land(site, "more/customers.csv", "customers", [customer(9)])
    ingest(site)


STEPS: dict[str, tuple[Callable[[Site], object], Callable[[Site], object], TableId]] = {
    "order index": (make_order_index, lambda site: _orders(site, 7), TableId("bronze", "orders")),
    "order index, of lines": (make_order_index, lambda site: _lines(site), TableId("bronze", "order_items")),
    "months": (lambda site: make_silver(site, "orders"), _index, TableId("silver", "order_index")),
    "months, of lines": (
        lambda site: make_silver(site, "order_items"),
        lambda site: _lines(site),
        TableId("bronze", "order_items"),
    ),
    "months, looked up": (lambda site: make_silver(site, "orders"), _customers, TableId("bronze", "customers")),
    "dimension": (lambda site: make_silver(site, "customers"), _customers, TableId("bronze", "customers")),
    "gold": (lambda site: make_gold(site, "kpi_daily"), _fct_orders, TableId("gold", "fct_orders")),
    "model": (
        lambda site: make_gold(site, "churn_scores"),
        lambda site: _with_new_bytes(site, TableId("gold", "fct_orders")),
        TableId("gold", "fct_orders"),
    ),
}


def _lines(site: Site) -> None:
    land(site, "more/order_items.csv", "order_items", [item(9)])
    ingest(site)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_input_changed_while_it_ran_commits_nothing(fresh_lake: BuiltLake, step: str) -> None:
    """The other process commits after the step has written its file and before the step commits it."""
    make, move, moved = STEPS[step]
    site = replace(fresh_lake.site(), full=True)
    with first(Lake, "publish", lambda *_: move(fresh_lake.site())), pytest.raises(ConflictError, match=f"{moved}.* changed"):
        make(site)
    head = site.lake.log.head()
    assert head.run != site.run
    assert site.run not in {file.run for parts in head.tables.values() for file in parts.values()}


def test_a_step_whose_input_changed_while_its_entry_was_written_commits_nothing(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    _orders(site, 1)
    before = site.lake.log.head()
    with first(site.lake.store, "create", lambda *_: _orders(fresh_lake.site(), 2)), pytest.raises(ConflictError):
        make_order_index(site)
    assert site.lake.log.head().parts(TableId("silver", "order_index")) == before.parts(TableId("silver", "order_index"))


def test_an_unchanged_table_does_not_record_an_input_that_changed_meanwhile(fresh_lake: BuiltLake) -> None:
    """The ledger reads the log: if a table has new bytes with the same row counts, only its recorded inputs change."""
    site = fresh_lake.site()
    _with_new_bytes(site, TableId("silver", "products"))
    before = site.lake.log.head()
    moves = first(site.lake.store, "create", lambda *_: _with_new_bytes(fresh_lake.site(), TableId("silver", "products"), "gzip"))
    with moves, pytest.raises(ConflictError, match="silver/products changed"):
        make_gold(site, "ledger")
    assert site.lake.log.head().parts(TableId("gold", "ledger")) == before.parts(TableId("gold", "ledger"))
    make_gold(site, "ledger")
    assert (
        site.lake.log.head().parts(TableId("gold", "ledger"))[WHOLE].hash == before.parts(TableId("gold", "ledger"))[WHOLE].hash
    )


A_FILE = File(path="somewhere", rows=1, bytes=2, hash="hash", fingerprint="made", run="run")


@pytest.fixture
def empty_site(place: Place, tmp_path: Path) -> Site:
    return replace(a_site(tmp_path), lake=place.lake("olist"))


@pytest.mark.parametrize("moved", [TableId("bronze", "a"), TableId("bronze", "b")], ids=str)
def test_a_commit_is_refused_if_an_input_changed_before_it_was_written(empty_site: Site, moved: TableId) -> None:
    """Also if the input changes after the newest state was read, and the store then refuses the number of the entry."""
    log = empty_site.lake.log

    def put(table: TableId, name: str) -> Entry:
        parts = {Part(batch="1"): replace(A_FILE, hash=name)}
        return log.commit(lambda head: head.with_parts(table, parts), "another", str(table))

    put(TableId("bronze", "a"), "1")
    seen = put(TableId("bronze", "b"), "1")
    changes = {TableId("gold", "c"): {WHOLE: replace(A_FILE, inputs={TableId("bronze", "a"): "1"})}}
    inputs = Inputs(seen, (TableId("bronze", "a"), TableId("bronze", "b")))
    with (
        first(empty_site.lake.store, "create", lambda *_: put(moved, "2")),
        pytest.raises(ConflictError, match=f"{moved} changed while 'c' was built; run the build again"),
    ):
        commit(empty_site, inputs, changes, "c")
    assert log.head().parts(TableId("gold", "c")) == {}
    with pytest.raises(ConflictError):
        commit(empty_site, inputs, changes, "c")


def test_a_commit_keeps_concurrent_commits_of_tables_that_it_did_not_read(empty_site: Site) -> None:
    log = empty_site.lake.log
    seen = log.commit(lambda head: head.with_parts(TableId("bronze", "a"), {Part(batch="1"): A_FILE}), "another", "a")

    def other(*_: object) -> None:
        log.commit(
            lambda head: replace(head.with_parts(TableId("gold", "d"), {WHOLE: A_FILE}), release=1, pinned=True), "another", "d"
        )

    with first(empty_site.lake.store, "create", other):
        commit(empty_site, Inputs(seen, (TableId("bronze", "a"),)), {TableId("gold", "c"): {WHOLE: A_FILE}}, "c")
    head = log.head()
    assert set(head.tables) == {TableId("bronze", "a"), TableId("gold", "c"), TableId("gold", "d")}
    assert (head.release, head.pinned) == (1, True)


def test_a_state_that_changed_during_its_checks_is_not_released(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    shown = site.lake.log.head().release
    _made_and_not_released(site)
    with (
        first(site.lake.store, "create", lambda *_: _orders(fresh_lake.site(), 7)),
        pytest.raises(UserError, match="Another build committed during this release"),
    ):
        make_release(site)
    assert site.lake.log.head().release == shown


# ---------------------------------------------------------------------------------------------------- growing files


def _grow(path: Path, number: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join({**dict.fromkeys(FILES["orders"].columns, ""), **order(number)}.values()) + "\n")


@pytest.mark.parametrize("moment", ["before it is read", "after it was read"])
def test_a_file_that_grows_while_it_is_read_waits_for_the_next_ingest(tmp_path: Path, moment: str) -> None:
    """One thread reads the files in order, so the second file is read after the first one."""
    site = a_site(tmp_path, threads=1)
    growing = land(site, "a_orders.csv", "orders", [order(1)])
    land(site, "b_orders.csv", "orders", [order(2)])
    todo = ["a_orders.csv" if moment == "before it is read" else "b_orders.csv"]

    def grow(path: str) -> None:
        if path in todo:
            todo.remove(path)
            _grow(growing, 3)

    ingest(site, grow)
    first_look = site.lake.log.head()
    assert _delivered(site) == [("b_orders.csv", 1)]
    assert set(first_look.landing) == {"b_orders.csv"}
    assert not nothing_new(site, first_look)
    assert _stored(site) == {file.path for file in first_look.parts(TableId("bronze", "orders")).values()}, (
        "no part of an incomplete file is stored"
    )
    ingest(site)
    assert _delivered(site) == [("b_orders.csv", 1), ("a_orders.csv", 2)]
    assert nothing_new(site, site.lake.log.head())


def test_a_file_replaced_by_one_of_the_same_size_and_time_waits_for_the_next_ingest(tmp_path: Path) -> None:
    site = a_site(tmp_path, threads=1)
    landed = land(site, "a_orders.csv", "orders", [order(1)])
    seen = landed.stat()

    def replace_it(path: str) -> None:
        other = landed.with_name(".other")
        other.write_bytes(landed.read_bytes().replace(b"o1", b"o2"))
        os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        other.replace(landed)

    ingest(site, replace_it)
    assert _delivered(site) == []
    ingest(site)
    assert _delivered(site) == [("a_orders.csv", 1)]


def test_a_file_deleted_during_an_ingest_is_not_recorded(tmp_path: Path) -> None:
    site = a_site(tmp_path, threads=1)
    landed = land(site, "a_orders.csv", "orders", [order(1)])
    land(site, "b_orders.csv", "orders", [order(2)])
    ingest(site, lambda path: landed.unlink(missing_ok=True))
    assert set(site.lake.log.head().landing) == {"b_orders.csv"}
    assert _delivered(site) == [("b_orders.csv", 1)]


def _delivered(site: Site) -> list[tuple[str, int]]:
    parts = site.lake.log.head().parts(TableId("bronze", "orders"))
    return [(file.delivery.file, file.rows) for _, file in sorted(parts.items()) if file.delivery]


def _stored(site: Site) -> set[str]:
    return {info.path.removeprefix("olist/") for info in site.lake.store.list("olist/_store/bronze")}


# ------------------------------------------------------------------------------------------------------ the plain view


def test_release_json_marks_the_plain_view_as_incomplete_while_it_is_replaced(fresh_grown_lake: BuiltLake) -> None:
    """release.json is read before every other write, as an external tool would read it."""
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)
    seen: list[tuple[str, Any, Any]] = []

    def look(path: str) -> None:
        if not path.startswith("olist/_store/") and not path.endswith("release.json"):
            now = json.loads((fresh_grown_lake.root / "olist/release.json").read_text(encoding="utf-8"))
            seen.append((path, now["release"], now["whole"]))

    stray = fresh_grown_lake.root / "olist/gold/left_by_another_release.parquet"
    stray.write_bytes(b"of another release")
    (fresh_grown_lake.root / "olist/catalog.duckdb").unlink()
    store = site.lake.store
    with (
        every(store, "copy", lambda source, path: look(path)),
        every(store, "delete", look),
        every(store, "put", lambda local, path: look(path)),
        every(store, "write", lambda path, data: look(path)),
    ):
        roll_back(site, old)
    paths = {path for path, _, _ in seen}
    assert {"olist/gold/fct_orders.parquet", "olist/catalog.duckdb", "olist/quality.html"} <= paths
    assert f"olist/gold/{stray.name}" in paths
    assert {(release, whole) for _, release, whole in seen} == {(old, False)}
    now = json.loads((fresh_grown_lake.root / "olist/release.json").read_text(encoding="utf-8"))
    assert (now["release"], now["whole"]) == (old, True)


@pytest.mark.parametrize("name", ["copy", "put", "write"])
def test_a_half_replaced_plain_view_stays_marked_as_incomplete_until_it_is_finished(
    fresh_grown_lake: BuiltLake, name: str
) -> None:
    """The process ends before the first copied file, before the catalogue, or before the quality page."""
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)

    def die(*given: object) -> None:
        if not any(str(path).endswith("release.json") for path in given):
            raise KeyboardInterrupt

    with every(site.lake.store, name, die), pytest.raises(KeyboardInterrupt):
        roll_back(site, old)
    now = json.loads((fresh_grown_lake.root / "olist/release.json").read_text(encoding="utf-8"))
    assert (now["release"], now["whole"]) == (old, False)
    assert not is_up_to_date(site, site.lake.log.entry(old))
    update_plain_view(site)
    assert is_up_to_date(site, site.lake.log.entry(old))


def test_a_distrusted_plain_view_is_marked_as_incomplete(fresh_lake: BuiltLake) -> None:
    invalidate(fresh_lake.site())
    now = json.loads((fresh_lake.root / "olist/release.json").read_text(encoding="utf-8"))
    assert (now["release"], now["whole"]) == (None, False)
