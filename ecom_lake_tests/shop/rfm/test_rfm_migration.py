"""Migration between RFM segments, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

from ecom_lake_tests.builders.hand_shop import HandShop, monthly, order


def test_the_first_snapshot_has_no_earlier_segments() -> None:
    shop = HandShop(orders=[order("early", "2017-12-20 10:00:00"), *monthly("2018-01", 3, 3)])
    made = shop.table("rfm_migration").filter(as_of=date(2018, 1, 31))
    assert (set(made["from_segment"]), made["customers"].sum()) == ({"none"}, 4)
