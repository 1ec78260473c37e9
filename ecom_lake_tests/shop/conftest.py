"""A hand-written shop that tests of several areas use."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders import purchases
from ecom_lake_tests.builders.hand_shop import HandShop


@pytest.fixture(scope="session")
def three_months() -> HandShop:
    return purchases.three_months()
