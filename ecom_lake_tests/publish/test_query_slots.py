"""Bounded queries: how many run and wait, and how long one may take."""

from __future__ import annotations

import pytest

from ecom_lake.engine.serve.query import TooLongError
from ecom_lake.publish.api.problem import problem_of
from ecom_lake.publish.dashboard import served_release
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.query_slots import BusyError, QuerySlots
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


def test_a_query_is_stopped_at_its_limit_and_the_release_answers_on(
    grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_release, "LONGEST_QUERY", 0.3)
    release = Releases(grown_lake.settings).of("olist")
    with pytest.raises(TooLongError) as stopped:
        release.frame(Query("select count(*) from range(10000000) as a, range(10000000) as b where a.range * b.range = -1"))
    assert problem_of(stopped.value).status == 503
    assert release.frame(Query("select 1 as one")).rows() == [(1,)]
