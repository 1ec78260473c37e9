"""Readers of a release at once: whom they wait for, and which queries they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Semaphore, Thread

import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.query import Session
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.dashboard import served_release
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.query_slots import BusyError, QuerySlots, asking
from ecom_lake.settings import load
from ecom_lake_tests.builders.olist_files import a_site

LONGEST_WAIT = 20.0
"""Seconds until a test fails whose readers wait for each other."""
ONE = Query("select 1 as one")


class AnnouncedSlots(QuerySlots):
    """Slots that state when somebody begins to wait."""

    def __init__(self, at_once: int) -> None:
        super().__init__(at_once)
        self.asked = Semaphore(0)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        self.asked.release()
        with super().admitted():
            yield


class SlowRelease(ServedRelease):
    """A release whose queries last until two readers have asked; the first query may fail."""

    def __init__(self, site: Site, slots: AnnouncedSlots, fails: bool = False) -> None:
        super().__init__(site, site.lake.log.head(), slots)
        self._asked, self._fails = slots.asked, fails
        self.queries = 0

    def _read(self, query: Query) -> Sequence[Row]:
        self.queries += 1
        if self.queries == 1:
            assert all(self._asked.acquire(timeout=LONGEST_WAIT) for _ in range(2))
            if self._fails:
                raise ValueError("failed")
        return super()._read(query)


def test_questions_to_one_release_are_answered_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, are_there = a_site(tmp_path), Barrier(2, timeout=LONGEST_WAIT)
    release = ServedRelease(site, site.lake.log.head(), QuerySlots(2))
    monkeypatch.setattr(release, "unanswerable", {})
    found = []

    def answer(session: Session, *_: object) -> None:
        are_there.wait()  # fails where one waits for the other
        found.append(list(session.ask("select 1").rows()))

    monkeypatch.setattr(served_release, "answer", answer)
    question = site.registry.questions[0].name
    readers = [Thread(target=release.answer, args=(question, {})) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [[(1,)], [(1,)]]


def ask_at_once(release: ServedRelease) -> list[Sequence[Row] | str]:
    """What two readers get who ask for the same."""
    found: list[Sequence[Row] | str] = []

    def ask() -> None:
        try:
            found.append(release.rows(ONE))
        except ValueError as error:
            found.append(str(error))

    readers = [Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return found


def test_readers_who_ask_for_the_same_share_one_query(tmp_path: Path) -> None:
    release = SlowRelease(a_site(tmp_path), AnnouncedSlots(2))
    assert ask_at_once(release) == [[{"one": 1}]] * 2
    assert release.rows(ONE) == [{"one": 1}]
    assert release.queries == 1


def test_the_error_of_a_shared_query_is_not_kept(tmp_path: Path) -> None:
    release = SlowRelease(a_site(tmp_path), AnnouncedSlots(2), fails=True)
    assert ask_at_once(release) == ["failed"] * 2
    assert release.rows(ONE) == [{"one": 1}]
    assert release.queries == 2


def test_a_client_that_asks_for_the_workbook_again_and_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, was_refused = a_site(tmp_path), Event()
    release = ServedRelease(site, site.lake.log.head(), QuerySlots(2, of_one_client=2))
    found: list[bytes] = []

    def workbook(*_: object) -> bytes:
        assert was_refused.wait(LONGEST_WAIT)
        return b"made"

    def ask() -> None:
        asking.set("somebody")
        try:
            found.append(release.workbook())
        except BusyError:
            was_refused.set()

    monkeypatch.setattr("ecom_lake.publish.excel.workbook.workbook", workbook)
    readers = [Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [b"made"] * 2
    assert release.workbook() == b"made", "it is kept"


class OpenedSlowly(ServedRelease):
    """The release of one shop is opened until that of the other was read."""

    may_open = Event()
    opened = 0

    def __init__(self, site: Site, entry: Entry, slots: QuerySlots | None = None, is_prepared: bool = False) -> None:
        if site.shop.name == "slow":
            assert self.may_open.wait(LONGEST_WAIT)
        type(self).opened += 1
        super().__init__(site, entry, slots, is_prepared)


def test_a_release_that_is_opened_holds_up_its_own_readers_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = {name: a_site(tmp_path / name) for name in ("slow", "other")}
    sites = {name: replace(site, shop=replace(site.shop, name=name)) for name, site in sites.items()}
    (tmp_path / "lake.toml").touch()
    releases = Releases(load(environment={}, project=str(tmp_path)))
    monkeypatch.setattr(releases, "_site", sites.__getitem__)
    monkeypatch.setattr(served_release, "_released", lambda site: site.lake.log.head())
    monkeypatch.setattr(served_release, "_unreleased", lambda *_: None)
    monkeypatch.setattr(served_release, "ServedRelease", OpenedSlowly)
    found = []
    readers = [Thread(target=lambda: found.append(releases.of("slow"))) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        assert releases.of("other").rows(ONE) == [{"one": 1}]
    finally:
        OpenedSlowly.may_open.set()
        for reader in readers:
            reader.join()
    assert found[0] is found[1]
    assert OpenedSlowly.opened == 2, "readers of one release open it once"
