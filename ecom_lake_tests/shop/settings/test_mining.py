from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.shop.settings.mining import MiningSettings


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("product_min_orders", 0, "product_min_orders must be above 0, not 0."),
        ("product_min_orders", 2.5, "product_min_orders must be a whole number, not 2.5."),
        ("max_basket_size", True, "max_basket_size must be a whole number, not True."),
        ("alpha", "5%", "alpha must be a number, not '5%'."),
        ("alpha", 1.5, "alpha must be at most 1, not 1.5."),
        ("category_min_support", -0.1, "category_min_support must be at least 0, not -0.1."),
        ("min_stability", float("nan"), "min_stability must be at least 0, not nan."),
        ("segments_by", "age", "segments_by must be one of buying, registration, not 'age'."),
        ("segment_slack", 1.1, "segment_slack must be at most 1, not 1.1."),
        ("min_lift", float("inf"), "min_lift must be at most 1,000,000,000, not inf."),
        ("refit_days", 40_000, "refit_days must be at most 36,500, not 40000."),
        ("fewest_segments", 1, "fewest_segments must be at least 2 and at most most_segments."),
        ("most_segments", 2, "fewest_segments must be at least 2 and at most most_segments."),
    ],
)
def test_an_invalid_setting_is_refused(setting: str, value: Any, says: str) -> None:
    with pytest.raises(ValueError, match="^" + says.replace(".", r"\.") + "$"):
        MiningSettings(**{setting: value})


def test_valid_settings_are_accepted() -> None:
    assert MiningSettings(product_min_support=0, min_lift=0, alpha=1, seed=0).alpha == 1
