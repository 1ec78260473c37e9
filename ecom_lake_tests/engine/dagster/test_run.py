"""Runs through Dagster: a full run, a run with nothing new, and runs that a failed check stops before the release."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster import jobs
from ecom_lake.engine.dagster.assets import shop_assets
from ecom_lake.engine.dagster.jobs import job_name, landing_sensor, nightly, shop_jobs
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.project import PROJECT

RECIPE = Registry.recipe


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def run(lake: BuiltLake, instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    """A run of the job `all`; tags of a range of months restrict it to them."""
    definitions = dg.Definitions(assets=shop_assets(lake.settings, "olist"), jobs=shop_jobs(lake.settings.shop("olist")))
    job = definitions.resolve_job_def(job_name("olist", "all"))
    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def states(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    events = result.get_asset_materialization_events()
    made = [event.step_materialization_data.materialization for event in events]
    return {"/".join(m.asset_key.path[1:]): str(m.metadata["state"].value) for m in made if not m.partition}


def metadata(result: dg.ExecuteInProcessResult, table: str) -> Mapping[str, dg.MetadataValue[Any]]:
    events = result.get_asset_materialization_events()
    made = [event.step_materialization_data.materialization for event in events]
    return next(m.metadata for m in made if "/".join(m.asset_key.path[1:]) == table and not m.partition)


def gold_versions(result: dg.ExecuteInProcessResult) -> dict[str, str | None]:
    """The data version of each gold table: the UI marks the tables after one as outdated if it changes."""
    events = result.get_asset_materialization_events()
    made = [event.step_materialization_data.materialization for event in events]
    tables = [m for m in made if m.asset_key.path[1] == "gold" and m.asset_key.path[-1] != "release"]
    return {m.asset_key.path[-1]: (m.tags or {}).get(DATA_VERSION_TAG) for m in tables}


def hashes(lake: BuiltLake) -> dict[str, str]:
    head = lake.site().lake.log.head()
    return {f"{table}/{part}": file.hash for table, parts in head.tables.items() for part, file in parts.items()}


def test_one_run_builds_every_table_and_the_next_run_changes_nothing(fresh_lake: BuiltLake, instance: dg.DagsterInstance) -> None:
    undisturbed = hashes(fresh_lake)
    first = run(fresh_lake, instance, **{"ecom_lake/full": "true"})
    assert first.success
    made = states(first)
    assert {f"gold/{table}" for table in gold_tables(fresh_lake.site())} <= set(made)
    assert {f"silver/{table}" for table in catalog.silver() if table not in OLIST.absent} <= set(made)
    assert made["gold/rfm"] == "written"
    assert made["silver/orders"] == "4 of 4 parts written"
    assert hashes(fresh_lake) == undisturbed, "a build through Dagster writes the same bytes as a build without it"
    before = fresh_lake.site().lake.log.head()
    kept = run(fresh_lake, instance)
    second = states(kept)
    assert gold_versions(kept) == gold_versions(first), "of tables in one file and of tables in months"
    assert set(second.values()) == {"unchanged", "0 of 4 parts written"}
    for result in (first, kept):
        assert {"card", "rivals"} <= metadata(result, "gold/customer_segments_fit").keys(), (
            "the latest run must show the card too"
        )
    assert fresh_lake.site().lake.log.head() == before


def test_a_table_that_violates_its_contract_is_not_published(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fresh_lake.site().lake.log.head()

    def faulty_recipe(registry: Registry, table: str) -> Recipe:
        good = RECIPE(registry, table)
        if table != "kpi_daily":
            return good
        assert good.sql is not None
        return replace(good, sql=good.sql.replace("as orders,", "- 9 as orders,", 1))

    monkeypatch.setattr(Registry, "recipe", faulty_recipe)
    result = run(fresh_lake, instance)
    assert not result.success
    made = states(result)
    assert "gold/kpi_daily" not in made and "gold/release" not in made
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed and check.check_name == "contract"]
    assert [(check.asset_key.path[-1], check.severity) for check in failed] == [("kpi_daily", dg.AssetCheckSeverity.ERROR)]
    assert "orders_out_of_range" in str(failed[0].metadata["evidence"].value)
    after = fresh_lake.site().lake.log.head()
    assert after.parts(TableId("gold", "kpi_daily")) == before.parts(TableId("gold", "kpi_daily"))
    assert after.release == before.release


def test_a_failed_identity_blocks_the_release(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fresh_lake.site().lake.log.head().release

    def faulty_recipe(registry: Registry, table: str) -> Recipe:
        good = RECIPE(registry, table)
        if table != "rfm_segments":
            return good
        assert good.sql is not None
        return replace(good, sql=good.sql.replace("sum(monetary)::", "(sum(monetary) + 1)::", 1))

    monkeypatch.setattr(Registry, "recipe", faulty_recipe)
    result = run(fresh_lake, instance)
    assert not result.success
    (failed,) = [check for check in result.get_asset_check_evaluations() if not check.passed and check.check_name == "identities"]
    assert "segments_sum_to_people" in str(failed.description)
    assert fresh_lake.site().lake.log.head().release == before


def test_an_empty_landing_is_one_sentence(fresh_lake: BuiltLake) -> None:
    report = run_job(replace(fresh_lake.settings, dagster_home=None), "empty")
    assert not report.succeeded
    assert len(report.failures) == 1
    assert report.failures[0].startswith("Shop 'empty' has nothing to build from: put its files into ")


def test_the_sensor_waits_until_files_have_stopped_changing(fresh_lake: BuiltLake, instance: dg.DagsterInstance) -> None:
    sensor = landing_sensor(fresh_lake.settings, "olist")

    def look(cursor: str | None) -> tuple[object, str | None]:
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        return sensor(context), context.cursor

    nothing, cursor = look(None)
    assert isinstance(nothing, dg.SkipReason) and "Nothing new" in str(nothing.skip_message)
    new = fresh_lake.landing / "late.csv"
    new.write_text("order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n")
    seen, cursor = look(cursor)
    assert isinstance(seen, dg.SkipReason) and "stopped changing" in str(seen.skip_message)
    new.write_text(new.read_text() + "o,1,p,s,,1.00,1.00\n")
    grown, cursor = look(cursor)
    assert isinstance(grown, dg.SkipReason)
    still, cursor = look(cursor)
    assert isinstance(still, dg.RunRequest)
    assert not still.tags, "a run over the whole shop chooses the months itself"


def test_the_sensor_repeats_a_failed_run_after_an_hour(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor = landing_sensor(fresh_lake.settings, "olist")
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    cursor: str | None = None

    def look() -> Any:
        nonlocal cursor
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        found, cursor = sensor(context), context.cursor
        return found

    def ended(key: str | None, status: dg.DagsterRunStatus) -> None:
        """Records a run that the sensor requested."""
        begun = dg.DagsterRun(
            job_name=job_name("olist", "all"), tags={"dagster/run_key": str(key)}, status=dg.DagsterRunStatus.STARTED
        )
        instance.add_run(begun)
        assert f"{begun.run_id} has not finished" in str(look().skip_message)
        instance.report_run_failed(begun) if status == dg.DagsterRunStatus.FAILURE else instance.report_run_canceled(begun)

    assert isinstance(look(), dg.SkipReason)
    first = look()
    assert isinstance(first, dg.RunRequest)
    ended(first.run_key, dg.DagsterRunStatus.FAILURE)
    assert "repeated an hour after its end" in str(look().skip_message)
    monkeypatch.setattr(jobs, "RETRY_AFTER", timedelta())
    again = look()
    assert isinstance(again, dg.RunRequest) and again.run_key != first.run_key
    ended(again.run_key, dg.DagsterRunStatus.CANCELED)
    monkeypatch.undo()
    assert isinstance(look(), dg.SkipReason)
    (fresh_lake.landing / "and_more_orders.csv").write_text(ONE_MORE_ORDER.replace("2018", "2017"), encoding="utf-8")
    assert "stopped changing" in str(look().skip_message)
    assert isinstance(look(), dg.RunRequest), "other files do not wait for the hour"


def test_the_nightly_schedule_requests_a_run_over_the_whole_shop_if_there_are_new_files(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance
) -> None:
    schedule = nightly(fresh_lake.settings, "olist")
    assert isinstance(schedule(dg.build_schedule_context(instance=instance)), dg.SkipReason)
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    request = schedule(dg.build_schedule_context(instance=instance))
    assert isinstance(request, dg.RunRequest)
    assert not request.tags and request.partition_key is None


def test_a_run_of_one_month_changes_no_other_month(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    before = site.lake.log.head().parts(TableId("silver", "orders"))
    report = run_job(replace(fresh_lake.settings, dagster_home=None), "olist", months=site.months()[1:2], full=True)
    assert report.succeeded
    assert report.tables["silver/orders"] == "written"
    after = site.lake.log.head().parts(TableId("silver", "orders"))
    assert {part: file.hash for part, file in before.items()} == {part: file.hash for part, file in after.items()}


def test_run_history_dictionary_and_quality_page_contain_no_personal_data(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance
) -> None:
    bad = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n{},1,p,s,,1.00,SECRET\n"
    gold = fresh_lake.root / "olist" / "gold"
    ids = set(pl.read_parquet(gold / "fct_orders.parquet").select(pl.col("order_id", "customer_id")).unpivot()["value"])
    (fresh_lake.landing / "bad_items.csv").write_text(bad.format(min(ids)), encoding="utf-8")
    fresh_lake.allow_failed_rows()
    result = run(fresh_lake, instance, **{"ecom_lake/full": "true"})
    history = " ".join(entry.to_json() for entry in instance.all_logs(result.run_id))  # type: ignore[no-untyped-call]  # untyped in Dagster
    page = (gold.parent / "quality.html").read_text(encoding="utf-8")
    dictionary = pl.read_parquet(gold / "data_dictionary.parquet")
    for shown in (history, page, " ".join(dictionary["example"].drop_nulls())):
        assert not ids & set(re.findall(r"\w+", shown))
        assert "SECRET" not in shown
    assert "bad_items.csv, record 1: <code>freight</code>" in page
    previews = {t: metadata(result, t)["preview"].value for t in ("silver/reviews", "silver/customers", "gold/dim_customer")}
    assert previews["silver/reviews"].endswith("Personal, and not shown: review_id, order_id, title, comment.")
    assert "zip" not in previews["silver/customers"].splitlines()[0]
    assert "has_record" in previews["gold/dim_customer"].splitlines()[0]
    personal = dictionary.filter("is_personal")
    assert {"comment", "zip", "order_id"} <= set(personal["column_name"])
    assert personal["example"].null_count() == len(personal)
    bronze = [
        event.step_materialization_data.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.path[1] == "bronze"
    ]
    assert bronze
    assert not any("preview" in made.metadata for made in bronze)


def test_only_the_owner_can_read_the_run_history(fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # dagster.yaml keeps its history in the working folder
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    run_job(replace(fresh_lake.settings, dagster_home=tmp_path), "empty")
    assert oct((tmp_path / ".dagster").stat().st_mode & 0o777) == "0o700"
