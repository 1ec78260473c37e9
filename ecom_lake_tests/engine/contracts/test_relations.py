"""Rules that relate columns of a silver table: in both engines, at the bounds of their types, and end to end."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.build.build import build
from ecom_lake.engine.contracts.columns import INTEGER, MONEY, MOST_AT_ONCE, PRICE
from ecom_lake.engine.contracts.relations import month_of, ratio
from ecom_lake.engine.contracts.table import Rule, Table
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import STATUSES, Orders
from ecom_lake.shop.connectors.canonical import rows
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

CENT = Decimal("0.01")
GROSS = "gross_is_price_times_quantity"

prices = st.decimals(0, MOST_AT_ONCE, places=4)
halves = st.integers(0, 10**9).map(lambda n: Decimal(n) / 100 + Decimal("0.0050"))
"""Prices halfway between two cents."""
quantities = st.one_of(st.integers(1, 20), st.integers(1, MOST_AT_ONCE))


def _rule(table: Table, name: str) -> Rule:
    return next(rule for rule in table.rules if rule.name == name)


DUCKDB = duckdb.connect()
"""One database for all examples, because opening a database takes longer than the query."""


def _passes(rule: Rule, given: pl.DataFrame) -> list[bool | None]:
    """The result of the rule for each row; asserts that both engines agree."""
    by_polars = given.select(pl.sql_expr(rule.holds).alias("passes"))["passes"].to_list()
    with DUCKDB.cursor() as con:
        con.register("given", given.to_arrow())
        by_duckdb = [passes for (passes,) in con.execute(f"select {rule.holds} from given").fetchall()]
    assert by_polars == by_duckdb
    return by_polars


def _lines(*lines: tuple[Decimal, int, Decimal]) -> pl.DataFrame:
    schema = {"unit_price": PRICE.polars, "quantity": INTEGER.polars, "gross_sales": MONEY.polars}
    return pl.DataFrame(lines, schema=schema, orient="row")


@given(st.lists(st.tuples(st.one_of(prices, halves), quantities), min_size=1, max_size=20))
def test_gross_sales_pass_when_rounded_half_away_and_fail_one_cent_off(sold: list[tuple[Decimal, int]]) -> None:
    """For every price and quantity that silver accepts, even if their product exceeds the maximum of gross_sales."""
    exact = [(price, quantity, (price * quantity).quantize(CENT, ROUND_HALF_UP)) for price, quantity in sold]
    fits = [line for line in exact if line[2] < Decimal(10) ** 16 - 1] or [(Decimal(1), 1, Decimal("1.00"))]
    gross = _rule(OrderItems.table, GROSS)
    assert set(_passes(gross, _lines(*fits))) == {True}
    for cent in (CENT, -CENT):
        assert set(_passes(gross, _lines(*((price, quantity, right + cent) for price, quantity, right in fits)))) == {False}


@pytest.mark.parametrize("quantity", [2**63 - 1, -(2**63)])
@pytest.mark.parametrize("amount", [Decimal("99999999999999.9999"), Decimal("-99999999999999.9999")])
def test_values_beyond_the_bounds_fail_the_rule_and_do_not_overflow(amount: Decimal, quantity: int) -> None:
    """A row that fails the rule of its quantity is checked by the other rules too."""
    assert _passes(_rule(OrderItems.table, GROSS), _lines((amount, quantity, Decimal("9999999999999999.99")))) == [False]


ORDERED = datetime(2017, 10, 31, 23, 59, 59)


@pytest.mark.parametrize(
    ("rule", "change", "passes"),
    [
        ("canceled_is_no_sale", {"status": "canceled", "is_valid": True}, False),
        ("canceled_is_no_sale", {"status": "unavailable", "is_valid": True}, False),
        ("canceled_is_no_sale", {"status": "canceled", "is_valid": False}, True),
        ("canceled_is_no_sale", {"status": "delivered", "is_valid": False}, True),
        ("month_is_of_ordered_at", {}, True),
        ("month_is_of_ordered_at", {"month": date(2017, 11, 1)}, False),
        ("month_is_of_ordered_at", {"month": date(2016, 10, 1)}, False),
        ("month_is_of_ordered_at", {"ordered_at": None}, None),
        ("timeline_sound_if_in_order", {}, True),
        ("timeline_sound_if_in_order", {"is_timeline_sound": False}, False),
        ("timeline_sound_if_in_order", {"approved_at": ORDERED}, True),
        ("timeline_sound_if_in_order", {"promised_at": datetime(2016, 1, 1)}, True),
        *(
            ("timeline_sound_if_in_order", {earlier: datetime(2018, 1, 2), later: datetime(2018, 1, 1)}, False)
            for n, later in enumerate(("approved_at", "shipped_at", "delivered_at"), start=1)
            for earlier in ("ordered_at", "approved_at", "shipped_at")[:n]
        ),
        (
            "timeline_sound_if_in_order",
            {"approved_at": datetime(2018, 1, 2), "delivered_at": datetime(2018, 1, 1), "is_timeline_sound": False},
            True,
        ),
    ],
)
def test_the_columns_of_an_order_are_consistent(rule: str, change: dict[str, Any], passes: bool | None) -> None:
    sound: dict[str, Any] = dict.fromkeys(Orders.table.columns)
    sound |= {"ordered_at": ORDERED, "month": date(2017, 10, 1), "is_timeline_sound": True, "is_valid": True}
    row = pl.DataFrame([{**sound, "status": STATUSES[0], **change}], schema=Orders.table.schema)
    assert _passes(_rule(Orders.table, rule), row) == [passes]


def test_a_ratio_is_exact_and_null_if_it_cannot_be_divided() -> None:
    divided = pl.DataFrame(
        [
            (2 / 3, "2.00", 3, True),
            (2 / 3 + 1e-9, "2.00", 3, False),
            (9_999_999_999_999.99 / 7, "9999999999999.99", 7, True),
            (9_999_999_999_999.99 / 7 + 10, "9999999999999.99", 7, False),
            (-1.5, "-3.00", 2, True),
            (1.5, "-3.00", 2, False),
            (None, "1.00", 0, None),
            (None, None, 4, None),
            (None, "1.00", None, None),
            (None, "1.00", 4, False),
            (0.0, "1.00", 0, False),
            (0.0, "0.00", 0, False),
            (0.0, "0.00", 4, True),
        ],
        schema={"aov": pl.Float64, "net_sales": pl.String, "orders": pl.Int64, "passes": pl.Boolean},
        orient="row",
    ).with_columns(pl.col("net_sales").cast(MONEY.polars))
    assert _passes(ratio("aov_of_net_sales", "aov", "net_sales", "orders"), divided) == divided["passes"].to_list()


def test_month_of_accepts_dates_too() -> None:
    days = pl.DataFrame(
        {
            "month": [date(2017, 10, 1), date(2017, 10, 1), date(2017, 10, 1), None, None],
            "day": [date(2017, 10, 31), date(2017, 9, 30), None, date(2017, 10, 31), None],
        }
    )
    assert _passes(month_of("month_of_day", "month", "day"), days) == [True, False, False, False, None]


def _without_the_quantity(unit_price: pl.Series, quantity: pl.Series) -> pl.Series:
    """Gross sales as a faulty connector computes them: without the quantity."""
    return unit_price.cast(MONEY.polars)


@pytest.mark.lake
def test_lines_whose_gross_sales_ignore_the_quantity_are_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """End to end, about a second: the shop is built and released without these lines."""
    shop = CanonicalShop(tmp_path)
    shop.say()
    orders = "".join(f"{n},ana,2024-01-0{n} 10:00:00,delivered\n" for n in range(1, 6))
    lines = "".join(f"{n},1,ball,5.00,{2 if n == 1 else 1}\n" for n in range(1, 6))
    shop.land("orders.csv", "order_id,customer_id,ordered_at,status\n" + orders)
    shop.land("order_items.csv", "order_id,line,product_id,unit_price,quantity\n" + lines)
    monkeypatch.setattr(rows, "gross_sales", _without_the_quantity)
    build(shop.site)
    assert shop.ask("select sum(net_sales) from fct_orders") == [(Decimal("20.00"),)]
    assert shop.ask(
        "select sum(failed_rows)::int from quality_scorecard where rule = 'gross_is_price_times_quantity' and layer = 'silver'"
    ) == [(1,)]
