"""Gold and release: reproducible bytes, an empty shop, stale tables, and rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.release.plain_view import plain_files
from ecom_lake.engine.build.release.release import make_release, roll_back, unpin
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import File, files_of
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake, needed_states
from ecom_lake_tests.builders.few_tables import with_few_tables
from ecom_lake_tests.builders.monthly_facts import FACTS
from ecom_lake_tests.builders.olist_files import a_site, item, land, order
from ecom_lake_tests.catalog import in_order, recipe
from ecom_lake_tests.engine.build.crash import content


def test_the_bytes_do_not_depend_on_the_number_of_threads(fresh_lake: BuiltLake) -> None:
    """The lake was built with two. More threads and SQL alone: shop/test_threads_and_row_order.py."""
    wanted = content(fresh_lake.site())
    build(replace(fresh_lake.site(full=True), threads=1))
    assert content(fresh_lake.site()) == wanted


def test_an_empty_file_of_orders_makes_empty_tables_that_are_not_released(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [])
    [refused] = [check.says for outcome in build(site) for check in outcome.checks if check.blocks]
    assert refused.startswith("No order was ever delivered: orders.csv has no rows.")
    head = site.lake.log.head()
    assert head.release is None
    kpis = pl.read_parquet(site.lake.paths(head, TableId("gold", "kpi_summary")), glob=False)
    assert sum(file.rows for file in head.parts(TableId("gold", "fct_orders")).values()) == 0
    assert kpis.filter(metric="net_sales")["value"].to_list() == [0.0]
    assert kpis.filter(metric="aov")["value"].to_list() == [None]


def test_a_shop_of_one_order_is_released(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "order_items.csv", "order_items", [item(1, "10.00"), item(1, "2.50", line=2)])
    refused = [check.says for outcome in build(site) for check in outcome.checks if check.blocks]
    assert not refused
    with duckdb.connect(str(tmp_path / "olist/catalog.duckdb"), read_only=True) as con:
        assert str(con.execute("select net_sales, freight from fct_orders").fetchall()[0][0]) == "12.50"


def test_the_plain_view_equals_the_release(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    released = site.lake.log.released()
    assert released is not None
    gold = {path.relative_to(built_lake.root / "olist/gold").as_posix() for path in (built_lake.root / "olist/gold").rglob("*")}
    months = {f"{table}/month=2017-0{n}.parquet" for table in FACTS for n in range(1, 5)}
    assert gold == {f"{table}.parquet" for table in gold_tables(site)} | {*FACTS} | months
    for path, file in plain_files(released).items():
        assert (built_lake.root / "olist" / path).read_bytes() == site.lake.local(file).read_bytes()


def test_power_bi_can_read_the_gold_files(built_lake: BuiltLake) -> None:
    """Old encodings, snappy compression, and only types that its reader supports."""
    kinds = ("string", "int64", "double", "bool", "date32[day]", "timestamp[us]")
    for path in sorted((built_lake.root / "olist/gold").rglob("*.parquet")):
        file, table = pq.ParquetFile(path), path.stem
        for field in file.schema_arrow:
            decimal = str(field.type).startswith("decimal128(18, ")
            assert decimal or str(field.type) in kinds, (table, field)
        for group in range(file.metadata.num_row_groups):
            for n in range(file.metadata.num_columns):
                column = file.metadata.row_group(group).column(n)
                assert column.compression == "SNAPPY", table
                assert set(column.encodings) <= {"PLAIN", "RLE", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "BIT_PACKED"}, (
                    table,
                    column,
                )


def test_a_mart_that_is_built_alone_is_committed_and_not_released_until_nothing_is_stale(fresh_lake: BuiltLake) -> None:
    site = with_few_tables(fresh_lake.site(), ["kpi_monthly"])
    released = site.lake.log.head().release
    land(site, "more/orders.csv", "orders", [order(1, "2017-02-02 02:02:02")])
    ingest(site)
    make_order_index(site)
    make_silver(site, "orders")
    make_gold(site, "fct_orders")
    made = make_release(site)
    assert made.refused
    stale = next(check for check in made.checks if check.name == "nothing_stale")
    assert "gold/kpi_monthly" in {row["table"] for row in stale.evidence}
    assert site.lake.log.head().release == released
    assert not [check for outcome in build(site) for check in outcome.checks if check.blocks]
    assert site.lake.log.head().release == site.lake.log.head().number


OWN_CONTRACT = """
from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class OrdersByMonth(Gold):
    \"\"\"One row per month.\"\"\"

    month = vocabulary.month.replace(key=True)
    orders = Count("Number of orders.")

    rules = (Rule("is_quiet", "orders < {most}", "No month has so many orders."),)
