"""The anomalies that status reports, and hand-written cases of overdue deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ecom_lake.engine.serve.anomalies import deliveries, overdue, standing_out
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.built_lake import BuiltLake

NIGHTLY = [datetime(2018, 5, 1) + timedelta(days=day) for day in range(8)]


def test_a_short_history_has_no_anomalies(built_lake: BuiltLake) -> None:
    assert standing_out(built_lake.site(), released(built_lake.site())) == ()
    assert len(deliveries(released(built_lake.site()))) >= 1


@pytest.mark.parametrize(("later", "is_late"), [(1, False), (3, False), (4, True)])
def test_a_delivery_is_overdue_after_three_times_the_usual_gap(later: int, is_late: bool) -> None:
    message = overdue(NIGHTLY, NIGHTLY[-1] + timedelta(days=later))
    assert message == ("Nothing was delivered for 4 days; the median gap between deliveries is 1 day." if is_late else None)


def test_several_deliveries_on_one_day_count_as_one(built_lake: BuiltLake) -> None:
    assert overdue([NIGHTLY[0] + timedelta(hours=hour) for hour in range(12)], NIGHTLY[-1] + timedelta(days=99)) is None
