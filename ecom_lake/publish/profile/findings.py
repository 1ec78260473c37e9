"""Findings in words: what stands out in a profile. Each sentence is there only where the numbers in it support it.

Here: the conditions and the sentences. Not here: what to do about it, which is the subject of `insights`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.profile.table_profile import ColumnSummary, Correlation, TableProfile
from ecom_lake.publish.column_words import in_words
from ecom_lake.publish.pages.rendering import amount, percent, printable
from ecom_lake.publish.profile.numbers_in_words import correlation, shown
from ecom_lake.publish.profile.shop_profile import ShopProfile
from ecom_lake.statistics.intervals import wilson_interval

MANY_MISSING = 0.05
"""Share of missing values from which on a column is named."""
NEARLY_ALL = 0.9
"""Share of one value from which on it is named."""
MANY_OUTLIERS = 0.05
SKEWED = 1.5
"""Mean over median from which on a column is called skewed."""
STRONG = 0.5
"""Rank correlation between columns of a table from which on it is named."""
MOST_PAIRS = 5
NOTABLE = 0.3
"""The same between measures of orders."""
FAR_ABOVE = 1.25
"""A month's orders over those of the median month, from which on it is named."""
LEAST_ROWS = 30
"""Rows below which nothing is said about a distribution."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Row = Mapping[str, Any]


def table_findings(profile: TableProfile) -> list[str]:
    """Of one table: what is missing, what does not vary, what is skewed, what moves together."""
    of_columns = [*_missing(profile), *_uniform(profile), *_skewed(profile)]
    if profile.source.is_sampled:
        of_columns = [f"In a sample of {profile.profiled:,} rows, {sentence}" for sentence in of_columns]
    return [*of_columns, *_together(profile)]


def _missing(profile: TableProfile) -> Iterator[str]:
    for one in sorted(profile.columns, key=lambda one: -one.missing):
        if one.rows and one.missing == one.rows and not one.column.first_of_month:
            yield f"{one.column.name} has no value in any row."
        elif MANY_MISSING <= one.missing_share < 1 and one.rows >= LEAST_ROWS:
            yield f"{one.column.name} has no value in {percent(one.missing_share)} of the rows ({one.missing:,})."


def _uniform(profile: TableProfile) -> Iterator[str]:
    for one in profile.columns:
        first = next(iter(profile.frequent.get(one.column.name, ())), None)
        where = " with a value" if one.missing else ""
        if one.filled < LEAST_ROWS:
            continue
        if one.numbers and one.distinct == 1:
            yield f"{one.column.name} is {shown(one.numbers.median, one.column)} in all rows{where}."
        elif first and one.distinct == 1:
            yield f"{one.column.name} is {printable(first.value)} in all rows{where}."
        elif first and first.rows / one.filled >= NEARLY_ALL:
            yield f"{one.column.name} is {printable(first.value)} in {percent(first.rows / one.filled)} of the rows{where}."


def _skewed(profile: TableProfile) -> Iterator[str]:
    for one in profile.columns:
        if one.filled >= LEAST_ROWS and (sentence := _skew(one)):
            yield sentence


def _skew(one: ColumnSummary) -> str:
    numbers, outliers = one.numbers, one.numbers.outliers if one.numbers else None
    if numbers is None:
        return ""
    is_skewed = numbers.median > 0 and numbers.mean / numbers.median >= SKEWED
    has_outliers = outliers is not None and outliers / one.filled >= MANY_OUTLIERS
    middle = f"median {shown(numbers.median, one.column)}, mean {shown(numbers.mean, one.column)}"
    many = f"{percent((outliers or 0) / one.filled)} of the values are outliers"
    if is_skewed:
        return f"{one.column.name} is skewed to the right: {middle}{f'; {many}' if has_outliers else ''}."
    largest = f"the largest is {shown(numbers.largest, one.column)}"
    return f"{one.column.name}: {many} ({middle}, {largest})." if has_outliers else ""


def _together(profile: TableProfile) -> Iterator[str]:
    known = [one for one in profile.correlations if one.rows >= LEAST_ROWS and not _are_tied(profile.table, one)]
    for one in sorted(known, key=lambda one: -abs(one.value))[:MOST_PAIRS]:
        if abs(one.value) >= STRONG:
            how = "rise together" if one.value > 0 else "move in opposite directions"
            yield f"{one.one} and {one.other} {how} ({_rank_correlation(profile, one)})."


def _rank_correlation(profile: TableProfile, pair: Correlation) -> str:
    sample = f" in a sample of about {profile.ranked:,} rows" if profile.ranked < profile.source.rows else ""
    return f"rank correlation {correlation(pair.value)}{sample}"


def _are_tied(table: Table, pair: Correlation) -> bool:
    """Whether a rule of the contract relates the two columns: what is known by definition is no finding."""
    return any(all(re.search(rf"\b{name}\b", rule.holds) for name in (pair.one, pair.other)) for rule in table.rules)


def shop_findings(shop: ShopProfile, currency: str | None) -> list[str]:
    return [
        *_of_months(shop.months, currency),
        *_of_days(shop),
        *_of_frequency(shop),
        *_of_products(shop),
        *_of_orders(shop.orders),
    ]


def _of_months(months: Sequence[Row], currency: str | None) -> Iterator[str]:
    complete = [row for row in months if row["is_complete"]]
    if len(complete) >= 6:
        best, usual = max(complete, key=lambda row: row["orders"]), median(row["orders"] for row in complete)
        if usual and best["orders"] >= FAR_ABOVE * usual:
            more = percent(best["orders"] / usual - 1)
            yield f"{best['month']:%B %Y} has the most orders: {best['orders']:,}, {more} above the median month."
    for length in (12, 6, 3):
        if len(complete) >= 2 * length:
            now, before = (
                sum(row["net_sales"] for row in part) for part in (complete[-length:], complete[-2 * length : -length])
            )
            if before > 0 and now != before:
                way = "above" if now > before else "below"
                change = percent(abs(float(now) / float(before) - 1))
                yield (
                    f"Net sales of the last {length} complete months, {amount(now, currency=currency)}, are {change} {way}"
                    f" those of the {length} months before."
                )
            return


def _of_days(shop: ShopProfile) -> Iterator[str]:
    if len(shop.weekdays) == len(WEEKDAYS):
        most, least, total = _extremes(shop.weekdays)
        if _differ(most["orders"], least["orders"], total):
            yield (
                f"Most orders are placed on {WEEKDAYS[most['weekday'] - 1]} ({percent(most['orders'] / total)}), the fewest on"
                f" {WEEKDAYS[least['weekday'] - 1]} ({percent(least['orders'] / total)})."
            )
    if shop.hours:
        most, least, total = _extremes(shop.hours)
        if _differ(most["orders"], least["orders"], total):
            yield f"The busiest hour starts at {most['hour']}:00: {percent(most['orders'] / total)} of all orders."


def _extremes(rows: Sequence[Row]) -> tuple[Row, Row, int]:
    most, least = (choose(rows, key=lambda row: row["orders"]) for choose in (max, min))
    return most, least, sum(row["orders"] for row in rows)


def _differ(most: int, least: int, total: int) -> bool:
    """Whether two shares of the same total differ by more than chance: their 95% intervals do not overlap."""
    return wilson_interval(most / total, total)[0] > wilson_interval(least / total, total)[1]


def _of_frequency(shop: ShopProfile) -> Iterator[str]:
    customers = sum(row["customers"] for row in shop.frequency)
    if customers >= LEAST_ROWS:
        once = sum(row["customers"] for row in shop.frequency if row["orders"] == 1)
        most = max(row["orders"] for row in shop.frequency)
        more = f" The most orders of a customer are {most:,}." if most > 1 else ""
        yield f"{once:,} of {customers:,} customers ({percent(once / customers)}) ordered once.{more}"
    if shop.gaps and shop.gaps["purchases"] >= LEAST_ROWS:
        yield f"Half of the repeat purchases follow within {shop.gaps['median_days']:,.0f} days of the one before."


def _of_products(shop: ShopProfile) -> Iterator[str]:
    found = shop.concentration
    if found and found["sold"] >= LEAST_ROWS and found["first_ten"] is not None:
        share = percent(found["most_sales"] / found["sold"])
        yield (
            f"80% of net sales come from {found['most_sales']:,} of the {found['sold']:,} products sold ({share}); the first ten"
            f" bring {percent(float(found['first_ten']))}."
        )


def _of_orders(orders: TableProfile | None) -> Iterator[str]:
    if orders is None:
        return
    known = [one for one in orders.correlations if one.rows >= LEAST_ROWS]
    for one in sorted(known, key=lambda one: -abs(one.value))[:3]:
        if abs(one.value) >= NOTABLE:
            first, second = map(in_words, (one.one, one.other))
            way = "higher" if one.value > 0 else "lower"
            yield f"Orders with higher {first} tend to have {way} {second} ({_rank_correlation(orders, one)})."