"""


def test_a_table_that_fails_a_blocking_rule_is_not_committed(fresh_lake: BuiltLake) -> None:
    """It keeps the rows that were good before."""
    tables = fresh_lake.folder / "tables"
    tables.mkdir()
    (tables / "orders_by_month.sql").write_text(
        "-- How many orders?\nselect month, count(*) as orders from fct_orders group by month\n"
    )

    def make(most: int) -> tuple[bool, Mapping[TableId, Mapping[Part, File]]]:
        (tables / "orders_by_month.py").write_text(OWN_CONTRACT.format(most=most), encoding="utf-8")
        [outcome] = make_gold(fresh_lake.site(), "orders_by_month")
        return outcome.refused, fresh_lake.site().lake.log.head().tables

    refused, first = make(most=1)
    assert refused and TableId("gold", "orders_by_month") not in first
    refused, good = make(most=1_000)
    assert not refused and TableId("gold", "orders_by_month") in good
    assert make(most=2) == (True, good)


def test_a_full_build_recomputes_current_tables(fresh_lake: BuiltLake) -> None:
    [kept] = make_gold(fresh_lake.site(), "dim_date")
    [made] = make_gold(fresh_lake.site(full=True), "dim_date")
    assert (kept.written, made.written) == ((), (WHOLE,))


def test_nothing_is_due_after_a_build_and_a_changed_table_is_due(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    build(site)
    assert due(site) == []
    land(site, "more/orders.csv", "orders", [order(1, "2017-02-02 02:02:02")])
    assert due(site) == ["landing"]
    (fresh_lake.root / "olist/gold/rfm.parquet").write_bytes(b"a careless writer")
    assert due(site) == ["landing", "gold/release"]


def test_a_rollback_pins_the_release_and_unpin_releases_the_newest_state(fresh_lake: BuiltLake) -> None:
    site = with_few_tables(fresh_lake.site(), ["fct_orders"])
    build(site)
    first = site.lake.log.head().release
    assert first is not None
    orders = (fresh_lake.root / "olist/gold/fct_orders.parquet").read_bytes()
    land(site, "more/orders.csv", "orders", [order(1, "2017-02-02 02:02:02")])
    build(site)
    assert (fresh_lake.root / "olist/gold/fct_orders.parquet").read_bytes() != orders
    roll_back(site, first)
    assert (fresh_lake.root / "olist/gold/fct_orders.parquet").read_bytes() == orders
    land(site, "more/2.csv", "orders", [order(2, "2017-02-02 02:02:02")])
    pinned = build(site)[-1]
    assert "pinned" in pinned.notes[0]
    assert site.lake.log.head().release == first
    assert (fresh_lake.root / "olist/gold/fct_orders.parquet").read_bytes() == orders
    unpin(site)
    build(site)
    assert site.lake.log.head().release == site.lake.log.head().number
    with pytest.raises(UserError, match="is not a release"):
        roll_back(site, 1)


def test_files_that_no_kept_state_references_are_garbage(fresh_lake: BuiltLake) -> None:
    site = with_few_tables(fresh_lake.site(), ["fct_orders"])
    land(site, "more/orders.csv", "orders", [order(1, "2017-02-02 02:02:02")])
    build(site)
    assert find_garbage(site, timedelta(days=1)).files == ()
    collect_garbage(site, find_garbage(site, timedelta(0)))
    head = site.lake.log.head()
    for parts in head.tables.values():
        for file in parts.values():
            assert site.lake.local(file).exists()
    stored = {info.path for info in site.lake.store.list("olist/_store") if "/log/" not in info.path}
    manifests = site.lake.log.manifests.paths(needed_states(site))
    assert stored - manifests == {f"olist/{path}" for path in files_of(needed_states(site))}


def test_the_inputs_of_a_table_are_parsed_from_its_sql() -> None:
    query = (
        "with a as (select * from fct_orders), b as (select 1 from a) select * from b, orders where x in (select 1 from dim_date)"
    )
    assert tables_in(query) == ("dim_date", "fct_orders", "orders")
    place = {table: number for number, table in enumerate(in_order())}
    for table, number in place.items():
        assert all(place[read] < number for read in recipe(table).reads if read in place)
