"""Concurrent builds, ingests, landings, readers, rollbacks and gc: processes write and threads read."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.release.release import roll_back, unpin
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.landing_zone import land
from ecom_lake_tests.chaos import child
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground, Spot
from ecom_lake_tests.chaos.verdict import Verdict, assess, look, message_of, record_message


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    every: list[tuple[str, Callable[[Ground], Verdict]]] = [
        ("two builds at once", two_builds),
        ("a build and twenty readers", build_and_readers),
        ("two ingests at once", two_ingests),
        ("two landings of one file", two_landings),
        ("a rollback during a build", rollback_during_build),
        ("gc during a build with readers", gc_during_build),
    ]
    while True:
        for family, attempt in every:
            yield Case(family, "", partial(attempt, ground))


def message_of_build(spot: Spot) -> str:
    return message_of(lambda: build(spot.site()))


def message_of_ingest(spot: Spot) -> str:
    return message_of(lambda: ingest(spot.site()))


def message_of_rollback(spot: Spot, number: int) -> str:
    return message_of(lambda: roll_back(spot.site(), number))


def landed(spot: Spot, source: Path) -> list[str]:
    return [arrival.fate for arrival in land(spot.site().lake, [source])]


def two_builds(ground: Ground) -> Verdict:
    verdict = Verdict("two builds at once")
    with ground.spot() as spot:
        with child.side_by_side((message_of_build, spot), (message_of_build, spot)) as both:
            messages = [child.answer_of(*one) for one in both]
        _record_messages(verdict, messages)
        if all(messages):
            verdict.wrong["races without a winner"] = str(messages)
        return assess(ground, spot, verdict)


def build_and_readers(ground: Ground, readers: int = 20) -> Verdict:
    verdict = Verdict("a build and twenty readers")
    with ground.spot() as spot:
        with child.side_by_side((message_of_build, spot)) as (builder,), _reading(ground, spot, verdict, readers):
            _record_messages(verdict, [child.answer_of(*builder)])
        return assess(ground, spot, verdict)


def two_ingests(ground: Ground) -> Verdict:
    verdict = Verdict("two ingests at once")
    with ground.spot() as spot:
        with child.side_by_side((message_of_ingest, spot), (message_of_ingest, spot)) as both:
            _record_messages(verdict, [child.answer_of(*one) for one in both])
        return assess(ground, spot, verdict)


def two_landings(ground: Ground) -> Verdict:
    """Two processes land the same file at the same time."""
    verdict = Verdict("two landings at once")
    with ground.spot() as spot:
        source = ground.folder / f"{threading.get_ident()}-landed.csv"
        source.write_text("order_id,customer_id\n" + "x,y\n" * 50_000, encoding="utf-8")
        with child.side_by_side((landed, spot, source), (landed, spot, source)) as both:
            fates = [child.answer_of(*one) for one in both]
        found = [info for info in spot.site().lake.landing.list("") if "landed" in info.path]
        if len(found) != 1 or found[0].size != source.stat().st_size or fates.count(["landed"]) < 1:
            verdict.wrong["landings that were mixed"] = f"{fates} {found}"
        spot.site().lake.landing.delete(found[0].path)
        return assess(ground, spot, verdict)


def rollback_during_build(ground: Ground) -> Verdict:
    """The old release is pinned during the build: readers see it until it is unpinned."""
    verdict = Verdict("a rollback during a build")
    with ground.spot() as spot:
        assert ground.before.release is not None
        with child.side_by_side((message_of_build, spot), (message_of_rollback, spot, ground.before.release)) as both:
            _record_messages(verdict, [child.answer_of(*one) for one in both])
        if message_of(lambda: build(spot.site())):
            verdict.wrong["builds with another result"] = "while pinned"
        shown = spot.site().lake.log.released()
        if shown is None or shown.number != ground.before.release:
            verdict.wrong["rollbacks that were lost"] = str(shown and shown.number)
        look(ground, spot.site(), verdict)
        unpin(spot.site())
        return assess(ground, spot, verdict)


def gc_during_build(ground: Ground) -> Verdict:
    """All files are two days old; gc repeatedly deletes files that are older than an hour and not needed."""
    verdict = Verdict("gc during a build with readers")
    with ground.spot() as spot:
        if ground.store != "azurite":
            _age(spot)
        done = threading.Event()

        def collect() -> None:
            while not done.is_set():
                site = spot.site()
                collect_garbage(site, find_garbage(site, timedelta(hours=1)))

        gc = threading.Thread(target=collect)
        with child.side_by_side((message_of_build, spot)) as (builder,), _reading(ground, spot, verdict, 4):
            gc.start()
            message = child.answer_of(*builder)
            done.set()
            gc.join()
        _record_messages(verdict, [message])
        if message:
            verdict.wrong["builds that gc disturbed"] = str(message)
        return assess(ground, spot, verdict)


def _age(spot: Spot) -> None:
    for path in (spot.folder / "olist" / "_store").rglob("*"):
        if path.suffix == ".json":
            entry = json.loads(path.read_text(encoding="utf-8"))
            entry |= {"at": (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")}
            entry.pop("seal")
            path.write_text(json.dumps(entry, separators=(",", ":")), encoding="utf-8")
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - 172_800,) * 2)


def _record_messages(verdict: Verdict, messages: list[str | None]) -> None:
    for one in messages:
        if one is None:
            verdict.wrong["processes that died"] = verdict.fault
        elif one:
            record_message(verdict, one)


@contextmanager
def _reading(ground: Ground, spot: Spot, verdict: Verdict, readers: int) -> Iterator[None]:
    """Readers that repeatedly check the release, each in its own thread."""
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            if message := message_of(lambda: look(ground, spot.site(), verdict)):
                verdict.wrong["readers that were disturbed"] = message
            done.wait(0.02)

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


# ------------------------------------------------------------------------------------------------------ the log alone


def race(ground: Ground, writers: int = 3, commits: int = 50, readers: int = 20, reads: int = 200) -> Verdict:
    """The log has consecutive entries, no commit is lost, and no reader sees part of a commit."""
    verdict = Verdict(f"{writers} writers × {commits} commits, {readers} readers × {reads} reads")
    with ground.spot() as spot:
        start = spot.site().lake.log.head().number
        with child.side_by_side(
            *((write, spot, writer, commits) for writer in range(writers)),
            *((read, spot, readers // 2, reads) for _ in range(2)),
        ) as all_of_them:
            answers = [child.answer_of(*one, seconds=600) for one in all_of_them]
        if any(answers) or None in answers:
            verdict.wrong["mixed reads"] = str(answers)
        log = spot.site().lake.log
        made = [number for number in log.numbers() if number > start]
        if made != list(range(start + 1, start + 1 + writers * commits)):
            verdict.wrong["lost commits"] = f"{len(made)} of {writers * commits}"
        if [log.entry(number).parent for number in made] != [number - 1 for number in made]:
            verdict.wrong["logs with gaps or forks"] = str(made)
        parts = set(log.head().parts(TableId("race", "both")))
        if parts != {Part(batch=f"{writer}-{turn}") for writer in range(writers) for turn in range(commits)}:
            verdict.wrong["lost commits"] = f"{len(parts)} parts"
    return verdict


def write(spot: Spot, writer: int, commits: int) -> str:
    """Each commit changes two tables together."""
    log = spot.site().lake.log
    for turn in range(commits):
        part = f"{writer}-{turn}"
        file = File(path=part, rows=1, bytes=1, hash=part, fingerprint="", run=part)

        def change(head: Entry, part: str = part, file: File = file) -> Entry:
            return head.with_parts(TableId("race", "both"), {Part(batch=part): file}).with_parts(
                TableId("race", "too"), {Part(batch=part): file}
            )

        log.commit(change, part, part, release=True)
    return ""


def read(spot: Spot, readers: int, reads: int) -> str:
    """The errors that the readers saw: tables of different states together, or an older state after a newer one."""
    wrong: list[str] = []

    def look_often() -> None:
        log, last = spot.site().lake.log, 0
        for _ in range(reads):
            shown = log.released()
            if shown is None or shown.parts(TableId("race", "both")) != shown.parts(TableId("race", "too")):
                wrong.append("mixed")
            elif shown.number < last:
                wrong.append("back in time")
            else:
                last = shown.number

    threads = [threading.Thread(target=look_often) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ", ".join(wrong[:3])
