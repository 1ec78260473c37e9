"""An erasure that is killed before a write is continued, and ends in the same: every ninth write here, each one in kills.py."""

from __future__ import annotations

from ecom_lake_tests.engine.forget.kills import kills


def test_an_erasure_that_is_killed_before_any_write_ends_in_the_same() -> None:
    assert len(list(kills(every=9))) >= 4
