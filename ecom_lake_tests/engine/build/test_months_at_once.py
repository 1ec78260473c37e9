"""Ranges of months in several processes at the same time: the lake is the one that a single process makes, byte for byte."""

from __future__ import annotations

import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.watched import watched
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.landing_zone import land
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.azurite import Azurite
from ecom_lake_tests.builders.built_lake import CONFIG, ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.chaos import child
from ecom_lake_tests.chaos.fault_injector import FaultInjector, die_before, injected
from ecom_lake_tests.engine.build.crash import content, whole

RANGES = ((0, 1), (2, 3))
"""The first and the last month of each process: all four months of the shop."""
ORDERS = TableId("silver", "orders")


def range_built(lake: BuiltLake, first: int, last: int, dies_at: int | None = None) -> str:
    """Builds a range of months; killed before its write number `dies_at`."""
    site = lake.site()
    months = site.months()[first : last + 1]
    injector = FaultInjector() if dies_at is None else FaultInjector(dies_at, die_before)
    with injected(site, injector):
        refused = [check.says for outcome in build(site, months, only="silver") for check in outcome.checks if check.blocks]
    return " ".join(refused) or f"{injector.calls} writes"


def build_ranges(lake: BuiltLake, *dies_at: int | None) -> list[str | None]:
    """Builds all ranges at the same time, each in its own process; None is the answer of a killed one."""
    works = [
        (range_built, lake, first, last, at) for (first, last), at in zip(RANGES, dies_at or (None,) * len(RANGES), strict=True)
    ]
    with child.side_by_side(*works) as begun:
        return [child.answer_of(*one, seconds=600) for one in begun]


@pytest.fixture(params=["local", "azure"])
def landed(request: pytest.FixtureRequest, delivery: tuple[Path, Truths], tmp_path: Path) -> BuiltLake:
    """A lake of which nothing is built, on the local disk and on Azure."""
    files, truths = delivery
    lake = BuiltLake(tmp_path / "lake", truths)
    if request.param == "azure":
        emulator: Azurite = request.getfixturevalue("emulator")
        lake = replace(lake, url=f"{emulator.container()}/lake", environment=emulator.environment(tmp_path / "cache"))
    lake.folder.mkdir()
    lake.config.write_text(CONFIG, encoding="utf-8")
    assert {arrival.fate for arrival in land(lake.site().lake, [files])} == {"landed"}
    return lake


def commits(site: Site) -> Counter[str]:
    """How often each kind of commit is in the log."""
    return Counter(site.lake.log.entry(number).message for number in site.lake.log.numbers())


def test_two_processes_make_what_one_makes_and_what_both_need_is_made_once(landed: BuiltLake, built_lake: BuiltLake) -> None:
    answers = build_ranges(landed)
    assert all(answer and answer.endswith("writes") for answer in answers), answers
    site = landed.site()
    assert site.lake.log.released() is None, "ranges release nothing"
    made = commits(site)
    assert (made["ingest"], made["order index"], made["silver/orders, 2 months"]) == (1, 1, 2)
    written = [info.path for info in site.lake.store.list("olist/_store/silver/order_index")]
    assert len(written) == 1, "the other process waited for the order index"
    assert not site.lake.log.head().parts(TableId("silver", "customers")), "a range makes monthly tables only"
    build(site, only="silver")
    assert commits(site) == made + Counter({f"silver/{table}": 1 for table in ("customers", "products", "sellers", "places")})
    assert up_to_silver(landed) == up_to_silver(built_lake)


def up_to_silver(lake: BuiltLake) -> dict[str, str]:
    """The hash of every file before gold, by table and part."""
    return {place: digest for place, digest in content(lake.site()).items() if not place.startswith("gold/")}


@pytest.mark.parametrize("landed", ["local"], indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_range_disturbs_no_other_and_the_next_build_makes_the_same_bytes(
    landed: BuiltLake, built_lake: BuiltLake, seed: int
) -> None:
    at = random.Random(seed).randrange(1, 40)
    killed, other = build_ranges(landed, at, None)
    assert other and other.endswith("writes"), other
    if killed is None:  # it may have had fewer writes, because the other one made what both need
        assert range_built(landed, *RANGES[0]).endswith("writes")
    build(landed.site(), only="silver")
    assert up_to_silver(landed) == up_to_silver(built_lake)


@contextmanager
def _reading(lake: BuiltLake, seen: set[int | None]) -> Iterator[None]:
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            released = whole(lake.site())
            seen.add(released.number if released else None)
            done.wait(0.02)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()


def test_readers_see_the_release_before_until_one_run_makes_the_next(fresh_lake: BuiltLake) -> None:
    before = fresh_lake.site().lake.log.head().release
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    alone = replace(fresh_lake, folder=fresh_lake.folder.with_name("alone"))
    shutil.copytree(fresh_lake.folder, alone.folder)
    seen: set[int | None] = set()
    with _reading(fresh_lake, seen):
        assert all(build_ranges(fresh_lake))
        assert seen == {before}
        build(fresh_lake.site())
    after = whole(fresh_lake.site())
    assert after and seen <= {before, after.number}
    build(alone.site())
    assert content(fresh_lake.site()) == content(alone.site())


def test_of_two_runs_that_make_the_same_table_the_first_commit_counts(fresh_lake: BuiltLake) -> None:
    """As on two machines, which share no lock: both read the state before either commits."""
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build(fresh_lake.site(), only="bronze")
    site, other = fresh_lake.site(full=True), fresh_lake.site(full=True)
    seen = site.lake.log.head()
    make_order_index(other)
    theirs = site.lake.log.head()
    file = theirs.parts(TableId("silver", "order_index"))[WHOLE]
    ours = replace(file, run=site.run, path="_store/silver/order_index/ours.parquet")
    inputs = Inputs(seen, tuple(file.inputs))
    seen_before = replace(seen, tables={table: parts for table, parts in seen.tables.items() if table.name != "order_index"})
    kept = commit(site, replace(inputs, entry=seen_before), {TableId("silver", "order_index"): {WHOLE: ours}}, "order index")
    assert kept.number == theirs.number, "a second entry was written for the same rows"
    replaced = commit(site, Inputs(theirs, tuple(file.inputs)), {TableId("silver", "order_index"): {WHOLE: ours}}, "again")
    assert replaced.parts(TableId("silver", "order_index"))[WHOLE].path == ours.path, (
        "a file that was there before may be damaged"
    )


def test_a_step_whose_input_another_run_changes_is_repeated_from_the_newest_state(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site(full=True)
    calls: list[int] = []

    def disturbed_once() -> object:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ConflictError("bronze/orders changed while 'silver/orders' was built")
        return make_silver(site, "orders", site.months()[:1])

    [outcome] = watched(site, "silver/orders", disturbed_once)  # type: ignore[arg-type]  # it raises or returns an outcome
    assert len(calls) == 2
    assert len(outcome.files) == 1


def test_a_step_that_is_always_disturbed_gives_up_with_the_reason(fresh_lake: BuiltLake) -> None:
    calls: list[int] = []

    def disturbed() -> list[object]:
        calls.append(1)
        raise ConflictError("bronze/orders changed; run the build again.")

    with pytest.raises(ConflictError, match="run the build again"):
        watched(fresh_lake.site(), "silver/orders", disturbed)  # type: ignore[arg-type]  # it only raises
    assert len(calls) == 5
