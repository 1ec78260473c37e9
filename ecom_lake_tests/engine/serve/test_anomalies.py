"""What stands out, as status tells it; and when a delivery is overdue, by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ecom_lake.engine.serve.anomalies import deliveries, overdue, standing_out
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.built_lake import BuiltLake

NIGHTLY = [datetime(2018, 5, 1) + timedelta(days=day) for day in range(8)]


def test_a_short_history_is_calm(built_lake: BuiltLake) -> None:
    assert standing_out(built_lake.site(), released(built_lake.site())) == ()
    assert len(deliveries(released(built_lake.site()))) >= 1


@pytest.mark.parametrize(("later", "is_late"), [(1, False), (3, False), (4, True)])
def test_a_delivery_is_overdue_after_three_times_the_usual_gap(later: int, is_late: bool) -> None:
    said = overdue(NIGHTLY, NIGHTLY[-1] + timedelta(days=later))
    assert said == ("Nothing was delivered for 4 days; the median gap between deliveries is 1 day." if is_late else None)


def test_several_deliveries_on_a_day_are_one(built_lake: BuiltLake) -> None:
    assert overdue([NIGHTLY[0] + timedelta(hours=hour) for hour in range(12)], NIGHTLY[-1] + timedelta(days=99)) is None
