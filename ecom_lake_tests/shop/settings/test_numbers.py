"""The settings of a shop are checked when they are read, and the table `settings` has their exact values."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.contracts.bounds import bounds_of
from ecom_lake.shop.settings.numbers import ShopSettings


def test_the_table_has_one_row_with_the_exact_settings() -> None:
    given = ShopSettings(as_of=date(2018, 8, 31), country="BR", complete_month_share=Decimal("0.25"), rfm_f5=9)
    row = settings_row(given).row(0, named=True)
    assert row == {setting.name: getattr(given, setting.name) for setting in fields(given)}


def test_a_null_setting_has_its_type() -> None:
    schema = settings_row(ShopSettings()).schema
    assert schema == settings_row(ShopSettings(as_of=date(2018, 8, 31), country="BR")).schema


def test_shares_are_decimals_so_that_thresholds_are_exact() -> None:
    # As floats, 0.1 * 70 is more than 7.
    assert ShopSettings(complete_month_share=0.1).complete_month_share * 70 == 7  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"as_of": "2018-08-31"}, "as_of must be a date such as 2018-08-31, not '2018-08-31'"),
        ({"as_of": datetime(2018, 8, 31)}, "as_of must be a date"),
        ({"age_groups": 2.5}, "age_groups must be a whole number, not 2.5"),
        ({"age_groups": True}, "age_groups must be a whole number, not True"),
        ({"repeat_days": -1}, "repeat_days must be at least 0, not -1"),
        ({"cost_coverage": "much"}, "cost_coverage must be a number, not 'much'"),
        ({"cost_coverage": float("nan")}, "cost_coverage must be at least 0, not NaN"),
        ({"rfm_f3": 2}, "rfm_f2, rfm_f3, rfm_f4, rfm_f5 must rise, but are 2, 2, 4, 5"),
        ({"loyal_purchases": 2}, "returning_purchases, loyal_purchases must rise, but are 2, 2"),
        ({"churn_long_days": 90}, "churn_short_days, churn_medium_days, churn_long_days must rise, but are 90, 180, 90"),
    ],
)
def test_an_invalid_setting_is_refused_with_one_sentence(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ShopSettings(**wrong)


def test_every_number_states_its_bounds() -> None:
    numbers = {setting.name for setting in fields(ShopSettings) if isinstance(setting.default, int | Decimal)}
    assert bounds_of(ShopSettings).keys() == numbers


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("cost_coverage", 95, "cost_coverage must be at most 1, not 95."),
        ("repeat_days", 10**30, f"repeat_days must be at most 36,500, not {10**30}."),
        ("persona_premium_m", 7, "persona_premium_m must be at most 6, not 7."),
        ("thin_basket_share", 0.00001, "thin_basket_share must have at most 4 decimal places, not 0.00001."),
        ("country", "Brazil", "country must be two capital letters such as BR, not 'Brazil'."),
    ],
)
def test_a_setting_out_of_bounds_is_refused(setting: str, value: Any, says: str) -> None:
    with pytest.raises(ValueError) as error:
        ShopSettings(**{setting: value})
    assert str(error.value) == says
