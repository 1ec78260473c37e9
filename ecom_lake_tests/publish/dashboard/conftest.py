"""A lake that the dashboard serves: the small shop, with customer segments in two states of the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def release(grown_lake: BuiltLake) -> ServedRelease:
    return Releases(grown_lake.settings).of("olist")


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost", follow_redirects=False) as client:
        yield client
