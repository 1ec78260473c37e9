"""The months of a shop in the run history: a run reports the months that changed, and the others keep their last state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import dagster as dg
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.silver import make_silver
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster.assets import shop_assets
from ecom_lake.engine.dagster.jobs import job_name, shop_jobs
from ecom_lake.engine.dagster.partitions import range_tags
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake

MONTHS = {"2017-01", "2017-02", "2017-03", "2017-04"}
ORDERS = dg.AssetKey(["olist", "silver", "orders"])
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def run(lake: BuiltLake, instance: dg.DagsterInstance, job: str = "all", **tags: str) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(assets=shop_assets(lake.settings, "olist"), jobs=shop_jobs(lake.settings.shop("olist")))
    chosen = definitions.resolve_job_def(job_name("olist", job))
    return chosen.execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def land_one_order(lake: BuiltLake) -> None:
    (lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")


def months(instance: dg.DagsterInstance, run_id: str, event: dg.DagsterEventType = MATERIALIZED) -> set[str]:
    """The months of orders with this event in the run."""
    records = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=event)]
    return {made.partition for made in records if made and made.asset_key == ORDERS and made.partition}


def rows(instance: dg.DagsterInstance) -> dict[str, object]:
    """The rows of each month of orders in its latest materialization."""
    events = instance.fetch_materializations(dg.AssetRecordsFilter(ORDERS), limit=1000, ascending=True).records
    made = [record.asset_materialization for record in events]
    return {m.partition: m.metadata["dagster/partition_row_count"].value for m in made if m and m.partition}


def rows_in_the_lake(lake: BuiltLake) -> dict[str, object]:
    files = lake.site().lake.log.head().parts(TableId("silver", "orders"))
    return {str(part.month): file.rows for part, file in files.items()}


def test_a_night_reports_the_touched_month_and_the_others_stay_materialized(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance
) -> None:
    first = run(fresh_lake, instance)
    assert months(instance, first.run_id) == MONTHS, "a history that is empty learns every month, also of a lake built before"
    assert rows(instance) == {month.month: month.orders for month in fresh_lake.truths.months}
    land_one_order(fresh_lake)
    night = run(fresh_lake, instance)
    assert night.success
    assert months(instance, night.run_id) == {"2017-02"}
    assert months(instance, night.run_id, PLANNED) == set(), "an untouched month is not planned"
    assert instance.get_materialized_partitions(ORDERS) == MONTHS
    assert rows(instance) == rows_in_the_lake(fresh_lake)
    latest = instance.get_latest_materialization_event(ORDERS)
    table = latest and latest.asset_materialization
    assert table and table.partition is None, "the table as a whole is the latest event, because the UI shows it first"
    assert table.metadata["state"].value == "1 of 4 parts written"
    assert "2017-02" in str(table.metadata["file"].value), "file and preview are those of a month that was written"
    events = [entry.dagster_event for entry in instance.all_logs(night.run_id)]
    counted = Counter(event.event_type_value if event else "log" for event in events)
    tables = len({event.asset_key for event in night.get_asset_materialization_events()})
    checks = len(night.get_asset_check_evaluations())
    assert counted[PLANNED.value] == tables
    assert counted["ASSET_CHECK_EVALUATION_PLANNED"] == checks
    assert counted["log"] <= 2, "a check, a failure and a materialization are not repeated as log lines"
    assert sum(counted.values()) < 5 * tables + 4 * checks, counted


def test_a_month_that_was_built_outside_of_dagster_is_reported_by_the_next_run(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance
) -> None:
    run(fresh_lake, instance)
    land_one_order(fresh_lake)
    build(fresh_lake.site())
    assert rows(instance) != rows_in_the_lake(fresh_lake)
    later = run(fresh_lake, instance)
    assert months(instance, later.run_id) == {"2017-02"}
    assert rows(instance) == rows_in_the_lake(fresh_lake)


def test_the_next_run_reports_what_a_run_committed_before_it_was_interrupted(
    fresh_lake: BuiltLake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(fresh_lake, instance)
    land_one_order(fresh_lake)
    make = make_silver.make_silver

    def interrupted(*arguments: object) -> Outcome:
        make(*arguments)  # type: ignore[arg-type]  # the arguments of the function that is replaced
        raise KeyboardInterrupt

    monkeypatch.setattr(make_silver, "make_silver", interrupted)
    assert not run(fresh_lake, instance).success
    monkeypatch.undo()
    again = run(fresh_lake, instance)
    assert again.success
    assert months(instance, again.run_id) == {"2017-02"}
    assert rows(instance) == rows_in_the_lake(fresh_lake)


def test_a_backfill_of_chosen_months_plans_and_reports_these_months(fresh_lake: BuiltLake, instance: dg.DagsterInstance) -> None:
    run(fresh_lake, instance)
    chosen = range_tags(fresh_lake.site().months()[1:3])
    backfill = run(fresh_lake, instance, "silver", **chosen, **{"ecom_lake/full": "true"})
    assert backfill.success
    assert months(instance, backfill.run_id) == months(instance, backfill.run_id, PLANNED) == {"2017-02", "2017-03"}
    records = instance.fetch_materializations(dg.AssetRecordsFilter(ORDERS), limit=100).records
    reported = [m for record in records if record.run_id == backfill.run_id and (m := record.asset_materialization)]
    assert {m.partition: m.metadata["month"].value for m in reported} == {"2017-02": "written", "2017-03": "written"}
    assert instance.get_materialized_partitions(ORDERS) == MONTHS
