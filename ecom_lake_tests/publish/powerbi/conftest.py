"""Projects of the built lake, and the facts that they are made from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.powerbi.project import Options, project
from ecom_lake.publish.powerbi.sources import Kind
from ecom_lake_tests.builders.built_lake import BuiltLake

KINDS: tuple[Kind, ...] = ("local", "adls", "blob", "api")


@pytest.fixture(scope="session")
def contracts(built_lake: BuiltLake) -> Mapping[str, Table]:
    return built_lake.site().registry.gold


@pytest.fixture(scope="session")
def projects(built_lake: BuiltLake) -> Mapping[Kind, Mapping[str, str]]:
    """The files of a project for each kind of source."""
    site = built_lake.site()
    return {kind: project(site, released(site), Options(kind)) for kind in KINDS}
