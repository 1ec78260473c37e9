"""Shops of two years for the anomaly warnings: the silver tables of a synthetic shop, and faults planted into them.

`python -m ecom_lake_tests.builders.synthetic_silver` measures false alarms and detection on more shops than the tests do.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold.table_file import attach, settings_row
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.shop.kpis.anomalies_build import build
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.catalog import recipe

SILVER = ("orders", "order_items", "payments", "reviews", "products", "customers", "sellers", "places")
CHILDREN = ("order_items", "payments", "reviews")
MONTH = "2018-07-01"
"""Where faults are planted: a settled month late in the history."""


def clean_silver(folder: Path, seed: int, orders: int) -> dict[str, pl.DataFrame]:
    """The silver tables of a shop without faults."""
    options = SynthOptions(orders=orders, seed=seed, broken=0, corrections=0)
    generate(folder / "olist" / "landing", options)
    return silver_of(folder)


def silver_of(folder: Path) -> dict[str, pl.DataFrame]:
    site = a_site(folder, "2016-09-01", "2018-10-01")
    ingest(site)
    make_order_index(site)
    for table in silver_tables(site):
        make_silver(site, table)
    with site.engine() as (con, _):
        attach(site, site.lake.log.head(), OnDuckDB(con), SILVER)
        return {table: con.table(table).pl() for table in SILVER}


@contextmanager
def shop_of(silver: dict[str, pl.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the silver tables, so that a fault can be planted."""
    with duckdb.connect() as con:
        con.register("settings", settings_row(ShopSettings()).to_arrow())
        for table, rows in silver.items():
            con.register("rows", rows.to_arrow())
            kinds = catalog.silver()[table].columns.values()
            types = ", ".join(f"{column.name}::{column.kind.duckdb} as {column.name}" for column in kinds)
            con.execute(f"create table {table} as select {types} from rows")
            con.unregister("rows")
        yield con


