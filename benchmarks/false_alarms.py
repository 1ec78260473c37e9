"""How often do the insights' tests find a change in shops where nothing changes, and how often one that is there?

    python benchmarks/false_alarms.py [--olist FOLDER] [--shops 2000]

The shops are simulated: orders whose level drifts from day to day (a lognormal AR(1)), with a pattern of the week and orders of
very different value. Drift and spread are chosen so that dispersion and autocorrelation, once month and weekday are removed, are
those of the real Olist in its ordinary months; with --olist they are measured again on its CSV files, next to the shops' own.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecom_lake.shop.insights.evidence import Trials, both_tails, level_noise, levels_differ, rate_noise, rates_differ

Floats = NDArray[np.float64]
WEEK = (1.14, 1.13, 1.09, 1.03, 0.99, 0.77, 0.85)
WORKING_WEEK = (1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.3)
MONTH = 31
LEVEL = 0.05


@dataclass(frozen=True)
class Shop:
    """A shop of months of 31 days, the last of which may be better or worse."""

    name: str
    persistence: float
    drift: float
    day_noise: float = 0.05
    value_spread: float = 1.5
    value_drift: float = 0.1
    orders_per_day: float = 165.0
    week: tuple[float, ...] = WEEK

    def orders_and_sales(self, rng: np.random.Generator, shops: int, months: int, change: float) -> tuple[Floats, Floats]:
        days = months * MONTH
        intensity = self.orders_per_day * self._week(days) * np.exp(self.drift * _ar1(rng, shops, days, self.persistence))
        intensity *= np.exp(self.day_noise * rng.normal(size=intensity.shape))
        intensity[:, -MONTH:] *= 1 + change
        orders = rng.poisson(intensity).astype(float)
        shape = 1 / self.value_spread**2
        sales = rng.gamma(np.maximum(orders * shape, 1e-9)) * 137 / shape
        return orders, sales * np.exp(self.value_drift * rng.normal(size=sales.shape))

    def _week(self, days: int) -> Floats:
        return np.resize(np.array(self.week), days)

    def late(self, rng: np.random.Generator, shops: int, months: int, change: float) -> tuple[Floats, Floats]:
        days = months * MONTH
        trials = rng.poisson(self.orders_per_day * self._week(days), (shops, days)).astype(float)
        rate = np.minimum(0.06 * np.exp(2 * self.drift * _ar1(rng, shops, days, self.persistence)), 0.9)
        rate[:, -MONTH:] *= 1 + change
        return rng.binomial(trials.astype(np.int64), np.minimum(rate, 1.0)).astype(float), trials


OLIST_LIKE = Shop("like Olist", persistence=0.9, drift=0.2)
SHOPS = (
    OLIST_LIKE,
    Shop("less persistent", persistence=0.6, drift=0.17),
    Shop("independent days", persistence=0.0, drift=0.18),
    Shop("calm", persistence=0.6, drift=0.05, day_noise=0.0, value_spread=0.7, value_drift=0.0),
    Shop("working week", persistence=0.0, drift=0.0, day_noise=0.0, value_spread=0.5, value_drift=0.06, week=WORKING_WEEK),
)


def _ar1(rng: np.random.Generator, shops: int, days: int, persistence: float) -> Floats:
    noise = rng.normal(size=(shops, days))
    for day in range(1, days):
        noise[:, day] = persistence * noise[:, day - 1] + math.sqrt(1 - persistence**2) * noise[:, day]
    return noise


def _log_ratio(sales: Floats) -> float:
    return math.log(sales[-MONTH:].sum() / sales[-2 * MONTH : -MONTH].sum())


def poisson_p(orders: Floats) -> float:
    """The test for Poisson counts, which the days of a shop do not follow."""
    now, before = orders[-MONTH:].sum(), orders[-2 * MONTH : -MONTH].sum()
    return both_tails((now - before) / math.sqrt(now + before))


def sales_p(sales: Floats, back: int) -> float:
    """The test of net sales against the month `back` months earlier."""
    week = np.arange(len(sales)) % 7
    noise = level_noise(list(zip(sales.reshape(-1, MONTH), week.reshape(-1, MONTH), strict=True)))
    assert noise is not None
    factors = np.array(noise.week)[week].reshape(-1, MONTH).mean(axis=1)
    by_month = sales.reshape(-1, MONTH).mean(axis=1) / factors
    p = levels_differ(float(by_month[-1]), MONTH, float(by_month[-1 - back]), MONTH, noise)
    return 1.0 if p is None else p


def late_p(hits: Floats, trials: Floats) -> float:
    """The test of the last month's rate against the three months before together."""
    noise = rate_noise([Trials(*month) for month in zip(hits.reshape(-1, MONTH), trials.reshape(-1, MONTH), strict=True)])
    now, before = slice(-MONTH, None), slice(-4 * MONTH, -MONTH)
    if noise is None:
        return 1.0
    p = rates_differ(hits[now].sum(), trials[now].sum(), hits[before].sum(), trials[before].sum(), noise)
    return 1.0 if p is None else p


