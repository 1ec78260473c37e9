"""Bounded queries: how many run and wait, and how long one may take."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import replace
from threading import Condition, Event, Semaphore, Thread
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.serve.query import TooLongError, TooMuchMemoryError
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.api.problem import problem_of
from ecom_lake.publish.dashboard import app, served_release
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.query_slots import BusyError, QuerySlots, asking
from ecom_lake_tests.builders.built_lake import BuiltLake


def test_a_query_too_many_is_refused_for_now() -> None:
    slots = QuerySlots(at_once=1, waiting=0)
    with slots.taken(), pytest.raises(BusyError) as busy, slots.taken():
        pass
    problem = problem_of(busy.value)
    assert (problem.status, problem.headers) == (503, {"Retry-After": "1"})
    with pytest.raises(ValueError, match="failed"), slots.taken():
        raise ValueError("failed")
    with slots.taken():
        pass  # a failed query gave its slot back


def test_a_client_with_many_queries_keeps_no_other_client_out() -> None:
    slots = QuerySlots(at_once=1, waiting=2, of_one_client=2)

    def admitted(client: str) -> AbstractContextManager[None]:
        asking.set(client)
        return slots.admitted()

    def run() -> None:
        with admitted("one"), admitted("one"):
            with pytest.raises(BusyError, match="You have 2 queries that run or wait already"), admitted("one"):
                pass
            with admitted("two"), pytest.raises(BusyError, match="The server is busy"), admitted("three"):
                pass
        with admitted("one"), admitted("one"):
            pass  # those before have ended
        with admitted(""), admitted(""), admitted(""):
            pass  # without a name there is no limit

    copy_context().run(run)


def test_a_query_is_stopped_at_its_limit_and_the_release_answers_on(
    grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_release, "LONGEST_QUERY", 0.3)
    release = Releases(grown_lake.settings).of("olist")
    with pytest.raises(TooLongError) as stopped:
        release.frame(Query("select count(*) from range(10000000) as a, range(10000000) as b where a.range * b.range = -1"))
    assert (problem_of(stopped.value).status, problem_of(stopped.value).headers) == (503, {"Retry-After": "10"})
    assert release.frame(Query("select 1 as one")).rows() == [(1,)]


def test_a_page_whose_query_is_stopped_is_to_be_asked_for_later(grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is right, and the server has too much to do: 503 and not 400. A wrong request is 400."""
    long = Query("select count(*) from range(10000000) as a, range(10000000) as b where a.range * b.range = -1")
    monkeypatch.setattr(served_release, "LONGEST_QUERY", 0.3)
    monkeypatch.setattr(app, "listed", lambda release: release.frame(long))
    with TestClient(app.application(grown_lake.settings), base_url="http://localhost") as client:
        stopped, wrong = client.get("/olist/ask"), client.get("/olist/ask/no-such-question")
    assert (stopped.status_code, stopped.headers["retry-after"]) == (503, "10")
    assert "The query took too long and was stopped. Try again later" in stopped.text
    assert wrong.status_code == 400 and "retry-after" not in wrong.headers


LONGEST_WAIT = 20.0
"""Seconds until a test fails whose queries wait for each other."""


class AnnouncedCondition(Condition):
    """A condition that states when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.release()
        return super().wait(timeout)


class Neighbours:
    """Slots with a query that runs until it is ended, and one that runs out of memory as long as it is not alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
        self.slots, self.changed = QuerySlots(at_once), AnnouncedCondition()
        monkeypatch.setattr(self.slots, "_changed", self.changed)
        self.ran: list[str] = []
        self._is_running, self._may_end = Event(), Event()
        self._threads: list[Thread] = []

    def start(self, query: Callable[[], Any]) -> None:
        self._threads.append(Thread(target=lambda: self.slots.run(query)))
        self._threads[-1].start()

    def first(self) -> None:
        self._is_running.set()
        assert self._may_end.wait(LONGEST_WAIT)
        self.ran.append("first ends")

    def greedy(self) -> None:
        self.ran.append("greedy")
        if "first ends" not in self.ran:
            raise TooMuchMemoryError("no memory")

    def run(self, *later: Callable[[], Any]) -> list[str]:
        """What ran, in order. `later`: queries that start while the greedy one waits to be alone."""
        self.start(self.first)
        assert self._is_running.wait(LONGEST_WAIT)
        self.start(self.greedy)
        assert self.changed.waits.acquire(timeout=LONGEST_WAIT)
        for query in later:
            self.start(query)
            assert self.changed.waits.acquire(timeout=LONGEST_WAIT)
        self._may_end.set()
        for thread in self._threads:
            thread.join(LONGEST_WAIT)
        return self.ran


def test_a_query_that_ran_out_of_memory_next_to_another_runs_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Neighbours(monkeypatch, at_once=2).run() == ["greedy", "first ends", "greedy"]


def test_no_query_starts_before_one_that_waits_to_be_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    neighbours = Neighbours(monkeypatch, at_once=3)
    ran = neighbours.run(lambda: neighbours.ran.append("third"))
    assert ran == ["greedy", "first ends", "greedy", "third"]


def test_a_query_that_runs_out_of_memory_alone_is_not_repeated() -> None:
    slots, ran = QuerySlots(at_once=2), []

    def greedy() -> None:
        ran.append("greedy")
        raise TooMuchMemoryError("no memory")

    with pytest.raises(TooMuchMemoryError):
        slots.run(greedy)
    assert ran == ["greedy"]
    assert slots.run(lambda: "found") == "found"


def test_queries_that_need_most_of_the_memory_are_both_answered(built_lake: BuiltLake) -> None:
    """Each of them fits into the memory of the release, and both of them at once do not."""
    site = replace(built_lake.site(), memory_limit="256MB", threads=2)
    release, found = ServedRelease(site, released(site)), []
    ask = Query("select len(list(range)) as count from range(12000000)")
    threads = [Thread(target=lambda: found.append(release.rows_once(ask))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[{"count": 12_000_000}]] * 4
