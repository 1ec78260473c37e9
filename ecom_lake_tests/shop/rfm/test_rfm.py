"""RFM scores, from hand-written silver rows."""

from __future__ import annotations

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.purchases import END_OF_2018, shop_of_spenders, spent


def test_equal_customers_have_equal_scores() -> None:
    # Ranks by sum 1 1 1 4 5 and by last day 1 2 2 4 4, of five; a score is 1 + 5 * (rank - 1) // 5.
    shop = shop_of_spenders(
        spent("a", "03-01", net_sales="10.00"),
        spent("b", "03-02", net_sales="10.00"),
        spent("c", "03-02", net_sales="10.00"),
        spent("d", "03-03", net_sales="20.00"),
        spent("e", "03-03", net_sales="30.00"),
    )
    assert shop.rows("rfm", "customer_id", "r", "f", "m", "rfm_code") == [
        ("a", 1, 1, 1, "111"),
        ("b", 2, 1, 1, "211"),
        ("c", 2, 1, 1, "211"),
        ("d", 4, 1, 4, "414"),
        ("e", 4, 1, 5, "415"),
    ]
    assert shop.rows("customer_metrics", "m") == shop.rows("rfm", "m")


@pytest.mark.parametrize(
    ("numbers", "scores"),
    [
        (ShopSettings(as_of=END_OF_2018.as_of), [1, 2, 3, 4, 5, 5]),
        (ShopSettings(as_of=END_OF_2018.as_of, rfm_f2=3, rfm_f3=4, rfm_f4=6, rfm_f5=7), [1, 1, 2, 3, 3, 4]),
    ],
    ids=["by default", "as the shop sets them"],
)
def test_frequency_has_fixed_bands_of_purchases(numbers: ShopSettings, scores: list[int]) -> None:
    people = [spent(str(n), "01-01", *(f"02-{day:02}" for day in range(1, n))) for n in range(1, 7)]
    assert [f for (f,) in shop_of_spenders(*people, numbers=numbers).rows("rfm", "f")] == scores
