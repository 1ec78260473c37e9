"""Each sentence, worked out by hand, and its absence where the numbers do not support it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.engine.contracts.columns import Column, Integer, Money, Text
from ecom_lake.engine.contracts.table import Rule, Table
from ecom_lake.engine.serve.profile.queries import Source
from ecom_lake.engine.serve.profile.table_profile import TableProfile
from ecom_lake.publish.profile import shop_profile
from ecom_lake.publish.profile.findings import shop_findings, table_findings
from ecom_lake.publish.profile.shop_profile import ShopProfile

Rows = Sequence[Mapping[str, Any]]
PAID = Rule("paid_is_price", "paid = price", "What was paid is the price.")
TABLE = Table(
    "visits",
    "silver",
    "One row per visit.",
    {
        column.name: column
        for column in (
            Column(Text("").kind, "", key=True, personal=False, name="visit"),
            Column(Text("").kind, "", personal=False, name="page"),
            Column(Money("").kind, "", personal=False, name="price"),
            Column(Money("").kind, "", personal=False, name="paid"),
            Column(Integer("").kind, "", personal=False, name="seconds"),
        )
    },
    (PAID,),
    (),
    (),
    False,
)
NOTHING = {
    "rows": 100, "missing": 0, "distinct_values": 100, "smallest": None, "percentile_1": None, "lower_quartile": None,
    "median": None, "upper_quartile": None, "percentile_99": None, "largest": None, "mean": None, "outliers": None,
    "earliest": None, "latest": None,
}  # fmt: skip


def of_table(
    summary: Mapping[str, Mapping[str, Any]], frequent: Rows = (), correlations: Rows = (), rows: int = 100
) -> list[str]:
    """The findings of a table of `rows` whose queries have these answers; `summary` by column."""
    answers = {
        "summary": [{"column_name": name, **NOTHING, **summary.get(name, {})} for name in TABLE.columns],
        "frequent": frequent,
        "correlation": correlations,
    }
    kinds = {"smallest": "summary", "limit": "frequent", "corr(": "correlation"}
    return table_findings(
        TableProfile(Source(TABLE, rows), lambda sql: next(answers[kind] for word, kind in kinds.items() if word in sql))
    )


def numbers(median: float, mean: float, **others: Any) -> dict[str, Any]:
    known = {"smallest": 0, "percentile_1": 0, "lower_quartile": 1, "upper_quartile": 9, "percentile_99": 9, "largest": 500}
    return {**known, "median": median, "mean": mean, **others}


def test_missing_values_are_named_from_a_share_on() -> None:
    assert of_table({"page": {"missing": 5}, "price": {"missing": 100}}) == [
        "price has no value in any row.",
        "page has no value in 5.0% of the rows (5).",
    ]
    assert of_table({"page": {"missing": 4}}) == []
    assert of_table({"page": {"rows": 3, "missing": 1}}) == [], "a share of three rows is none"


def test_what_is_true_of_a_sample_is_not_stated_of_the_table() -> None:
    vary = {"price": numbers(5, 5), "seconds": numbers(5, 5), "page": {"missing": 100}}
    pair = {"one": "price", "other": "seconds", "correlation": 0.5, "rows": 100}
    assert of_table(vary, (), [pair], rows=2_000_000) == [
        "In a sample of 100 rows, page has no value in any row.",
        "price and seconds rise together (rank correlation 0.50 in a sample of about 20,000 rows).",
    ]


def test_a_column_that_does_not_vary_is_named() -> None:
    home = [{"column_name": "page", "value": "home\u202e", "rows": 100}]
    assert of_table({"page": {"distinct_values": 1}}, home) == ["page is home\\u202e in all rows."]
    some = [{"column_name": "page", "value": "home", "rows": 90}]
    assert of_table({"page": {"missing": 1, "distinct_values": 3}}, some) == ["page is home in 90.9% of the rows with a value."]
    assert of_table({"page": {"distinct_values": 3}}, [{**some[0], "rows": 89}]) == []
    assert of_table({"seconds": {"distinct_values": 1, **numbers(3, 3)}}) == ["seconds is 3 in all rows."]


def test_skewed_columns_and_outliers_are_named() -> None:
    assert of_table({"price": numbers(10, 15, outliers=4)}) == ["price is skewed to the right: median 10.00, mean 15.00."]
    assert of_table({"price": numbers(10, 15, outliers=5)}) == [
        "price is skewed to the right: median 10.00, mean 15.00; 5.0% of the values are outliers."
    ]
    assert of_table({"seconds": numbers(10, 11, outliers=7)}) == [
        "seconds: 7.0% of the values are outliers (median 10, mean 11, the largest is 500)."
    ]
    assert of_table({"price": numbers(10, 14.9, outliers=4)}) == []
    assert of_table({"price": {"rows": 29, **numbers(10, 15, outliers=29)}}) == []


def test_columns_that_move_together_are_named_unless_a_rule_ties_them() -> None:
    vary = {name: numbers(5, 5) for name in ("price", "paid", "seconds")}
    pairs = [
        {"one": "price", "other": "paid", "correlation": 1.0, "rows": 100},
        {"one": "price", "other": "seconds", "correlation": -0.5, "rows": 100},
        {"one": "paid", "other": "seconds", "correlation": 0.49, "rows": 100},
    ]
    assert of_table(vary, (), pairs) == ["price and seconds move in opposite directions (rank correlation −0.50)."]
    assert of_table(vary, (), [{**pairs[1], "rows": 29}]) == []


def months(*orders: int, complete: bool = True) -> Rows:
    return [
        {"month": date(2017 + i // 12, i % 12 + 1, 1), "is_complete": complete, "orders": n, "net_sales": Decimal(10 * n)}
        for i, n in enumerate(orders)
    ]


def of_shop(**answers: Rows) -> list[str]:
    queries = {getattr(shop_profile, name.upper()): rows for name, rows in answers.items()}
    tables = ("kpi_monthly", "fct_orders", "product_performance", "dim_product")
    return shop_findings(ShopProfile(lambda sql: queries.get(sql, ()), tables, None), "€")


def test_the_best_month_and_the_growth_are_of_complete_months() -> None:
    assert of_shop(months=months(100, 100, 100, 100, 100, 125)) == [
        "June 2017 has the most orders: 125, 25.0% above the median month.",
        "Net sales of the last 3 complete months, €\u00a03,250, are 8.3% above those of the 3 months before.",
    ]
    assert of_shop(months=months(100, 100, 100, 100, 100, 124)) == [
        "Net sales of the last 3 complete months, €\u00a03,240, are 8.0% above those of the 3 months before."
    ]
    assert of_shop(months=months(1, 2, 3, 4, 5, 99, complete=False)) == []
    assert of_shop(months=months(*[100] * 6)) == []


@pytest.mark.parametrize(("sunday", "is_found"), [(1_300, True), (1_100, False)])
def test_weekdays_are_compared_only_where_they_differ_by_more_than_chance(sunday: int, is_found: bool) -> None:
    rows = [{"weekday": day, "orders": sunday if day == 7 else 1_000} for day in range(1, 8)]
    expected = ["Most orders are placed on Sunday (17.8%), the fewest on Monday (13.7%)."]
    assert of_shop(weekdays=rows) == (expected if is_found else [])


def test_how_often_customers_order() -> None:
    rows = [{"orders": 1, "customers": 90}, {"orders": 2, "customers": 9}, {"orders": 7, "customers": 1}]
    once = "90 of 100 customers (90.0%) ordered once. The most orders of a customer are 7."
    gap = [{"purchases": 30, "median_days": 61.0}]
    assert of_shop(frequency=rows, gaps=gap) == [once, "Half of the repeat purchases follow within 61 days of the one before."]
    assert of_shop(frequency=rows[1:], gaps=[{"purchases": 29, "median_days": 61.0}]) == []


def test_where_the_sales_come_from() -> None:
    found = [{"sold": 40, "most_sales": 10, "first_ten": 0.81}]
    assert of_shop(concentration=found) == [
        "80% of net sales come from 10 of the 40 products sold (25.0%); the first ten bring 81.0%."
    ]
    assert of_shop(concentration=[{"sold": 29, "most_sales": 1, "first_ten": 1.0}]) == []
