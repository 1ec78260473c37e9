"""A lake that the dashboard serves: the small shop, with customer segments in two states of the log."""

from __future__ import annotations

import pytest

from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def release(grown_lake: BuiltLake) -> ServedRelease:
    return Releases(grown_lake.settings).of("olist")