def anomalies(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    for table in gold_before("anomalies"):
        sql = recipe(table).sql
        assert sql is not None
        con.execute(f"create or replace table {table} as {sql}")
    return build(con, MiningSettings())


def gold_before(table: str) -> list[str]:
    """The gold inputs of a table in build order, including indirect ones."""
    before: dict[str, None] = {}
    for read in recipe(table).reads:
        if read in catalog.gold():
            before |= dict.fromkeys([*gold_before(read), read])
    return list(before)


@dataclass(frozen=True)
class Fault:
    name: str
    plant: tuple[str, ...]
    """Statements over silver; {month} is the month with the fault."""
    found_by: str
    """The column that must be an anomaly in that month, as table.column."""


def _without(which: str) -> tuple[str, ...]:
    gone = f"(select order_id from orders where month = '{{month}}' and {which})"
    return tuple(f"delete from {table} where order_id in {gone}" for table in (*CHILDREN, "orders"))


def _in_month(table: str, change: str) -> tuple[str, ...]:
    return (f"update {table} set {change} where month = '{{month}}'",)


_HALF = "md5(order_id) < '8'"
_SWAPPED = "when 'credit_card' then 'boleto' when 'boleto' then 'credit_card'"
_ONE_PRODUCT = "select min(product_id) from products where category = (select mode(category) from products)"

FAULTS = (
    Fault("the second half of a month is missing", _without("ordered_at::date >= month + 15"), "orders.*"),
    Fault("every second order is missing", _without(_HALF), "orders.*"),
    Fault("nearly a whole month is missing", _without("md5(order_id) < 'fc'"), "orders.*"),
    Fault("half the payments are missing", (f"delete from payments where month = '{{month}}' and {_HALF}",), "payments.*"),
    Fault("half the lines are missing", (f"delete from order_items where month = '{{month}}' and {_HALF}",), "order_items.*"),
    Fault("no reviews came", ("delete from reviews where month = '{month}'",), "reviews.*"),
    Fault(
        "every line was delivered twice",
        ("insert into order_items select * replace (line + 1000 as line) from order_items where month = '{month}'",),
        "order_items.*",
    ),
    Fault(
        "every order was delivered twice",
        tuple(
            f"insert into {table} select * replace (order_id || '-2' as order_id) from {table} where month = '{{month}}'"
            for table in ("orders", *CHILDREN)
        ),
        "orders.*",
    ),
    Fault(
        "prices times 100",
        _in_month("order_items", "unit_price = unit_price * 100, gross_sales = gross_sales * 100"),
        "order_items.unit_price",
    ),
    Fault(
        "prices in another currency, times 5.5",
        _in_month("order_items", "unit_price = unit_price * 5.5"),
        "order_items.unit_price",
    ),
    Fault("freight is 0", _in_month("order_items", "freight = 0"), "order_items.freight"),
    Fault("payments times 100", _in_month("payments", "amount = amount * 100"), "payments.amount"),
    Fault("states became NULL", _in_month("orders", "state = null"), "orders.state"),
    Fault(
        "a fifth of the sellers became NULL",
        _in_month("order_items", "seller_id = case when md5(order_id) >= '33' then seller_id end"),
        "order_items.seller_id",
    ),
    Fault("days of delivery became NULL", _in_month("orders", "delivered_at = null"), "orders.delivered_at"),
    Fault(
        "two methods of payment swapped",
        _in_month("payments", f"method = case method {_SWAPPED} else method end"),
        "payments.method",
    ),
    Fault(
        "a state under a new name",
        _in_month("orders", "state = case state when 'SP' then 'São Paulo' else state end"),
        "orders.state",
    ),
    Fault("every category is the same", _in_month("order_items", f"product_id = ({_ONE_PRODUCT})"), "order_items.category"),
    Fault("an unknown status", _in_month("orders", "status = 'unknown'"), "orders.status"),
    Fault("best scores for worst", _in_month("reviews", "score = 6 - score"), "reviews.score"),
    Fault("deliveries a month later", _in_month("orders", "delivered_at = delivered_at + interval 30 day"), "orders.lead_days"),
    Fault("nothing for ten days", _without("day(ordered_at) between 11 and 20"), "orders.*"),
)


def plant(con: duckdb.DuckDBPyConnection, fault: Fault, month: str = MONTH) -> None:
    for statement in fault.plant:
        con.execute(statement.format(month=month))


def standing_out(found: pl.DataFrame, month: str = MONTH) -> set[str]:
    rows = found.filter("is_anomaly", pl.col("month") == pl.lit(month).str.to_date())
    return set(rows.select(pl.concat_str("table_name", pl.lit("."), "column_name")).to_series())


def false_alarms(found: pl.DataFrame) -> tuple[int, int]:
    """The number of anomalies, and the number of tests."""
    return int(found["is_anomaly"].sum()), int(found["expected"].is_not_null().sum())


def detected(silver: dict[str, pl.DataFrame], month: str = MONTH) -> dict[str, bool]:
    with shop_of(silver) as con:
        return {fault.name: _is_found(con, fault, month) for fault in FAULTS}


def _is_found(con: duckdb.DuckDBPyConnection, fault: Fault, month: str) -> bool:
    con.execute("begin")
    plant(con, fault, month)
    found = standing_out(anomalies(con), month)
    con.execute("rollback")
    return fault.found_by in found


def measure(write: Callable[[str], object], seeds: range, orders: int) -> None:
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            silver = clean_silver(Path(folder), seed, orders)
        with shop_of(silver) as con:
            found = anomalies(con)
        alarms, tests = false_alarms(found)
        write(f"{orders} orders, seed {seed}: {alarms} false alarms in {tests} tests\n")
        for sentence in found.filter("is_anomaly")["sentence"]:
            write(f"    {sentence}\n")
        for month in (MONTH, "2017-11-01", "2018-02-01"):
            missed = [fault for fault, is_found in detected(silver, month).items() if not is_found]
            write(f"    {month}: {len(FAULTS) - len(missed)} of {len(FAULTS)} faults found; missed: {missed}\n")


def measure_folder(write: Callable[[str], object], export: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(export, Path(folder) / "olist" / "landing", ignore=lambda _, names: [n for n in names if ".csv" not in n])
        silver = silver_of(Path(folder))
    with shop_of(silver) as con:
        found = anomalies(con)
    write(f"{export.name}: {false_alarms(found)} anomalies and tests\n")
    for sentence in found.filter("is_anomaly")["sentence"]:
        write(f"    {sentence}\n")
    missed = [fault for fault, is_found in detected(silver).items() if not is_found]
    write(f"    {len(FAULTS) - len(missed)} of {len(FAULTS)} faults found; missed: {missed}\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_folder(sys.stdout.write, Path(sys.argv[1]))
    else:
        measure(sys.stdout.write, range(11, 14), 6_000)
