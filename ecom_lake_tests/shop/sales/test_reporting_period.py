"""The as-of date and the complete months of a shop in one row, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, monthly, order

COLUMNS = ("as_of", "first_complete_month", "last_complete_month", "complete_months")
# The median of 1, 20, 20, 20 and 1 orders is 20, so that months need 2: November and March are not complete.
CUT_OFF = monthly("2017-11", 1, 20, 20, 20, 1)
DECEMBER, JANUARY, FEBRUARY = date(2017, 12, 1), date(2018, 1, 1), date(2018, 2, 1)


@pytest.mark.parametrize(
    ("orders", "setting", "expected"),
    [
        pytest.param(CUT_OFF, None, (date(2018, 2, 28), DECEMBER, FEBRUARY, 3), id="complete months"),
        pytest.param(CUT_OFF, date(2018, 1, 15), (date(2018, 1, 15), DECEMBER, FEBRUARY, 3), id="a setting before their end"),
        pytest.param(CUT_OFF, date(2019, 5, 5), (date(2019, 5, 5), DECEMBER, FEBRUARY, 3), id="a setting after their end"),
        pytest.param(monthly("2018-01", 2), None, (date(2018, 1, 31), JANUARY, JANUARY, 1), id="one complete month"),
        pytest.param([order("a", "2018-01-10 10:00:00")], None, (date(2018, 1, 10), None, None, 0), id="no complete month"),
        pytest.param([order("a", None)], None, (None, None, None, 0), id="no dated order"),
        pytest.param([order("a", None)], date(2018, 1, 15), (date(2018, 1, 15), None, None, 0), id="a setting alone"),
    ],
)
def test_there_is_one_row(orders: list[Row], setting: date | None, expected: tuple[date | None, ...]) -> None:
    shop = HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders], numbers=ShopSettings(as_of=setting))
    assert shop.rows("reporting_period", *COLUMNS) == [expected]
    assert shop.broken() == set()
