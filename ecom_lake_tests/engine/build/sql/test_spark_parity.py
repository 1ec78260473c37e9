"""A whole shop on Spark: every SQL table, rule, key and identity gives what it gives on DuckDB, to the last bit.

Slow: Spark plans each of some 300 queries. They share one session, most with settings under which a query of a few thousand rows
takes less CPU. With the settings of builds run tables by month, test_spark_values.py and test_gold_on_spark.py; on demand, with
ECOM_LAKE_ON_DEMAND=1, everything here. So what differs by compiled code or adaptive plans alone is found on demand only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.gold.snapshots import changes_since
from ecom_lake.engine.build.gold.table_file import attach, write
from ecom_lake.engine.build.release.identities import identities_of
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.on_spark import OnSpark
from ecom_lake.engine.build.sql.spark_tables import overrides
from ecom_lake.engine.build.sql.sql_engine import Files, SqlEngine
from ecom_lake.engine.contracts.recipe import MODEL_SNAPSHOTS
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import literal, name, parquet
from ecom_lake.engine.store.lake import in_order
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.end_to_end.tampering import broken_rows
from ecom_lake_tests.engine.build.sql.bitwise import value_hash

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.timeout(3000)  # each query takes seconds on a busy machine

OPTIONS = SynthOptions(orders=600, seed=2, first_month="2017-01", last_month="2017-05", repeat_share=0.2, full=True)
SPARK = '\n[engine]\ngold = "spark"\nmaster = "local[2]"\n'

OF_SMALL_TABLES = {
    "spark.sql.codegen.wholeStage": "false",  # Java code for a query takes longer to compile than its rows to interpret
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",  # a query is planned once, and not again after each stage
    "spark.sql.shuffle.partitions": "2",  # partial results are still merged
}


@pytest.fixture
def small_session(spark_session: SparkSession) -> Iterator[SparkSession]:
    """The shared session, which has these settings during a test."""
    before = {setting: str(spark_session.conf.get(setting)) for setting in OF_SMALL_TABLES}
    for setting, value in ({} if "ECOM_LAKE_ON_DEMAND" in os.environ else OF_SMALL_TABLES).items():
        spark_session.conf.set(setting, value)
    yield spark_session
    for setting, value in before.items():
        spark_session.conf.set(setting, value)


@pytest.fixture(scope="module")
def by_duckdb(tmp_path_factory: pytest.TempPathFactory) -> CanonicalShop:
    """A synthetic shop with all columns, built by DuckDB."""
    shop = CanonicalShop(tmp_path_factory.mktemp("by_duckdb") / "shop")
    shop.folder.mkdir()
    shop.say(first=OPTIONS.first_month, last=OPTIONS.last_month, as_of="2017-05-31")
    shop.landing.parent.mkdir(parents=True)
    generate(shop.landing, OPTIONS)
    shop.build()
    return shop


@pytest.fixture
def by_spark(by_duckdb: CanonicalShop, small_session: SparkSession, tmp_path: Path) -> Mapping[str, str]:
    """By table, a hash of the values that Spark computes from the tables that DuckDB made."""
    site, found = by_duckdb.site, {}
    entry, tables = site.lake.log.head(), sql_tables(site)
    with duckdb.connect() as con:
        engine = OnSpark(small_session, con, tmp_path, overrides(site.registry))
        recipes = [site.registry.recipe(table) for table in tables]
        attach(site, entry, engine, sorted({read for how in recipes for read in (*how.reads, *how.names)}))
        engine.attach(MODEL_SNAPSHOTS, changes_since(site, entry))
        for table in tables:
            file, query = tmp_path / f"{table}.parquet", site.registry.recipe(table).sql
            write(con, engine.compute(str(query)), site.registry.table(table), file)
            found[table] = value_hash([file])
    return found


def sql_tables(site: Site) -> list[str]:
    """The tables of the shop that are made by SQL, without those about the log of the lake, which the builds changed."""
    recipes = {table: site.registry.recipe(table) for table in gold_tables(site)}
    return [table for table, recipe in recipes.items() if recipe.sql is not None and not recipe.reads_own_tables]


def hashes(site: Site) -> dict[str, str]:
    entry = site.lake.log.head()
    return {table: value_hash(site.lake.paths(entry, TableId("gold", table))) for table in sql_tables(site)}


def failed_rows(site: Site) -> dict[str, list[Mapping[str, int]]]:
    entry = site.lake.log.head()
    return {table: [file.failed for file in in_order(entry.parts(TableId("gold", table)))] for table in sql_tables(site)}


def test_every_table_has_the_same_values(by_duckdb: CanonicalShop, by_spark: Mapping[str, str]) -> None:
    here = hashes(by_duckdb.site)
    assert len(here) > 50
    assert {table for table in here if here[table] != by_spark[table]} == set()


@pytest.mark.usefixtures("spark_installed")
def test_tables_by_month_are_made_audited_and_committed_with_the_same_values(by_duckdb: CanonicalShop, tmp_path: Path) -> None:
    """With the settings of builds. Each month reads narrow inputs."""
    shop = CanonicalShop(tmp_path / "by_spark")
    shutil.copytree(by_duckdb.folder, shop.folder)
    shop.config.write_text(shop.config.read_text(encoding="utf-8") + SPARK, encoding="utf-8")
    site = open_site(shop.settings, "mine", full=True)
    monthly = [table for table in sql_tables(site) if site.registry.table(table).monthly]
    assert monthly
    before, failed = hashes(site), failed_rows(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(OnDuckDB, "compute")  # Spark computes and audits
        patch.delattr(OnDuckDB, "count_failed")
        outcomes = [outcome for table in monthly for outcome in make_gold(site, table)]
    assert [check.says for outcome in outcomes for check in outcome.checks if check.blocks] == []
    assert {outcome.table.name for outcome in outcomes if outcome.written} == {*monthly}
    assert hashes(site) == before
    assert failed_rows(site) == failed


def test_broken_rows_and_repeated_keys_are_counted_equally(
    by_duckdb: CanonicalShop, small_session: SparkSession, tmp_path: Path
) -> None:
    site, uncounted = by_duckdb.site, []
    with duckdb.connect() as con:
        here, there = OnDuckDB(con), OnSpark(small_session, con, tmp_path)
        for table in site.registry.gold.values():
            if not (paths := site.lake.paths(site.lake.log.head(), table.id)):
                continue
            broken = _broken(con, table, parquet(paths), tmp_path)
            kept = Path(shutil.copy(broken, tmp_path / "kept.parquet"))
            found = here.count_failed(table, [broken, paths[0]], [kept])
            assert there.count_failed(table, [broken, paths[0]], [kept]) == found, table.name
            assert found.repeated
            uncounted += [f"{table.name}: {rule.name}" for rule in table.rules if rule.name not in found.by_file[broken]]
    assert uncounted == []


def _broken(con: duckdb.DuckDBPyConnection, table: Table, source: str, folder: Path) -> Path:
    """A file with a failing row for each rule, a row without any value, and one with values that no column may have."""
    rows = [row for rule in table.rules for row in list(broken_rows(con, table, rule, source))[:1]]
    for value in ("null", "unusual"):
        columns = ", ".join(
            f"{'null' if value == 'null' else _UNUSUAL[column.kind.name]}::{column.kind.duckdb} as {name(column.name)}"
            for column in table.columns.values()
        )
        rows.append(con.sql(f"select {columns}").pl().match_to_schema(table.schema))
    file = folder / f"{table.name} [broken].parquet"
    pl.concat(rows).write_parquet(file)
    return file


_UNUSUAL = {
    "text": "'?'",
    "integer": "-1000000000",
    "money": "-1000000.01",
    "price": "-1000000.0001",
    "number": "'nan'",
    "flag": "false",
    "date": "date '1850-02-02'",
    "timestamp": "timestamp '1850-02-02 01:02:03.4'",
}


def test_identities_of_tables_that_contradict_each_other_fail_equally(
    by_duckdb: CanonicalShop, small_session: SparkSession, tmp_path: Path
) -> None:
    site = by_duckdb.site
    identities = identities_of(site)
    with duckdb.connect() as con, duckdb.connect() as other:
        here, there = OnDuckDB(con), OnSpark(small_session, other, tmp_path)
        _attach_changed(site, con, here, there, tmp_path)
        failed: dict[str, int] = {}
        for some in (identities[at : at + 10] for at in range(0, len(identities), 10)):
            counts = " union all ".join(
                f"select {literal(f'{one.table}: {one.identity.name}')} as identity, count(*) as failed"
                f" from ({one.identity.breaks}) as broken"
                for one in some
            )
            found = dict(here.rows(counts, len(some)).rows())
            assert dict(there.rows(counts, len(some)).rows()) == found
            failed |= found
    assert sum(count > 0 for count in failed.values()) > len(identities) / 2


def _attach_changed(site: Site, con: duckdb.DuckDBPyConnection, here: SqlEngine, there: SqlEngine, folder: Path) -> None:
    """Each table in which a third of the numbers are one more than they were."""
    entry = site.lake.log.head()
    tables = {read for one in identities_of(site) for read in one.reads}
    for engine in (here, there):
        attach(site, entry, engine, sorted(tables))
    for table in sorted(tables & site.registry.gold.keys()):
        contract, file = site.registry.table(table), folder / f"{table}.parquet"
        key = ", ".join(map(name, contract.key))
        numbers = [column.name for column in contract.columns.values() if column.kind.is_numeric and not column.key]
        changes = ", ".join(f"case when hash({key}) % 3 = 0 then {name(c)} + 1 else {name(c)} end as {name(c)}" for c in numbers)
        replaced = f"replace ({changes})" if changes else ""
        con.execute(f"copy (select * {replaced} from {name(table)}) to {literal(str(file))} (format parquet)")
        for engine in (here, there):
            engine.attach(table, Files([file], contract))
