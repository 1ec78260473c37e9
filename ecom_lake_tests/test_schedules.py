"""Cron expressions and time zones: Dagster accepts every value that the settings accept."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

import polars as pl
import pytest
from dagster._utils.schedules import is_valid_cron_schedule
from hypothesis import example, given
from hypothesis import strategies as st

from ecom_lake.schedules import ALIASES, cron_problem, timezone_problem

NUMBER = st.integers(0, 60).map(str)
WORD = st.sampled_from(["jan", "FEB", "dec", "sun", "Mon", "sat", "x", "L", "?", "-1", "١"])
ITEM = st.one_of(
    st.just("*"),
    NUMBER,
    WORD,
    st.tuples(NUMBER | WORD, NUMBER | WORD).map("-".join),
    st.tuples(st.just("*"), NUMBER).map("/".join),
    st.tuples(NUMBER, NUMBER, NUMBER).map(lambda parts: f"{parts[0]}-{parts[1]}/{parts[2]}"),
)
FIELD = st.lists(ITEM, min_size=1, max_size=3).map(",".join)


@given(st.lists(FIELD, min_size=4, max_size=6).map(" ".join))
@example("0 3 30 2 *")
@example("0 3 31 2 mon")
@example("0 3 31 4 *")
@example("*/59 */23 */31 */12 */7")
@example("0 3 * * 5-7")
def test_dagster_accepts_every_accepted_cron_expression(expression: str) -> None:
    if cron_problem(expression) is None:
        assert is_valid_cron_schedule(expression)


@pytest.mark.parametrize(
    "expression",
    [
        *ALIASES,
        "0 3 * * *",
        "*/15 * * * *",
        "30 2 * * mon-fri",
        "0 3 1,15 * *",
        "0 0-6/2 * jan,JUL 7",
        "0 3 29 2 *",
        " 0 3 * * * ",
    ],
)
def test_common_cron_expressions_are_accepted(expression: str) -> None:
    assert cron_problem(expression) is None
    assert is_valid_cron_schedule(expression)


@pytest.mark.parametrize(
    "expression", ["", "0 3 * *", "60 3 * * *", "0 24 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 5-1 * *"]
)
def test_an_invalid_cron_expression_is_refused(expression: str) -> None:
    assert cron_problem(expression) is not None


def test_a_time_zone_is_a_name_in_the_time_zone_database() -> None:
    assert [timezone_problem(name) for name in ("UTC", "America/Sao_Paulo", "Europe/Berlin")] == [None, None, None]
    assert timezone_problem("europe/berlim") == "'europe/berlim' is not a time zone; did you mean 'Europe/Berlin'?"
    assert timezone_problem("/etc/passwd") is not None


def test_every_time_zone_that_is_accepted_can_be_converted_to() -> None:
    """`localtime` and `Factory` are files of the database on some machines, but no engine supports them as time zones."""
    accepted = [name for name in available_timezones() | {"localtime", "Factory"} if timezone_problem(name) is None]
    assert len(accepted) > 400
    for name in accepted:
        pl.Series([datetime(2024, 1, 1)]).dt.replace_time_zone("UTC").dt.convert_time_zone(name)
