"""A shop of canonical files with refunds and currencies, from landing to release."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

ORDERS = """order_id,customer_id,ordered_at,status,currency
1,ana,2024-01-02 10:00:00,delivered,EUR
2,bob,2024-02-10 10:00:00,delivered,eur
3,eve,2024-03-20 10:00:00,delivered,
"""
DOLLARS = ORDERS + "4,joe,2024-03-21 10:00:00,delivered,USD\n"
ITEMS = "order_id,line,product_id,unit_price\n" + "".join(f"{order},1,ball,{order}0.00\n" for order in range(1, 5))
REFUNDS = """refund_id,order_id,refunded_at,amount,line,reason
a,1,2024-02-05T23:30:00Z,2.50,1,scratched
b,2,2024-02-20,20.00,,
c,5,2024-03-31 10:00:00,1.00,,
"""
FATES = "select rows_delivered, pending, published from ledger where table_name = 'refunds'"
BY_MONTH = "select month(month), refunds, net_sales_after_refunds from kpi_monthly order by month"


@pytest.fixture
def shop(tmp_path: Path) -> CanonicalShop:
    shop = CanonicalShop(tmp_path, ("fct_refunds", "kpi_monthly", "kpi_summary", "ledger"))
    shop.say()
    shop.land("orders.csv", ORDERS)
    shop.land("order_items.csv", ITEMS[: ITEMS.index("4,1,")])
    return shop


def test_refunds_arrive_after_their_orders_or_before_them(shop: CanonicalShop) -> None:
    shop.land("refunds.csv", REFUNDS)
    shop.build()
    assert shop.ask(BY_MONTH) == [
        (1, Decimal("0.00"), Decimal("10.00")),
        (2, Decimal("22.50"), Decimal("-2.50")),
        (3, Decimal("0.00"), Decimal("30.00")),
    ]
    assert shop.ask(FATES) == [(3, 1, 2)]
    shop.land("more orders.csv", "order_id,customer_id,ordered_at\n5,ana,2024-01-30\n")
    shop.build()
    assert shop.ask(BY_MONTH)[2] == (3, Decimal("1.00"), Decimal("29.00"))
    assert shop.ask(FATES) == [(3, 0, 3)]
    assert shop.ask("select refund_id, month(month) from silver.refunds order by 1") == [("a", 1), ("b", 2), ("c", 1)]


def test_a_shop_without_dates_has_refunds_without_dates(shop: CanonicalShop) -> None:
    shop.land("orders.csv", "\n".join(",".join(line.split(",")[:2]) for line in ORDERS.splitlines()))
    shop.land("refunds.csv", "refund_id,order_id,amount\na,1,2.50\n")
    shop.say(without=["orders.ordered_at"])
    shop.build()
    assert shop.ask("select refund_id, month, refund_date, amount from fct_refunds") == [("a", None, None, Decimal("2.50"))]
    assert shop.ask("select value from kpi_summary where metric = 'net_sales_after_refunds'") == [(57.5,)]


def test_orders_in_another_currency_are_refused_where_the_shop_states_its_own(shop: CanonicalShop) -> None:
    shop.land("orders.csv", DOLLARS)
    shop.land("order_items.csv", ITEMS)
    [blocked] = [check.says for outcome in build(shop.site) for check in outcome.checks if check.blocks]
    assert blocked == (
        "Failed identities: orders_are_in_one_currency: All orders that state a currency state the same one. Where an export has"
        " several, the setting currency_code names the shop's: orders in another currency are then refused."
    )
    shop.say(currency_code='"EUR"')
    shop.build()
    assert shop.ask("select order_id, net_sales from fct_orders order by 1") == [
        (order, Decimal(f"{order}0.00")) for order in "123"
    ]
    assert shop.ask("select table_name, quarantined from ledger where quarantined > 0 order by 1") == [
        ("order_items", 1),
        ("orders", 1),
    ]
