"""The life of one lake: a valid delivery, then several mutated ones, each of them ingested and checked.

    life(17, 8)

builds the lake of seed 17 with 8 mutated deliveries; about every eighth lake is built up to a gold release.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from unittest.mock import patch

from ecom_lake.engine.build.build import steps
from ecom_lake.engine.build.release import acceptance
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.landing import archives
from ecom_lake.engine.store.entry import Entry
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.fuzz import packed
from ecom_lake_tests.fuzz.account import Tally, check
from ecom_lake_tests.fuzz.delivery import Dropped, base_delivery, mutated_delivery
from ecom_lake_tests.fuzz.export import FIRST, LAST

DELIVERIES = 8
"""The number of deliveries of one lake."""
GOLD_EVERY = 4
"""The last delivery of every such lake is built up to gold."""
TIMES = (None, None, None, 0, -1, 1 << 31, 4_102_444_800, 1 << 40, -(1 << 40))


@dataclass
class Lived:
    """The results of one lake, with its time and memory."""

    seed: int
    deliveries: int = 0
    tally: Tally = field(default_factory=Tally)
    released: int = 0
    slowest: tuple[float, str] = (0, "")
    peak: int = 0
    """The peak memory of the process in bytes."""

    def add(self, tally: Tally, seconds: float, what: str) -> None:
        self.deliveries += 1
        self.tally.fates += tally.fates
        self.tally.refused += tally.refused
        self.tally.how += tally.how
        self.tally.files += tally.files
        self.tally.planted += tally.planted
        self.slowest = max(self.slowest, (seconds, what))
        self.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class DeliveryError(AssertionError):
    """A check failed after a delivery."""


def life(seed: int, deliveries: int = DELIVERIES, gold: bool | None = None) -> Lived:
    dice, lived = Random(f"life {seed}"), Lived(seed)
    to_gold = seed % GOLD_EVERY == 0 if gold is None else gold
    with sandbox("olist") as (root, watch), low_limits():
        site = a_site(root, f"{FIRST}-01", f"{LAST}-01")
        site = replace(site, shop=replace(site.shop, max_failed_share=1.0))  # most rows of a delivery may be invalid
        _deliver(site, dice, base_delivery(), gold=False)
        for number in range(1, deliveries + 1):
            dropped = mutated_delivery(dice, f"{seed}.{number}")
            begun = time.perf_counter()
            try:
                tally = _deliver(site, dice, dropped, gold=to_gold and number == deliveries)
                watch()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                raise DeliveryError(f"{described(seed, number, dropped)}: {type(error).__name__}: {error}") from error
            lived.add(tally, time.perf_counter() - begun, described(seed, number, dropped))
            lived.released += to_gold and number == deliveries
    return lived


def described(seed: int, number: int, dropped: list[Dropped]) -> str:
    files = "; ".join(f"{file.name!r} ({file.table}: {', '.join(file.how)})" for file in dropped)
    return f"delivery {number} of seed {seed} [{files}]"


def _deliver(site: Site, dice: Random, dropped: list[Dropped], gold: bool) -> Tally:
    before = site.lake.log.head()
    for file in dropped:
        put(site, file, dice.choice(TIMES))
    after = take_in(site, gold)
    return check(site, before, after, dropped)


def take_in(site: Site, gold: bool = False) -> Entry:
    """Builds up to silver or, with `gold`, up to the release, which is blocked if all files of a delivery are refused."""
    kept_back = False
    for step, make in steps(site):
        if step.startswith("gold/") and not gold:
            break
        made = make()
        for outcome in made if isinstance(made, list) else [made]:
            blocking = {check.name for check in outcome.checks if check.blocks}
            kept_back = blocking == {acceptance.NAME}
            assert not blocking or kept_back, f"{outcome.table} was refused: {_why(outcome)}"
    after = site.lake.log.head()
    assert not gold or (after.release is None) == kept_back
    return after


def _why(outcome: Outcome) -> str:
    return " ".join(f"{check.says} {check.evidence}" for check in outcome.checks if check.blocks)


def put(site: Site, file: Dropped, then: int | None = None) -> None:
    path = site.lake.store.local(f"{site.shop.name}/landing/{file.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    if then is not None:
        os.utime(path, (then, then))


@contextmanager
def sandbox(shop: str) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A lake in its own folder, and a function that checks that nothing was written outside of the lake."""
    outer = Path(tempfile.mkdtemp(prefix="ecom-lake-fuzz-"))
    work = outer / "a" / "b" / "work"
    work.mkdir(parents=True)
    escaped = [Path("/tmp/escaped"), Path("/escaped"), Path("/etc/cron.d/escaped"), Path.home() / "escaped"]
    there = {path for path in escaped if path.exists()}

    def watch() -> None:
        beside = [path for path in outer.rglob("*") if work / "lake" not in (path, *path.parents) and path.is_file()]
        assert not beside, f"written outside of the lake: {beside}"
        assert {path for path in escaped if path.exists()} == there, "written to a system folder"
        layers = {path.name for path in (work / "lake" / shop).iterdir()}
        pages = {"release.json", "catalog.duckdb", "quality.html", "datapackage.json"}
        assert layers <= {"landing", "_store", "silver", "gold", *pages}, f"unexpected files in the shop: {layers}"

    try:
        with chdir(work):
            yield work / "lake", watch
    finally:
        shutil.rmtree(outer)


@contextmanager
def low_limits() -> Iterator[None]:
    """Lowers the limits of archives to a hundredth, so that an archive bomb costs a hundredth of the time."""
    with patch.object(archives, "GIB", packed.BOMB // 2):
        yield
