"""Why sales changed between two months, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, monthly, order

JAN, FEB = date(2018, 1, 1), date(2018, 2, 1)


def effects(shop: HandShop, start: date, end: date) -> dict[str, str]:
    rows = shop.table("kpi_bridge").filter(from_month=start, to_month=end).sort("driver_order")
    return {driver: str(effect) for driver, effect in rows.select("driver", "effect").rows()}


def test_the_bridge_has_the_hand_computed_effects() -> None:
    def bought(order_id: str, person: str, day: str, *sold: tuple[str, str, int, str]) -> tuple[Row, list[Row]]:
        lines = [
            item(order_id, price, n, quantity=units, product_id=name, discount=off)
            for n, (name, price, units, off) in enumerate(sold, 1)
        ]
        return order(order_id, f"2018-{day} 10:00:00", customer_id=person), lines

    made = [
        bought("1", "ana", "01-01", ("ball", "10.00", 2, "0")),
        bought("2", "bob", "01-30", ("doll", "30.00", 1, "2.00")),
        bought("7", "bob", "01-31", ("doll", "30.00", 1, "0")),
        bought("3", "ana", "02-01", ("ball", "12.00", 3, "1.00")),
        bought("4", "ana", "02-10", ("book", "5.00", 2, "0")),
        bought("5", "eve", "02-11", ("ball", "11.00", 1, "0")),
        bought("6", "fay", "02-28", ("book", "5.00", 1, "4.00")),
    ]
    shop = HandShop(orders=[row for row, _ in made], order_items=[line for _, lines in made for line in lines])
    # January: 2 new, 3 orders, 4 units, 80.00 less 2.00. February: 2 new, 1 returning, 4 orders, 7 units, 62.00 less 5.00.
    assert effects(shop, JAN, FEB) == {
        "new": "0.00",
        "returning": "40.00",  # 1 * 80 / 2
        "orders_per_customer": "-13.33",  # 4 * 80 / 3 - 3 * 80 / 2
        "units_per_order": "33.33",  # 7 * 80 / 4 - 4 * 80 / 3
        "price": "7.00",  # balls: 36 + 11 = 47 for 4, which at 10.00 were 40
        "mix": "-85.00",  # the rest of 57 - 78
        "discount": "-3.00",
    }
    assert shop.broken() == set()


def test_a_month_has_bridges_from_the_prior_month_and_from_the_prior_year() -> None:
    orders = [order("early", "2016-12-20 10:00:00"), *monthly("2017-01", *[2] * 13)]  # December is not complete
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders])
    pairs = shop.table("kpi_bridge").select("from_month", "to_month").unique().rows()
    assert len(pairs) == 12 + 1
    assert (date(2017, 1, 1), date(2018, 1, 1)) in pairs
    assert shop.broken() == set()


def test_there_is_no_bridge_from_a_month_without_sales() -> None:
    orders = monthly("2018-01", 2, 2, 2)
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders if row["order_id"][:7] != "2018-01"])
    assert set(shop.rows("kpi_bridge", "from_month", "to_month")) == {(FEB, date(2018, 3, 1))}
    assert shop.broken() == set()


def test_the_as_of_date_does_not_change_breakdowns_and_bridges() -> None:
    """Breakdowns and bridges cover the whole history for any as-of date."""
    orders = monthly("2018-01", 3, 3)
    lines = [item(row["order_id"]) for row in orders]
    early, late = HandShop(ShopSettings(as_of=JAN), orders=orders, order_items=lines), HandShop(orders=orders, order_items=lines)
    for table in ("kpi_breakdown", "kpi_bridge"):
        assert early.table(table).equals(late.table(table))
