"""Thresholds that SQL reads: the model validates them, and the view `settings` has their exact values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.contracts.settings_model import sentence
from ecom_lake.shop.settings.numbers import ShopSettings


def test_the_view_has_one_row_with_every_setting() -> None:
    given = ShopSettings(as_of=date(2018, 8, 31), country="BR", complete_month_share=Decimal("0.25"), rfm_f5=9)
    assert settings_row(given).row(0, named=True) == given.model_dump()


def test_unset_settings_have_a_type() -> None:
    schema = settings_row(ShopSettings()).schema
    assert schema == settings_row(ShopSettings(as_of=date(2018, 8, 31), country="BR")).schema


def test_shares_are_decimals_so_that_thresholds_are_exact() -> None:
    # As floats, 0.1 * 70 is more than 7.
    assert ShopSettings(complete_month_share=0.1).complete_month_share * 70 == 7  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"as_of": "2018-08-31"}, "as_of must be a date such as 2018-08-31, not '2018-08-31'."),
        ({"as_of": datetime(2018, 8, 31)}, "as_of must be a date such as 2018-08-31, not datetime.datetime(2018, 8, 31, 0, 0)."),
        ({"country": 55}, "country must be a text, not 55."),
        ({"country": "Brazil"}, "country must be two capital letters such as BR, not 'Brazil'."),
        ({"age_groups": 2.5}, "age_groups must be a whole number, not 2.5."),
        ({"age_groups": True}, "age_groups must be a whole number, not True."),
        ({"repeat_days": -1}, "repeat_days must be at least 0, not -1."),
        ({"repeat_days": 10**30}, f"repeat_days must be at most 36,500, not {10**30}."),
        ({"cost_coverage": "much"}, "cost_coverage must be a number, not 'much'."),
        ({"cost_coverage": True}, "cost_coverage must be a number, not True."),
        ({"cost_coverage": 95}, "cost_coverage must be at most 1, not 95."),
        ({"cost_coverage": float("nan")}, "cost_coverage must be a finite number, not NaN."),
        ({"persona_premium_m": 7}, "persona_premium_m must be at most 6, not 7."),
        ({"thin_basket_share": 0.00001}, "thin_basket_share must have at most 4 decimal places, not 0.00001."),
        ({"rfm_f3": 2}, "rfm_f2, rfm_f3, rfm_f4, rfm_f5 must rise, but are 2, 2, 4, 5."),
        ({"loyal_purchases": 2}, "returning_purchases, loyal_purchases must rise, but are 2, 2."),
        ({"abc_b_share": 0.8}, "abc_a_share, abc_b_share must rise, but are 0.8, 0.8."),
        ({"churn_long_days": 90}, "churn_short_days, churn_medium_days, churn_long_days must rise, but are 90, 180, 90."),
        ({"age_groups": 101, "repeat_day": 3}, "there is no setting 'repeat_day'; did you mean 'repeat_days'?"),
    ],
)
def test_an_invalid_value_is_refused_with_one_sentence(wrong: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        ShopSettings(**wrong)
    assert sentence(error.value, ShopSettings) == expected


def test_every_setting_has_a_description_and_every_number_has_bounds() -> None:
    for name, schema in ShopSettings.model_json_schema()["properties"].items():
        assert schema["description"].endswith("."), name
        if isinstance(ShopSettings.model_fields[name].default, int | Decimal):
            number = schema.get("anyOf", [schema])[0]
            assert "minimum" in number and "maximum" in number, name


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        ShopSettings().rfm_f5 = 9  # type: ignore[misc]
