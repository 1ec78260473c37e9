"""A shop with a target, in Dagster: the step after the release, and its job.

Not here: a database that cannot be reached (cli/test_publish.py).
"""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.jobs import nightly
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.engine.database import Target
from ecom_lake.engine.store.access import Secret
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.builders.database_shop import PostgreSQLServer
from ecom_lake_tests.builders.published_shop import VARIABLE


def settings_with(lake: BuiltLake, url: str) -> Settings:
    target = Target("warehouse", Secret(url), VARIABLE, "from_dagster", ("kpi_monthly",), False)
    settings = lake.settings
    return replace(settings, shops={**settings.shops, "olist": replace(settings.shops["olist"], publish={"warehouse": target})})


def test_the_step_comes_after_the_release(built_lake: BuiltLake) -> None:
    settings = settings_with(built_lake, "postgresql://user@localhost/x")
    definitions = build_definitions(settings)
    dg.Definitions.validate_loadable(definitions)
    published = definitions.resolve_asset_graph().get(dg.AssetKey(["olist", "published", "warehouse"]))
    assert published.parent_keys == {dg.AssetKey(["olist", "gold", "release"])}
    for job in ("olist_all", "olist_gold", "olist_all_multiprocess", "olist_publish"):
        assert "olist__publish__warehouse" in {node.name for node in definitions.resolve_job_def(job).nodes}, job
    assert "olist__publish__warehouse" not in {node.name for node in definitions.resolve_job_def("olist_silver").nodes}
    with dg.build_schedule_context() as context:
        assert isinstance(nightly(settings, "olist")(context), dg.RunRequest), "only the database holds what it has"


@pytest.fixture
def url(postgres_server: PostgreSQLServer) -> str:
    with postgres_server.session() as con:
        con.execute("drop schema if exists from_dagster cascade")
        con.commit()
    return postgres_server.url


def test_a_run_publishes_what_it_releases(fresh_lake: BuiltLake, url: str, postgres_server: PostgreSQLServer) -> None:
    (fresh_lake.landing / "more.csv").write_text(ONE_MORE_ORDER, "utf-8")
    night = run_job(settings_with(fresh_lake, url), "olist")
    assert night.succeeded, night.failures
    assert night.tables["published/warehouse"] == "written"
    with postgres_server.session() as con:
        [(release,)] = con.execute("select release from from_dagster.ecom_lake_release").fetchall()
    assert release == fresh_lake.site().lake.log.head().release
    assert run_job(settings_with(fresh_lake, url), "olist", "publish").tables == {"published/warehouse": "unchanged"}
