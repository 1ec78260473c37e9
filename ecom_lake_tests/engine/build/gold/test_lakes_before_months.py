"""A lake in which each fact is one file is opened, built on, released, rolled back and read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.release.plain_view import RELEASE, damaged_files, is_up_to_date
from ecom_lake.engine.build.release.release import roll_back, unpin
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.dagster.run import RunReport, run_job
from ecom_lake.engine.serve.difference import difference
from ecom_lake.engine.serve.doctor import examine
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import built
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.builders.monthly_facts import FACTS
from ecom_lake_tests.builders.whole_facts import settings_before_months
from ecom_lake_tests.project import PROJECT

MONTHS = {"2017-01", "2017-02", "2017-03", "2017-04"}
SINGLE_FILES = {f"{table}.parquet" for table in FACTS}
FOLDERS = {f"{table}/month={month}.parquet" for table in FACTS for month in MONTHS}
ORDERS = dg.AssetKey(["olist", "silver", "orders"])


@pytest.fixture
def old_lake(fresh_lake: BuiltLake) -> BuiltLake:
    """Built through Dagster, with the record of the plain view as it was written then."""
    shutil.copy(PROJECT / "dagster.yaml", fresh_lake.folder)
    site = fresh_lake.site()
    facts = {TableId("gold", table): dict.fromkeys(built(site).parts(TableId("gold", table))) for table in FACTS}
    for place, months in facts.items():
        site.lake.log.commit(partial(_with_parts, place, months), "before", "no months yet")
    assert run_job(settings_before_months(fresh_lake.settings), "olist").succeeded
    record = fresh_lake.root / "olist" / RELEASE
    known = json.loads(record.read_text(encoding="utf-8"))
    for key in ("plain_fact_files", "single_files"):
        del known[key]
    record.write_text(json.dumps(known), encoding="utf-8")
    return fresh_lake


def _with_parts(table: TableId, parts: Mapping[Part, File | None], head: Entry) -> Entry:
    return head.with_parts(table, parts)


def facts_on_disk(gold: Path) -> set[str]:
    return {path.relative_to(gold).as_posix() for table in FACTS for path in gold.rglob("*.parquet") if table in str(path)}


def materialized_months(lake: BuiltLake, run: RunReport) -> tuple[set[str], set[str]]:
    """The months of orders that the run history shows as materialized, and those that this run reported."""
    with dg.DagsterInstance.from_config(str(lake.folder)) as instance:
        records = instance.fetch_materializations(dg.AssetRecordsFilter(ORDERS), limit=100).records
        reported = {record.partition_key for record in records if record.run_id == run.run_id and record.partition_key}
        return instance.get_materialized_partitions(ORDERS), reported


def rows_of_facts(site: Site, number: int) -> Mapping[str, pl.DataFrame]:
    entry = site.lake.log.entry(number)
    return {table: gold_rows(site, entry, table).sort(site.registry.table(table).key) for table in FACTS}


def test_a_lake_with_facts_of_one_file_gets_months_and_shows_both(old_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(old_lake.folder)
    site, gold = old_lake.site(), old_lake.root / "olist/gold"
    old = built(site).release
    assert old is not None
    assert set(built(site).parts(TableId("gold", "fct_sales"))) == {WHOLE}
    assert facts_on_disk(gold) == SINGLE_FILES
    assert {"gold/fct_sales", "gold/fct_orders", "gold/release"} <= set(due(site))

    upgraded = run_job(old_lake.settings, "olist")
    new = built(site).release
    assert upgraded.succeeded and new is not None
    assert upgraded.tables["gold/fct_sales"] == "4 of 4 parts written"
    assert materialized_months(old_lake, upgraded) == (MONTHS, set()), "silver did not change, and its months stay materialized"
    assert facts_on_disk(gold) == SINGLE_FILES | FOLDERS
    before, after = rows_of_facts(site, old), rows_of_facts(site, new)
    assert all(before[table].equals(after[table]) and after[table].height for table in FACTS)
    assert {changed.table for changed in difference(site, old, new).tables} >= {f"gold/{table}" for table in FACTS}
    assert due(site) == []

    roll_back(site, old)
    assert facts_on_disk(gold) == SINGLE_FILES
    shown = site.lake.log.entry(old)
    assert is_up_to_date(site, shown) and damaged_files(site, shown) == []
    with session(site, shown) as opened:
        [(orders,)] = opened.ask("select count(*) from fct_orders").rows()
    assert orders == before["fct_orders"].height
    unpin(site)
    build(site)
    assert facts_on_disk(gold) == SINGLE_FILES | FOLDERS

    (old_lake.landing / "one_more.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    night = run_job(old_lake.settings, "olist")
    assert night.tables["gold/fct_orders"] == night.tables["gold/fct_sales"] == "1 of 4 parts written"
    assert materialized_months(old_lake, night) == (MONTHS, {"2017-02"})
    assert [found.says for found in examine(lambda: old_lake.settings, "olist", deep=True) if found.state == "fail"] == []
