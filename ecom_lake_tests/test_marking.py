"""Markers come from fixtures and folders. If a server is missing, its tests are skipped with the reason, and fail in CI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecom_lake_tests.builders.built_lake import Place
from ecom_lake_tests.builders.database_shop import PostgreSQLServer, Server
from ecom_lake_tests.needs import azurite_installed, chromium_installed, spark_installed


@pytest.mark.parametrize("needed", [azurite_installed, chromium_installed, spark_installed])
@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_server_skips_a_test_and_fails_it_in_ci(
    needed: Callable[[], object], ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"(Node\.js|Chromium|Java) is not installed"):
        needed()


def test_only_the_azure_variant_of_a_test_gets_the_azure_marker(place: Place, request: pytest.FixtureRequest) -> None:
    assert (request.node.get_closest_marker("azure") is None) == place.is_local


def test_a_variant_of_a_test_gets_the_marker_of_its_database_server(server: Server, request: pytest.FixtureRequest) -> None:
    markers = {marker.name for marker in request.node.iter_markers()} & {"postgres", "mariadb"}
    assert markers == {"postgres" if isinstance(server, PostgreSQLServer) else "mariadb"}
