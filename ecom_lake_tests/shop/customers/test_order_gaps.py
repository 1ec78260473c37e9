"""Days between orders, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake_tests.builders.hand_shop import HandShop
from ecom_lake_tests.builders.purchases import bought, shop_of


def test_percentiles_of_gaps_with_and_without_orders_on_the_same_day(three_months: HandShop) -> None:
    gaps = {
        percentile: rest for percentile, *rest in three_months.rows("order_gaps", "percentile", "gap_days", "purchase_gap_days")
    }
    assert len(gaps) == 101
    # 0 20 30 30 40 and 20 30 30 40
    assert gaps[0] == [0, 20]
    assert gaps[10] == [8, 23]  # position 0.4: 0.4 of the way from 0 to 20; position 0.3: from 20 to 30
    assert gaps[25] == [20, 27.5]
    assert gaps[50] == [30, 30]
    assert gaps[80] == [32, 34]  # position 3.2; position 2.4
    assert gaps[100] == [40, 40]


def test_orders_on_the_same_day_have_no_gap_between_purchases() -> None:
    shop = shop_of(bought("ana", "01-01", "01-01"), as_of=date(2018, 1, 31))
    assert set(shop.rows("order_gaps", "gap_days", "purchase_gap_days")) == {(0, None)}
    assert shop.broken() == set()


def test_one_time_buyers_have_no_gaps() -> None:
    assert shop_of(bought("ana", "01-01"), bought("bob", "01-28")).table("order_gaps").height == 0
