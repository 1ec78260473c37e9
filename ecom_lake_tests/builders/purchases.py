"""Hand-written shops for tests about purchases: orders by customer, day of 2018, amount or product."""

from __future__ import annotations

from datetime import date
from typing import Any

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, product


def bought(person: str, *days: str) -> list[Row]:
    """A customer's orders on days of 2018, such as `03-31`."""
    return [order(f"{person}{i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]


def shop_of(*orders: list[Row], as_of: date | None = None, price: str = "10.00", **numbers: Any) -> HandShop:
    """A shop of these orders, each with one line at this price."""
    placed = [row for some in orders for row in some]
    lines = [item(row["order_id"], price) for row in placed]
    return HandShop(ShopSettings(as_of=as_of, **numbers), orders=placed, order_items=lines, products=[product(unit_cost="4.00")])


def three_months() -> HandShop:
    """Three complete months; ana, bob and eve start in January, fay in February, gus on the last day of March."""
    return shop_of(
        bought("ana", "01-01", "01-21", "03-02"),  # gaps of 20 and 40 days
        bought("bob", "01-10", "01-10", "02-09"),  # a split order, then 30 days
        bought("eve", "01-31"),
        bought("fay", "02-01", "03-03"),  # 30 days
        bought("gus", "03-31"),
        [order("x", "2018-02-15 10:00:00", customer_id="eve", status="canceled")],
    )


END_OF_2018 = ShopSettings(as_of=date(2018, 12, 31))


def spent(person: str, *days: str, net_sales: str = "10.00") -> tuple[list[Row], list[Row]]:
    """A customer's orders on days of 2018; only the last one has an order line."""
    orders = [order(f"{person} {i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]
    return orders, [item(orders[-1]["order_id"], net_sales)]


def shop_of_spenders(*people: tuple[list[Row], list[Row]], numbers: ShopSettings = END_OF_2018, **silver: list[Row]) -> HandShop:
    orders = [row for placed, _ in people for row in placed]
    lines = [row for _, sold in people for row in sold]
    return HandShop(numbers=numbers, orders=orders, order_items=lines, **silver)


def selling(*prices: str, numbers: ShopSettings | None = None) -> HandShop:
    """One product for each price, named a, b, c …, each sold once."""
    names = "abcdefgh"[: len(prices)]
    return HandShop(
        numbers=numbers,
        products=[product(name) for name in names],
        orders=[order(name) for name in names],
        order_items=[item(name, price, product_id=name) for name, price in zip(names, prices, strict=True)],
    )
