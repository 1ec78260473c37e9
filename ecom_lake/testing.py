"""Testing tables: a shop with rows written by hand, and the gold tables that are built from them.

A test states only the columns that matter to it; the helpers and the contracts fill the others. Each table is written and
audited as in a build, so the test fails if a row fails a blocking rule.

    shop = HandShop(project, orders=[order("o1"), order("o2", status="canceled")], order_items=[item("o1", "10.00")])
    assert shop.rows("weekday_sales", "weekday_name", "net_sales") == [("Wednesday", Decimal("10.00"))]

Here: rows of the canonical shop, and building gold from them. Not here: building a lake from delivered files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.month_files import in_months, narrow_rows
from ecom_lake.engine.build.gold.run_recipe import run_recipe
from ecom_lake.engine.build.gold.table_file import all_fits, settings_row, write
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.sql_engine import SqlEngine
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.config import UNDATED, EngineSettings, Shop
from ecom_lake.engine.contracts.domain import BEFORE
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.recipe import MODEL_FITS, MODEL_SNAPSHOTS, OWN_TABLES, SETTINGS, Recipe
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import parquet
from ecom_lake.extras import why_missing
from ecom_lake.shop.domain import SHOP
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings

Row = Mapping[str, Any]
CENT = Decimal("0.01")


def order(order_id: str, ordered_at: str | None = "2018-01-10 10:00:00", **more: Any) -> Row:
    status = more.get("status", "delivered")
    return {
        "order_id": order_id,
        "customer_id": f"buyer of {order_id}",
        "ordered_at": ordered_at,
        "status": status,
        "is_valid": status not in ("canceled", "unavailable"),
        "is_timeline_sound": True,
        **more,
    }


def item(order_id: str, unit_price: str = "10.00", line: int = 1, quantity: int = 1, **more: Any) -> Row:
    gross = (Decimal(unit_price) * quantity).quantize(CENT, ROUND_HALF_UP)
    sold = {"order_id": order_id, "line": line, "product_id": "p", "quantity": quantity, "unit_price": unit_price}
    return {**sold, "gross_sales": gross, "discount": 0, "freight": 0, "is_valid": True, **more}


def payment(order_id: str, amount: str, sequence: int = 1, **more: Any) -> Row:
    return {
        "order_id": order_id,
        "sequence": sequence,
        "method": "card",
        "instalments": 1,
        "amount": amount,
        "status": "paid",
        **more,
    }


def refund(order_id: str, amount: str, refunded_at: str | None = "2018-01-20 10:00:00", refund_id: str = "r", **more: Any) -> Row:
    return {"refund_id": refund_id, "order_id": order_id, "refunded_at": refunded_at, "amount": amount, **more}


def review(order_id: str, score: float, review_id: str = "r", **more: Any) -> Row:
    return {"review_id": review_id, "order_id": order_id, "score": score, "is_score_imputed": False, **more}


def customer(customer_id: str, **more: Any) -> Row:
    return {"customer_id": customer_id, **more}


def product(product_id: str = "p", category: str = "toys", **more: Any) -> Row:
    return {"product_id": product_id, "category": category, **more}


def target(month: str, kpi: str, value: float) -> Row:
    return {"month": month, "kpi": kpi, "target": value}


def event(event_date: str, name: str, **more: Any) -> Row:
    return {"event_date": event_date, "event": name, **more}


def seller(seller_id: str, **more: Any) -> Row:
    return {"seller_id": seller_id, **more}


class HandShop:
    """Silver tables are passed by name; the others are empty. A gold table is built on its first use.

    `project` is the folder of a user's own tables and questions; without it, only those of the package exist.
    """

    def __init__(
        self,
        project: Path | None = None,
        numbers: ShopSettings | None = None,
        mining: MiningSettings | None = None,
        registry: Registry | None = None,
        **silver: Iterable[Row],
    ) -> None:
        self.registry = registry or Registry(SHOP, project)
        if self.registry.invalid:
            raise ValueError(" ".join(self.registry.invalid.values()))
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self.shop = Shop("shop", "canonical", date(2017, 1, 1), None, numbers or ShopSettings(), mining or MiningSettings())
        self._made: dict[str, pl.DataFrame] = {}
        if unknown := sorted(set(silver) - set(self.registry.silver)):
            raise ValueError(f"There is no silver table {unknown[0]}; there are {', '.join(self.registry.silver)}.")
        self._create(SETTINGS, settings_row(self.shop.numbers))
        months = {row["order_id"]: _month(row["ordered_at"]) for row in silver.get("orders", [])}
        for name, contract in self.registry.silver.items():
            self._create(name, silver_rows(contract, silver.get(name, []), months))

    def table(self, name: str) -> pl.DataFrame:
        """A gold table, audited against its contract. The tables that it reads are built first."""
        if name not in self._made:
            recipe = self.registry.recipe(name)
            existing = {row[0] for row in self.con.execute("select table_name from information_schema.tables").fetchall()}
            if unknown := [read for read in recipe.reads if read in OWN_TABLES and read not in existing]:
                raise ValueError(f"{name} reads {unknown[0]}, which only a build can fill.")
            for read in recipe.reads:
                if read in self.registry.gold and read not in existing:
                    self.table(read)
            if MODEL_FITS in recipe.names:
                self.con.execute(f"create or replace view {MODEL_FITS} as {all_fits(self.registry)}")
            if MODEL_SNAPSHOTS in recipe.names:
                self.con.register(MODEL_SNAPSHOTS, self._unchanged_snapshots().to_arrow())
            for made, rows in run_recipe(recipe, OnDuckDB(self.con), self.shop, Past()).items():
                written, failed, _ = self.audited(made, rows)
                if failed:
                    raise AssertionError(f"{made} fails rules of its contract: {failed}")
                self._made[made] = written
                self._create(made, written)
            if recipe.spark_sql and not why_missing("spark"):
                self._refuse_other_values_on_spark(recipe)
        return self._made[name]

    def on_spark(self, name: str) -> pl.DataFrame:
        """A gold table made and audited by Spark on this machine, from the tables that it reads as DuckDB made them.

        It equals `table`. A table whose translation is overridden (`x.spark.sql`) is compared whenever Spark is installed.
        """
        from ecom_lake.engine.build.sql.open_spark import spark_engine
        from ecom_lake.engine.build.sql.spark_tables import overrides

        self.table(name)
        recipe, local = self.registry.recipe(name), EngineSettings(gold="spark", master="local[2]")
        with (
            TemporaryDirectory() as folder,
            closing(duckdb.connect()) as con,
            spark_engine(local, con, Path(folder), overrides(self.registry)) as engine,
        ):
            for read in dict.fromkeys((*recipe.reads, *recipe.names)):
                engine.attach(read, self.con.sql(f"select * from {read}").pl())
            return self._audited(engine, name, run_recipe(recipe, engine, self.shop, Past())[name])[0]

    def _refuse_other_values_on_spark(self, recipe: Recipe) -> None:
        here, there = self.table(recipe.table), self.on_spark(recipe.table)
        if not there.equals(here):
            raise AssertionError(
                f"{recipe.table}.spark.sql gives other values than {recipe.table}.sql. DuckDB: {here.rows()[:5]}, "
                f"Spark: {there.rows()[:5]}."
            )

    def by_month(self, name: str) -> pl.DataFrame:
        """A monthly table made in one query a month, as a build makes a touched month.

        It equals `table` if each month reads nothing but its own part of its inputs and what `narrow_inputs` declares.
        """
        whole, recipe = self.table(name), self.registry.recipe(name)
        monthly = [read for read in recipe.reads if read != SETTINGS and self.registry.table(read).monthly]
        months = pl.concat([self.con.sql(f"select month from {read}").pl() for read in monthly])["month"].unique().to_list()
        made = [self._of_month(recipe, monthly, UNDATED if month is None else month) for month in months]
        return pl.concat([whole.clear(), *made]).sort(whole.select(recipe.contracts[0].key).columns)

    def _of_month(self, recipe: Recipe, monthly: Iterable[str], month: date) -> pl.DataFrame:
        self.con.execute("create or replace schema of_month")
        self.con.execute("set search_path = 'of_month,main'")
        try:
            for read in monthly:
                self.con.execute(f"create view of_month.{read} as select * from main.{read} where {in_months([month])}")
            for narrow in recipe.contracts[0].narrow_inputs:
                rows = narrow_rows(narrow, f"select * from main.{narrow.table}", [month])
                self.con.execute(f"create view of_month.{narrow.table} as {rows}")
            return self.audited(recipe.table, run_recipe(recipe, OnDuckDB(self.con), self.shop, Past())[recipe.table])[0]
        finally:
            self.con.execute("set search_path = 'main'")
            self.con.execute("drop schema of_month cascade")

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted by key; with all columns, or only the given ones."""
        return self.table(table).select(columns or pl.all()).rows()

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        """The first row with these values."""
        return self.table(table).filter(**where).row(0, named=True) if where else self.table(table).row(0, named=True)

    def broken(self, *tables: str) -> set[str]:
        """The identities of these tables that do not hold."""
        for name in tables:
            self.table(name)
        identities = [identity for name in tables for identity in self.registry.table(name).identities]
        return {identity.name for identity in identities if self.con.execute(identity.breaks).fetchall()}

    def answer(self, question: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The answer to a question, as rows; parameters that are not given have their default."""
        found = next(one for one in self.registry.questions if one.name == question)
        for read in found.reads:
            self.table(read)
        for one in found.parameters:
            if one.name not in parameters:
                parameters[one.name] = self.con.execute(one.default).fetchall()[0][0]
        return self.con.execute(found.sql, parameters).fetchall()

    def audited(self, name: str, rows: duckdb.DuckDBPyRelation | pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int], bool]:
        """The rows as they are written to this table, the failed rows by rule, and whether a blocking check failed."""
        return self._audited(OnDuckDB(self.con), name, rows)

    def _audited(
        self, engine: SqlEngine, name: str, rows: duckdb.DuckDBPyRelation | pl.DataFrame
    ) -> tuple[pl.DataFrame, dict[str, int], bool]:
        contract = self.registry.table(name)
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.parquet"
            write(engine.con, rows, contract, file)
            failed, checks = audit(engine, contract, file)
            written = engine.con.sql(f"select * from {parquet([file])}").pl()
        return written, failed, any(check.blocks for check in checks)

    def _unchanged_snapshots(self) -> pl.DataFrame:
        """The view of the snapshots: the models have just run, so that nothing has changed since."""
        declared = self.registry.domain.snapshots
        assert declared is not None
        for table in declared.tables:
            self.con.execute(f"create or replace view {table}{BEFORE} as select * from {table}")
        models = pl.DataFrame({"model": list(self.registry.fits)}, schema={"model": pl.String()})
        return models.join(self.con.sql(declared.changes).pl(), how="cross")

    def _create(self, name: str, rows: pl.DataFrame) -> None:
        self.con.register("_given", rows.to_arrow())
        self.con.execute(f"create table {name} as select * from _given")
        self.con.unregister("_given")


def silver_rows(contract: Table, rows: Iterable[Row], months: Mapping[str, date | None]) -> pl.DataFrame:
    """Rows of a silver table. The default month is that of the order; the lineage numbers the rows."""
    given = []
    for number, row in enumerate(rows, 1):
        unknown = set(row) - set(contract.columns)
        assert not unknown, f"silver has no {contract.name}.{unknown}"
        given.append({"source_sequence": 1, "source_record": number, "month": months.get(row.get("order_id", "")), **row})
    columns = {
        name: pl.Series(name, [_value(row.get(name), column.kind.polars) for row in given], column.kind.polars)
        for name, column in contract.columns.items()
    }
    return pl.DataFrame(columns)


def _value(value: Any, kind: pl.DataType) -> Any:
    if isinstance(value, str) and kind == pl.Datetime("us"):
        return datetime.fromisoformat(value)
    if isinstance(value, str | int) and kind.is_decimal():
        return Decimal(value)
    return value


def _month(ordered_at: str | None) -> date | None:
    return datetime.fromisoformat(ordered_at).date().replace(day=1) if ordered_at else None
