"""RFM segments at month ends, and the migration between them, from hand-written silver rows."""

from __future__ import annotations

from collections import Counter
from datetime import date

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, item
from ecom_lake_tests.builders.purchases import bought, shop_of


def test_rfm_at_a_month_end_equals_rfm_as_of_that_day() -> None:
    """With the as-of date at a month end, rfm equals the history of that month; the migration compares these months."""
    once = ("01-03", "01-03", "01-28", "02-10", "02-11", "03-06", "04-01")
    orders = [
        *bought("ana", "01-01", "01-02", "03-05", "04-28"),
        *bought("bob", "01-20", "01-20", "02-03"),
        *bought("eve", "01-20", "03-06"),
        *(row for number, day in enumerate(once) for row in bought(f"p{number}", day)),
    ]
    lines = [item(row["order_id"], f"{1 + 7 * number % 5}.00") for number, row in enumerate(orders)]
    shop = HandShop(orders=orders, order_items=lines)
    ends = [date(2018, 1, 31), date(2018, 2, 28), date(2018, 3, 31), date(2018, 4, 30)]
    assert shop.table("rfm_history")["as_of"].unique().to_list() == ends
    before: dict[str, str] = {}
    for end in ends:
        then = HandShop(ShopSettings(as_of=end), orders=orders, order_items=lines)
        history = shop.table("rfm_history").filter(as_of=end).select("segment", "customers", "net_sales")
        assert history.rows() == sorted(then.rows("rfm_segments", "segment", "customers", "net_sales"))
        now = dict(then.rows("rfm", "customer_id", "segment"))
        moves = Counter((before.get(person, "none"), segment) for person, segment in now.items())
        made = shop.table("rfm_migration").filter(as_of=end).select("from_segment", "to_segment", "customers").rows()
        assert {(left, entered): people for left, entered, people in made} == moves
        before = now
    assert shop.broken() == set()


def test_without_a_complete_month_there_is_no_history() -> None:
    shop = shop_of(bought("ana", "01-10"), bought("bob", "01-20"))
    assert {shop.table(name).height for name in ("rfm_history", "rfm_migration", "kpi_churn", "kpi_bridge")} == {0}
