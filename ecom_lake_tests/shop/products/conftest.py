"""A hand-written shop that several tests of products use."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, product


@pytest.fixture(scope="module")
def journeys() -> HandShop:
    """Ana: toys and books on one day in two orders, garden 10 days later, toys 4 days later; bob: toys, 20 days, garden."""

    def bought(order_id: str, person: str, day: str, *things: str, **more: str) -> tuple[Row, list[Row]]:
        lines = [item(order_id, "10.00", line, product_id=held) for line, held in enumerate(things, 1)]
        return order(order_id, f"{day} 10:00:00", customer_id=person, **more), lines

    rows = [
        bought("1", "ana", "2018-01-01", "t"),
        bought("2", "ana", "2018-01-01", "b", "t"),
        bought("3", "ana", "2018-01-11", "g", "g"),
        bought("4", "ana", "2018-01-12", "b", status="canceled"),
        bought("5", "ana", "2018-01-15", "t"),
        bought("6", "bob", "2018-02-01", "t"),
        bought("7", "bob", "2018-02-21", "g"),
        bought("8", "eve", "2018-02-01", "t"),
        bought("9", "fay", "2018-02-01", "t"),
        bought("10", "fay", "2018-02-03"),
        bought("11", "fay", "2018-02-04", "g"),
    ]
    return HandShop(
        products=[product("t", "toys"), product("b", "books"), product("g", "garden")],
        orders=[placed for placed, _ in rows],
        order_items=[line for _, lines in rows for line in lines],
        numbers=ShopSettings(as_of=date(2019, 6, 30)),
    )