def found(shop: Shop, shops: int, months: int, change: float, seed: int = 1) -> dict[str, float]:
    """Share of the shops in which each test finds a change; "known noise" is what no test of the month before can exceed."""
    rng = np.random.default_rng(seed)
    orders, sales = shop.orders_and_sales(rng, shops, months, change)
    hits, trials = shop.late(rng, shops, months, change)
    unchanged = shop.orders_and_sales(np.random.default_rng(seed + 1), shops, 2, 0.0)[1]
    spread = float(np.std([_log_ratio(one) for one in unchanged]))
    tests = {
        "Poisson": [poisson_p(one) for one in orders],
        "known noise": [both_tails(_log_ratio(one) / spread) for one in sales],
        "month before": [sales_p(one, 1) for one in sales],
        "year before": [sales_p(one, 12) for one in sales] if months > 12 else [],
        "late rate": [late_p(*one) for one in zip(hits, trials, strict=True)],
    }
    return {name: float(np.mean(np.array(p) < LEVEL)) for name, p in tests.items() if p}


def pattern(days: Floats, weekday: NDArray[np.int64], month: NDArray[np.int64]) -> tuple[float, list[float]]:
    """Dispersion of daily counts, and autocorrelation of one to seven days, with month and weekday removed."""
    week, level = np.ones(7), np.ones(len(days))
    for _ in range(50):
        for each in np.unique(month):
            level[month == each] = days[month == each].sum() / week[weekday[month == each]].sum()
        week *= np.array([days[weekday == d].sum() / (level * week[weekday])[weekday == d].sum() for d in range(7)])
        week /= week.mean()
    expected = level * week[weekday]
    left = days / expected - 1
    dispersion = ((days - expected) ** 2 / expected).sum() / (len(days) - len(np.unique(month)) - 6)
    same = [month[lag:] == month[:-lag] for lag in range(1, 8)]
    return float(dispersion), [
        round(float((left[lag:] * left[:-lag])[same[lag - 1]].mean() / (left**2).mean()), 2) for lag in range(1, 8)
    ]


def olist(folder: Path) -> Iterator[tuple[str, float, list[float]]]:
    """Orders and net sales of ordinary months: not the first, Black Friday's, Christmas's and the last, which ends early."""
    orders = pl.read_csv(folder / "olist_orders_dataset.csv", infer_schema=False).filter(
        ~pl.col("order_status").is_in(["canceled", "unavailable"])
    )
    lines = pl.read_csv(folder / "olist_order_items_dataset.csv", infer_schema=False)
    value = lines.group_by("order_id").agg(pl.col("price").cast(pl.Float64).sum())
    days = (
        orders.join(value, on="order_id", how="left")
        .with_columns(day=pl.col("order_purchase_timestamp").str.slice(0, 10).str.to_date())
        .filter(pl.col("day").is_between(date(2017, 2, 1), date(2018, 7, 31)))
        .filter(~pl.col("day").is_between(date(2017, 11, 1), date(2017, 12, 31)))
        .group_by("day")
        .agg(orders=pl.len(), sales=pl.col("price").sum())
        .sort("day")
    )
    weekday = days["day"].dt.weekday().to_numpy().astype(np.int64) - 1
    month = (days["day"].dt.year() * 12 + days["day"].dt.month()).to_numpy().astype(np.int64)
    for name in ("orders", "sales"):
        yield name, *pattern(days[name].cast(pl.Float64).to_numpy(), weekday, month)


def _calibration(folder: Path | None) -> None:
    print("| days of | dispersion of orders | autocorrelation of orders, 1 to 7 days | of net sales |")
    print("|---|---|---|---|")
    if folder:
        (_, dispersion, orders), (_, _, sales) = olist(folder)
        print(f"| Olist | {dispersion:.1f} | {orders} | {sales} |")
    for shop in SHOPS:
        months, rng = 17, np.random.default_rng(1)
        day = np.arange(months * MONTH)
        seen = [pattern(one, day % 7, day // MONTH) for one in shop.orders_and_sales(rng, 30, months, 0.0)[0]]
        sold = [pattern(one, day % 7, day // MONTH) for one in shop.orders_and_sales(rng, 30, months, 0.0)[1]]
        orders, sales = (np.mean([lags for _, lags in some], axis=0).round(2).tolist() for some in (seen, sold))
        print(f"| {shop.name} | {np.mean([d for d, _ in seen]):.1f} | {orders} | {sales} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--olist", type=Path, help="a folder with Olist's CSV files, to measure its days again")
    parser.add_argument("--shops", type=int, default=2000)
    options = parser.parse_args()
    _calibration(options.olist)
    tests = ("Poisson", "known noise", "month before", "year before", "late rate")
    print(f"\n| shop | months | change | {' | '.join(tests)} |")
    print(f"|---|---|---|{'---|' * len(tests)}")
    for shop in SHOPS:
        for months in (4, 13):
            for change in (0.0, 0.2, 0.5):
                shares = found(shop, options.shops, months, change)
                cells = " | ".join(f"{shares[name]:.1%}" if name in shares else "" for name in tests)
                print(f"| {shop.name} | {months} | {change:+.0%} | {cells} |")


if __name__ == "__main__":
    main()
