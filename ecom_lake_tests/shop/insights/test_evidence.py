"""The tests of rates and levels agree with statsmodels and scipy, and keep their error rate where days are not independent."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.false_alarms import MONTH, OLIST_LIKE, SHOPS, found, sales_p
from ecom_lake.shop.insights.evidence import (
    Noise,
    Trials,
    by_month,
    level_noise,
    levels_differ,
    rate_interval,
    rate_noise,
    rate_noise_between_months,
    rates_differ,
)

COUNTS = st.tuples(st.integers(0, 400), st.integers(1, 400)).filter(lambda pair: pair[0] <= pair[1])
INDEPENDENT = Noise(1.0, 10**9)


@given(COUNTS, COUNTS)
def test_the_comparison_of_two_independent_rates_agrees_with_scipy(one: tuple[int, int], other: tuple[int, int]) -> None:
    from scipy.stats import chi2_contingency

    hits, trials = one[0] + other[0], one[1] + other[1]
    if hits in (0, trials):
        assert rates_differ(*one, *other, INDEPENDENT) is None
    else:
        table = [[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]]
        wanted = chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        assert rates_differ(*one, *other, INDEPENDENT) == pytest.approx(wanted, rel=1e-6)


@given(COUNTS)
def test_a_rate_has_the_wilson_interval(one: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert rate_interval(*one) == pytest.approx(proportion_confint(*one, alpha=0.05, method="wilson"), abs=1e-9)


def test_overdispersion_reduces_the_effective_number_of_trials() -> None:
    assert rate_interval(40, 400, dispersion=4) == pytest.approx(rate_interval(10, 100))
    # The root of the deviance is 2.144; four times the dispersion halves it.
    assert rates_differ(60, 400, 40, 400, INDEPENDENT) == pytest.approx(0.0320, abs=1e-4)
    assert rates_differ(60, 400, 40, 400, Noise(4.0, 10**9)) == pytest.approx(0.2837, abs=5e-4)


def test_without_trials_there_is_no_comparison() -> None:
    assert rates_differ(0, 0, 5, 10, INDEPENDENT) is None
    assert rates_differ(5, 10, 0, 0, INDEPENDENT) is None
    assert levels_differ(100, 31, 0, 30, INDEPENDENT) is None
    assert rate_noise([]) is None and level_noise([]) is None


def test_levels_are_compared_by_the_logarithm_of_their_ratio() -> None:
    # log 1.2 = 0.1823; its standard error is √(0.1 · (1/31 + 1/30)) = 0.0810, so z = 2.251.
    assert levels_differ(120, 31, 100, 30, Noise(0.1, 10**9)) == pytest.approx(0.0244, abs=2e-4)


def test_shops_in_which_nothing_changes_raise_few_alarms() -> None:
    """With a test for Poisson counts, most of these shops have a change in every month. 400 shops: about 2 s."""
    shares = found(OLIST_LIKE, shops=400, months=13, change=0.0)
    assert shares["Poisson"] > 0.4
    for test in ("month before", "year before", "late rate"):
        assert shares[test] <= 0.06, test


def test_a_change_of_20_percent_is_found_at_low_noise() -> None:
    calm = next(shop for shop in SHOPS if shop.name == "calm")
    assert found(calm, shops=100, months=13, change=0.2)["month before"] > 0.9


def test_the_weekly_pattern_is_not_noise() -> None:
    rng = np.random.default_rng(2)
    week = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.7, 0.7])
    plain = [(100 + rng.normal(size=31), (np.arange(31) + month) % 7) for month in range(12)]
    weekly = [(amounts * week[weekdays], weekdays) for amounts, weekdays in plain]
    calm, patterned = level_noise(plain), level_noise(weekly)
    assert calm and patterned and patterned.variance < 2 * calm.variance


def test_the_weekdays_of_a_month_have_a_factor() -> None:
    """July 2026 has 23 days from Monday to Friday and 8 on weekends; August has 21 and 10. Weekends sell 30% of other days."""
    noise = level_noise(
        [(np.where((np.arange(31) + month) % 7 > 4, 30.0, 100.0), (np.arange(31) + month) % 7) for month in range(7)]
    )
    assert noise is not None
    july, august = (noise.weekday_factor(date(2026, month, 1)) for month in (7, 8))
    assert august / july == pytest.approx((21 + 10 * 0.3) / (23 + 8 * 0.3))
    assert Noise(1.0, 5).weekday_factor(date(2026, 8, 1)) == 1.0


def test_a_closed_weekday_is_neither_noise_nor_change() -> None:
    """Closed on Sundays: July 2026 has four of 31 days, August five. The other days sell 100, give or take 1."""
    rng = np.random.default_rng(2)
    months = [(100 + rng.normal(size=31), (np.arange(31) + month) % 7) for month in range(12)]
    closed = [(np.where(weekdays == 6, 0.0, amounts), weekdays) for amounts, weekdays in months]
    everyday, noise = level_noise(months), level_noise(closed)
    assert everyday and noise and noise.week[6] == 0.0 and min(noise.week[:6]) > 1.0
    assert noise.variance < 2 * everyday.variance
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    assert (noise.open_share(july), noise.open_share(august)) == (27 / 31, 26 / 31)
    assert noise.weekday_factor(august) / noise.weekday_factor(july) == pytest.approx(26 / 27, rel=1e-3)


def test_a_weekday_that_sells_on_some_of_its_days_is_noise() -> None:
    """On three of ten Sundays the shop sells 200: the levels contain these sales, and so does the noise."""
    rng, weekdays = np.random.default_rng(3), np.arange(13 * MONTH) % 7
    alarms = 0
    for _ in range(200):
        everyday, sundays = 100 + rng.normal(0, 15, 13 * MONTH), 200.0 * (rng.random(13 * MONTH) < 0.3)
        alarms += sales_p(np.where(weekdays == 6, sundays, everyday), 1) < 0.05
    assert alarms <= 10


def test_a_shop_that_seldom_sells_has_no_weekly_pattern() -> None:
    seldom = [(np.where(np.arange(31) % 5 == month % 5, 100.0, 0.0), np.arange(31) % 7) for month in range(12)]
    noise = level_noise(seldom)
    assert noise is not None and noise.week == (1.0,) * 7 and noise.open_share(date(2026, 8, 1)) == 1.0


def test_a_month_with_more_weekends_is_not_a_change() -> None:
    """Of the last two months of these shops, one has 21 and one 23 days from Monday to Friday."""
    [working] = [shop for shop in SHOPS if shop.name == "working week"]
    assert found(working, shops=200, months=13, change=0.0)["month before"] <= 0.06
    assert found(working, shops=100, months=13, change=0.2)["month before"] > 0.9


def test_one_unusual_month_does_not_raise_the_noise() -> None:
    rng = np.random.default_rng(2)
    months = [(100 + rng.normal(size=31), np.arange(31) % 7) for _ in range(11)]
    black_friday = 100 + rng.normal(size=31)
    black_friday[-3:] = 900
    usual, odd = level_noise(months), level_noise([*months, (black_friday, np.arange(31) % 7)])
    assert usual and odd and odd.variance < 2 * usual.variance


def test_months_with_different_rates_are_clusters() -> None:
    trials = np.full(12, 100.0)
    alike, apart = np.full(12, 10.0), np.array([2.0, 18.0] * 6)
    assert rate_noise_between_months(Trials(alike, trials)) == Noise(1.0, 11)
    # Residuals are ±8 of √(100 · 0.1 · 0.9) = 3: 12 · 64/9 / 11.
    assert rate_noise_between_months(Trials(apart, trials)) == Noise(pytest.approx(12 * 64 / 9 / 11), 11)  # type: ignore[arg-type]


def test_a_shock_to_all_groups_is_not_noise_of_a_comparison() -> None:
    """A strike makes all sellers late; compared with the others in the same month, this seller is unchanged."""
    trials, strike = np.full(12, 100.0), np.array([5.0] * 11 + [80.0])
    alone = rate_noise_between_months(Trials(strike, trials))
    compared = rate_noise_between_months(Trials(strike, trials, expected=strike))
    assert alone and alone.variance > 10
    assert compared == Noise(1.0, 11)


def test_a_day_without_a_row_counts_as_zero() -> None:
    [(weekdays, [hits])] = by_month([date(2018, 2, 1), date(2018, 2, 28)], [3, 4])
    assert (len(hits), hits[0], hits[-1], hits.sum()) == (28, 3, 4, 7)
    assert weekdays[0] == date(2018, 2, 1).weekday()
    assert len(by_month([date(2017, 12, 31)], [1])[0][0]) == 31
