from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ecom_lake.engine.contracts.settings_model import sentence
from ecom_lake.shop.settings.mining import MiningSettings


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("product_min_orders", 0, "product_min_orders must be at least 1, not 0."),
        ("product_min_orders", 2.5, "product_min_orders must be a whole number, not 2.5."),
        ("max_basket_size", True, "max_basket_size must be a whole number, not True."),
        ("max_itemsets", 10**30, f"max_itemsets must be at most 1,000,000,000, not {10**30}."),
        ("alpha", "5%", "alpha must be a number, not '5%'."),
        ("alpha", True, "alpha must be a number, not True."),
        ("alpha", 0, "alpha must be above 0, not 0."),
        ("alpha", 1.5, "alpha must be at most 1, not 1.5."),
        ("category_min_support", -0.1, "category_min_support must be at least 0, not -0.1."),
        ("min_stability", float("nan"), "min_stability must be a finite number, not nan."),
        ("segments_by", "age", "segments_by must be 'buying', 'registration' or 'textbook', not 'age'."),
        ("segment_slack", 1.1, "segment_slack must be at most 1, not 1.1."),
        ("min_lift", float("inf"), "min_lift must be a finite number, not inf."),
        ("seed", -1, "seed must be at least 0, not -1."),
        ("refit_days", 40_000, "refit_days must be at most 36,500, not 40000."),
        ("fewest_segments", 1, "fewest_segments must be at least 2 and at most most_segments."),
        ("most_segments", 2, "fewest_segments must be at least 2 and at most most_segments."),
        ("aplha", 1, "there is no setting 'aplha'; did you mean 'alpha'?"),
    ],
)
def test_an_invalid_value_is_refused_with_one_sentence(setting: str, value: Any, expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        MiningSettings(**{setting: value})
    assert sentence(error.value, MiningSettings) == expected


def test_the_bounds_themselves_are_valid() -> None:
    assert MiningSettings(product_min_support=0, min_lift=0, alpha=1, seed=0).alpha == 1


def test_every_setting_has_a_description_and_every_number_has_bounds() -> None:
    for name, schema in MiningSettings.model_json_schema()["properties"].items():
        assert schema["description"].endswith("."), name
        if schema["type"] != "string":
            assert {"minimum", "exclusiveMinimum"} & schema.keys() and "maximum" in schema, name


def test_a_changed_copy_is_validated() -> None:
    assert MiningSettings(seed=3).with_changes(power=0.9) == MiningSettings(seed=3, power=0.9)
    with pytest.raises(ValidationError):
        MiningSettings().with_changes(power=2)
