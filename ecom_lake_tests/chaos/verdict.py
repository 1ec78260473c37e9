"""The checks after a fault, and their counts."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.release.plain_view import damaged_files, is_up_to_date
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import files_of
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.errors import UserError, disk_trouble
from ecom_lake_tests.builders.built_lake import needed_states
from ecom_lake_tests.chaos.ground import Ground, Spot
from ecom_lake_tests.engine.build.crash import content

UNEXPECTED = "unexpected: "


@dataclass
class Verdict:
    """The failed checks after one or more faults, by kind; empty if all checks passed."""

    fault: str
    faults: int = 1
    message: str = ""
    """The error message that the fault caused; empty if it caused none."""
    wrong: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    faults: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    bad: list[Verdict] = field(default_factory=list)

    def add(self, family: str, verdict: Verdict) -> None:
        self.faults[family] += verdict.faults
        self.wrong.update(list(verdict.wrong))
        if verdict.wrong:
            self.bad.append(verdict)


def message_of(work: Callable[[], object]) -> str:
    """Does the work; returns the message that a user would read if it failed, otherwise an empty text."""
    try:
        work()
    except (UserError, ConflictError) as error:
        return str(error)
    except Exception as error:
        return disk_trouble(error) or UNEXPECTED + "".join(traceback.format_exception(error)[-3:])
    return ""


def record_message(verdict: Verdict, message: str) -> None:
    verdict.message = message
    if message.startswith(UNEXPECTED) or "\n" in message or (message and not message.endswith(".")):
        verdict.wrong["errors without a proper message"] = message


def assess(ground: Ground, spot: Spot, verdict: Verdict, after_repair: bool = False) -> Verdict:
    """Checks the release as a reader, builds again, and checks the result."""
    if not after_repair:
        look(ground, spot.site(), verdict)
    if after_repair:
        repair(spot.site())
    site = spot.site()
    if message := message_of(lambda: build(site)):
        verdict.wrong["builds with another result"] = message
        return verdict
    if content(site) != ground.wanted:
        verdict.wrong["builds with another result"] = "other bytes: " + ", ".join(_differences(content(site), ground.wanted))
    look(ground, spot.site(), verdict)
    _rows(ground, site, verdict)
    _plain(site, verdict)
    _orphans(site, verdict)
    return verdict


def look(ground: Ground, site: Site, verdict: Verdict) -> None:
    """A reader gets the old release or the new one, with every file undamaged."""
    released = site.lake.log.released()
    if released is None:
        verdict.wrong["torn reads"] = "there is no release"
        return
    found = {f"{table}/{part}": file.hash for table, parts in released.tables.items() for part, file in parts.items()}
    if released.tables != ground.before.tables and found != ground.wanted:
        verdict.wrong["torn reads"] = f"release {released.number} is neither the old one nor the new one"
    for parts in released.tables.values():
        for file in parts.values():
            if site.lake.is_damaged(file):
                verdict.wrong["torn reads"] = f"{file.path} differs from its hash in the log"


def _differences(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))[:5]


def _rows(ground: Ground, site: Site, verdict: Verdict) -> None:
    head = site.lake.log.head()
    (path,) = site.lake.paths(head, TableId("gold", "ledger"))
    ledger = pl.read_parquet(path, glob=False)
    accounted = ledger.select(
        pl.sum_horizontal("rejected", "quarantined", "pending", "superseded", "collapsed", "published").sum()
    ).item()
    if not (ledger["rows_delivered"].sum() == accounted == ground.delivered):
        verdict.wrong["rows lost"] = (
            f"{ground.delivered} were landed, {ledger['rows_delivered'].sum()} delivered, {accounted} accounted for"
        )


def _plain(site: Site, verdict: Verdict) -> None:
    released = site.lake.log.released()
    if released is None or not is_up_to_date(site, released) or damaged_files(site, released):
        verdict.wrong["plain views that differ from the release"] = str(released and released.number)


def _orphans(site: Site, verdict: Verdict) -> None:
    """After gc the store contains only the log and its files; log entries that were set aside are kept on purpose."""
    collect_garbage(site, find_garbage(site, timedelta(0)))
    states = needed_states(site)
    named = files_of(states).keys()
    found = {info.path.removeprefix("olist/") for info in site.lake.store.list("olist/_store")}
    manifests = {path.removeprefix("olist/") for path in site.lake.log.manifests.paths(states)}
    left = {path for path in found - named - manifests if not path.startswith("_store/log/")}
    if left:
        verdict.wrong["orphans"] = ", ".join(sorted(left)[:3])
