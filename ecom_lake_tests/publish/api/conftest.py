"""The API and the dashboard as one application, over the small shop with two releases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(server(grown_lake.settings), base_url="http://localhost", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def release(grown_lake: BuiltLake) -> ServedRelease:
    """The latest release, read without the API."""
    return Releases(grown_lake.settings).of("olist")
