"""RFM segments, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.purchases import shop_of_spenders, spent


def test_segments_have_the_hand_computed_values() -> None:
    # Ranks 1 1 3 of three customers by day and by sum give scores of 1 1 4; c has five purchases.
    shop = shop_of_spenders(
        spent("a", "12-21", net_sales="10.00"),
        spent("b", "12-21", net_sales="10.00"),
        spent("c", "12-22", "12-23", "12-24", "12-25", "12-26", net_sales="80.00"),
    )
    champions, lost = shop.table("rfm_segments").sort("segment").to_dicts()
    assert champions == {
        "segment": "Champions",  # 454
        "customers": 1,
        "share": pytest.approx(1 / 3),
        "net_sales": Decimal("80.00"),
        "net_sales_share": 0.8,
        "avg_recency_days": 5.0,
        "avg_frequency": 5.0,
        "avg_monetary": 80.0,
    }
    assert lost == {
        "segment": "Lost",  # 111
        "customers": 2,
        "share": pytest.approx(2 / 3),
        "net_sales": Decimal("20.00"),
        "net_sales_share": 0.2,
        "avg_recency_days": 10.0,
        "avg_frequency": 1.0,
        "avg_monetary": 10.0,
    }
