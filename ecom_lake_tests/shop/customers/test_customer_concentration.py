"""How concentrated sales are among customers, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, item, order


def shop_of_sales(*prices: str) -> HandShop:
    orders = [order(f"o{n}") for n in range(len(prices))]
    return HandShop(orders=orders, order_items=[item(row["order_id"], price) for row, price in zip(orders, prices, strict=True)])


def gini(shop: HandShop) -> float:
    value: float = shop.row("kpi_summary", metric="gini")["value"]
    return value


def test_twelve_customers_are_split_into_deciles() -> None:
    # Rank i is in decile 1 + 10 * i // 12: ranks 0 1 are in the first, 6 7 in the sixth, all others alone.
    shop = shop_of_sales(*(f"{price}.00" for price in range(1, 13)))
    columns = ("decile", "customers", "net_sales", "cumulative_share")
    assert shop.rows("customer_concentration", *columns)[:7] == [
        (1, 2, Decimal("23.00"), pytest.approx(23 / 78)),
        (2, 1, Decimal("10.00"), pytest.approx(33 / 78)),
        (3, 1, Decimal("9.00"), pytest.approx(42 / 78)),
        (4, 1, Decimal("8.00"), pytest.approx(50 / 78)),
        (5, 1, Decimal("7.00"), pytest.approx(57 / 78)),
        (6, 2, Decimal("11.00"), pytest.approx(68 / 78)),
        (7, 1, Decimal("4.00"), pytest.approx(72 / 78)),
    ]
    assert sum(part for (part,) in shop.rows("customer_concentration", "gini_part")) == pytest.approx(gini(shop))


def test_ties_across_two_deciles_do_not_change_the_sums() -> None:
    shop = shop_of_sales(*["5.00"] * 15)
    assert [(count, total) for _, count, total in shop.rows("customer_concentration", "decile", "customers", "net_sales")] == [
        (2, Decimal("10.00")),
        (1, Decimal("5.00")),
    ] * 5
    assert gini(shop) == pytest.approx(0)
    assert shop.broken() == set()


def test_gini_with_ties_has_the_hand_computed_value() -> None:
    # Ranks 1 2 3 4 of 0 10 10 20: 2 * (10 * 2 + 10 * 3 + 20 * 4) / (4 * 40) - 5 / 4
    assert gini(shop_of_sales("10.00", "0.00", "20.00", "10.00")) == pytest.approx(260 / 160 - 1.25)
