"""Which champion is kept, and which one passes the gate: any that is better than the naive forecast."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ecom_lake.engine.contracts.gate import decide
from ecom_lake.shop.forecast.contest import Contest, contest
from ecom_lake.shop.forecast.methods import NAIVE, SES, Method, naive
from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, Series

SERIES = Series("total", MONTHS, date(2020, 1, 1), np.array([100.0, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 210]))


def held(ahead: float, kept: str | None) -> Contest:
    """A contest in which the monthly error of SES is smaller than that of naive by `ahead`; sales rise by 10 a month."""

    def nearer(sold: Floats, steps: int) -> Floats:
        return naive(sold, steps) + ahead

    return contest(SERIES, [Method(NAIVE, 1, naive), Method(SES, 3, nearer)], 1, kept)


@pytest.mark.parametrize(
    ("ahead", "kept", "champion"),
    [
        (0.0, SES, NAIVE),  # a tie is not better
        (-1.0, SES, NAIVE),
        (0.05, SES, SES),  # better by 0.5%
        (0.05, None, NAIVE),  # the simplest of the methods within 1%
        (5.0, None, SES),
        (5.0, NAIVE, NAIVE),
    ],
)
def test_a_champion_other_than_naive_always_passes_the_gate(ahead: float, kept: str | None, champion: str) -> None:
    found = held(ahead, kept)
    assert found.champion == champion
    assert decide(found.gate(seed=0)).is_published is found.is_won is (champion == SES)


def test_the_champion_of_constant_sales_is_naive() -> None:
    same = Series("total", MONTHS, date(2020, 1, 1), np.full(12, 100.0))
    found = contest(same, [Method(NAIVE, 1, naive), Method(SES, 3, naive)], 1, SES)
    assert found.champion == NAIVE
    assert not decide(found.gate(seed=0)).is_published
    assert found.gate(seed=0).lacks == ["value", "rival_value"]
