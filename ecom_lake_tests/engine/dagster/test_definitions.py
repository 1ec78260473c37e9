"""The Dagster definitions, compared with a snapshot that people read in review (`make snapshot` writes it)."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.engine.config import Settings
from ecom_lake.engine.dagster.assets import shop_assets
from ecom_lake.settings import load
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.alert_shop import SHOP, AlertShop, channel
from ecom_lake_tests.engine.dagster.snapshot import SNAPSHOT, snapshot
from ecom_lake_tests.project import PROJECT


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = tmp_path_factory.mktemp("config") / "lake.toml"
    config.write_text('[shops.olist]\nfirst_month = "2016-09"\nlast_month = "2018-10"\n')
    return load(root=str(config.parent), environment={"ECOM_LAKE_CONFIG": str(config)})


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return build_definitions(settings)


def test_the_definitions_equal_the_snapshot(tmp_path: Path) -> None:
    assert snapshot(tmp_path) == SNAPSHOT.read_text(), "run `make snapshot`and review the difference"


def test_dagster_can_load_the_definitions(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_assets_are_the_delivered_files_the_contract_files_that_olist_can_fill_and_the_release(
    definitions: dg.Definitions,
) -> None:
    """Expected from the contract files and from the known gaps of Olist, not from the code that creates the assets."""
    shop = PROJECT / "ecom_lake/shop"
    silver = {"silver/order_index"} | {f"silver/{path.stem}" for path in (shop / "canonical").glob("[!_]*.py")}
    gold = {
        f"gold/{path.stem}" for path in shop.glob("*/*.py") if re.search(r"^class \w+\((Gold|ModelFit)\b", path.read_text(), re.M)
    }
    made = silver | gold
    missing = {
        "silver/events",
        "silver/refunds",
        "silver/targets",
        "gold/demographics",
        "gold/discount_sensitivity",
        "gold/returns_leakage",
        "gold/shop_events",
        "gold/subscription_value",
        "gold/target_progress",
    }
    delivered = {f"bronze/{table}" for table in _OLIST}
    assert missing < made
    keys = {"/".join(key.path) for key in definitions.resolve_asset_graph().materializable_asset_keys}
    assert keys == {f"olist/{table}" for table in {*delivered, *made, "gold/release"} - missing}


_OLIST = (
    "customers",
    "geolocation",
    "order_items",
    "order_payments",
    "order_reviews",
    "orders",
    "product_category_name_translation",
    "products",
    "sellers",
)
"""The nine files of the export, as their publisher lists them."""


def test_only_these_checks_block(settings: Settings) -> None:
    blocking = {spec.name for asset in shop_assets(settings, "olist") for spec in asset.check_specs if spec.blocking}
    assert blocking == {"contract", "every_row_accounted", "nothing_stale", "identities", "deliveries_accepted"}


def test_silver_depends_only_on_bronze_and_the_order_index(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for table in set(catalog.silver()) - {"refunds", "targets", "events"}:
        for parent in graph.get(dg.AssetKey(["olist", "silver", table])).parent_keys:
            assert parent.path[1] == "bronze" or parent.path[2] == "order_index"


def test_each_shop_is_a_pool_with_one_run_at_a_time(definitions: dg.Definitions, tmp_path: Path) -> None:
    """And a second pool for runs over months, which may be allowed more of them."""
    pools_of = {
        job: {pool for node in definitions.resolve_job_def(job).nodes for pool in node.definition.pools}
        for job in ("olist_all", "olist_gold", "olist_months")
    }
    months = {"olist_months"}
    assert pools_of == {"olist_all": {"olist"} | months, "olist_gold": {"olist"}, "olist_months": months}
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        pools = instance.get_concurrency_config().pool_config
    assert pools.pool_granularity is not None
    assert (pools.pool_granularity.value, pools.default_pool_limit) == ("run", 1)


def test_every_asset_has_a_description_an_owner_kinds_and_a_group(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.description and spec.owners and spec.kinds and spec.group_name, spec.key
        if spec.key.path[-1] != "release":
            assert spec.metadata["dagster/column_schema"].columns, spec.key


def test_a_shop_without_a_last_month_includes_this_month(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text('[shops.open]\nfirst_month = "2024-01"\n')
    definitions = build_definitions(load(root=str(tmp_path), environment={"ECOM_LAKE_CONFIG": str(config)}))
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    partitions = specs["open/silver/orders"].partitions_def
    assert isinstance(partitions, dg.MonthlyPartitionsDefinition)
    assert (partitions.end, partitions.end_offset) == (None, 1)


@pytest.mark.parametrize(
    ("settings", "hours"),
    [
        ("", None),
        ('[shops.mine.alerts.freshness]\nno_delivery = "36 hours"', None),
        ('[shops.mine.alerts.freshness]\nno_release = "3 days"', 72),
        ('last_month = "2024-12"\n[shops.mine.alerts.freshness]\nno_release = "3 days"', None),
        ("[shops.mine.alerts]\nfreshness = false", None),
    ],
)
def test_a_release_has_the_freshness_that_the_alert_watches(tmp_path: Path, settings: str, hours: int | None) -> None:
    shop = AlertShop(tmp_path / "project", {"TEAM_URL": "http://127.0.0.1:9"})
    shop.configure(channel(), shop=f"{SHOP}{settings}\n")
    definitions = build_definitions(shop.settings)
    [policy] = [spec.freshness_policy for spec in definitions.resolve_all_asset_specs() if spec.key.path[-1] == "release"]
    assert policy == (dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=hours)) if hours else None)
