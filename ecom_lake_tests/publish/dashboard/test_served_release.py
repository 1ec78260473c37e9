"""Readers of a release at once: whom they wait for, and which queries they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Semaphore, Thread

import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.publish.dashboard import served_release
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.query_slots import QuerySlots
from ecom_lake_tests.builders.olist_files import a_site

LONGEST_WAIT = 20.0
"""Seconds until a test fails whose readers wait for each other."""
ONE = Query("select 1 as one")


class AnnouncedLock:
    """A lock that states when somebody asks for it."""

    def __init__(self) -> None:
        self.asked, self._lock = Semaphore(0), Lock()

    def __enter__(self) -> None:
        self.asked.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


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


def test_an_answer_that_waits_for_its_release_takes_no_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, slots, is_done, lock = a_site(tmp_path), QuerySlots(2), Event(), AnnouncedLock()
    release, other = (ServedRelease(site, site.lake.log.head(), slots) for _ in range(2))
    monkeypatch.setattr(release, "_lock", lock)
    monkeypatch.setattr(release, "unanswerable", {})
    monkeypatch.setattr(served_release, "answer", lambda *_: is_done.wait(LONGEST_WAIT * 2))
    question = site.registry.questions[0].name
    answers = [Thread(target=release.answer, args=(question, {})) for _ in range(2)]
    found: list[Sequence[Row]] = []
    page = Thread(target=lambda: found.append(other.rows(ONE)))
    try:
        for answer in answers:
            answer.start()
        assert all(lock.asked.acquire(timeout=LONGEST_WAIT) for _ in answers)
        page.start()
        page.join(LONGEST_WAIT)
        assert found == [[{"one": 1}]]
    finally:
        is_done.set()
        for thread in (*answers, page):
            thread.join()


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
