"""A shop with a database, in Dagster: its assets, its jobs, its night, and a night without the database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.jobs import nightly
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.engine.store.access import Secret
from ecom_lake_tests.builders.database_shop import ITEMS, ORDERS, DatabaseShop, PostgreSQLServer

SECRET = "hush"


@pytest.fixture
def shop(tmp_path: Path, postgres_server: PostgreSQLServer) -> DatabaseShop:
    postgres_server.reset()
    shop = DatabaseShop(tmp_path / "shop", postgres_server)
    shop.execute(ORDERS, ITEMS)
    shop.order("A", "2024-02-01 10:00:00")
    return shop


def test_the_night_pulls_before_it_reads_landing(shop: DatabaseShop) -> None:
    definitions = build_definitions(shop.settings())
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    orders = graph.get(dg.AssetKey(["mine", "bronze", "orders"]))
    assert orders.parent_keys == {dg.AssetKey(["mine", "landing", "orders"])}, "and not order_items"
    schedule = nightly(shop.settings(), "mine")
    assert schedule.job_name == "mine_pull_and_all"
    with dg.build_schedule_context() as context:
        assert isinstance(schedule(context), dg.RunRequest), "only the database holds whether something is new"
    steps = [node.name for node in definitions.resolve_job_def("mine_pull_and_all").nodes_in_topological_order]
    assert steps.index("mine__pull") < steps.index("mine__bronze")
    assert "mine__pull" not in {node.name for node in definitions.resolve_job_def("mine_all").nodes}, "a build does not pull"


def test_a_night_pulls_and_builds(shop: DatabaseShop) -> None:
    night = run_job(shop.settings(), "mine", "pull_and_all")
    assert night.succeeded, night.failures
    assert (night.tables["landing/orders"], night.tables["gold/release"]) == ("written", "written")
    assert shop.silver("orders", "order_id") == [("A",)]


def test_a_night_without_the_database_fails_with_a_sentence_and_without_the_password(shop: DatabaseShop, tmp_path: Path) -> None:
    settings = shop.settings()
    database = settings.shop("mine").database
    assert database
    url = Secret(f"postgresql://user:{SECRET}@127.0.0.1:1/shop")
    unreachable = replace(settings.shop("mine"), database=replace(database, url=url))
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    broken: Settings = replace(settings, shops={"mine": unreachable}, dagster_home=tmp_path)
    night = run_job(broken, "mine", "pull_and_all")
    assert not night.succeeded
    assert "The database of SHOP_DATABASE_URL cannot be reached: nothing answers" in " ".join(night.failures)
    assert "gold/fct_sales" not in night.tables
    assert SECRET not in repr(broken)
    history = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"cannot be reached" in history and SECRET.encode() not in history
