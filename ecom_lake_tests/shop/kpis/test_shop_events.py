"""Events with their days, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake_tests.builders.hand_shop import HandShop, event


def test_an_event_without_an_end_lasts_one_day() -> None:
    shop = HandShop(events=[event("2018-01-30", "Sale", ends_on="2018-02-01", note="All."), event("2018-01-30", "Outage")])
    assert shop.rows("shop_events", "event", "month", "last_day", "event_days", "note") == [
        ("Outage", date(2018, 1, 1), date(2018, 1, 30), 1, None),
        ("Sale", date(2018, 1, 1), date(2018, 2, 1), 3, "All."),
    ]
    assert shop.broken("shop_events") == set()
