"""A shop of silver rows written by hand, and the gold tables that the SQL marts make of them.

A test names only the columns that matter to it; the rest are what the silver contracts allow: NULL where they may be, else an
ordinary value. Each table that is asked for is written and held against its contract as the pipeline does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.build.gold.recipes import in_order, recipe
from ecom_lake.engine.build.gold.table_file import SETTINGS, write
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import literal
from ecom_lake.settings import Shop
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings, settings_row

Row = Mapping[str, Any]
CENT = Decimal("0.01")
JANUARY = date(2018, 1, 1)
"""The month of an order whose date a test does not give."""


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
    return {"order_id": order_id, "sequence": sequence, "method": "card", "instalments": 1, "amount": amount, **more}


def review(order_id: str, score: float, review_id: str = "r", **more: Any) -> Row:
    return {"review_id": review_id, "order_id": order_id, "score": score, "is_score_imputed": False, **more}


def customer(customer_id: str, **more: Any) -> Row:
    return {"customer_id": customer_id, **more}


def product(product_id: str = "p", category: str = "toys", **more: Any) -> Row:
    return {"product_id": product_id, "category": category, **more}


def seller(seller_id: str, **more: Any) -> Row:
    return {"seller_id": seller_id, **more}


def some(row: Row, *columns: str) -> dict[str, Any]:
    """These columns of a row."""
    return {name: row[name] for name in columns}


def monthly(first: str, *counts: int) -> list[Row]:
    """So many orders in each month from the first on: one on the 1st, the others on the 28th, each of another person."""
    year, month = (int(part) for part in first.split("-"))
    starts = [date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1) for i in range(len(counts))]
    return [
        order(f"{start:%Y-%m} no. {number}", f"{start.replace(day=28 if number else 1)} 12:00:00")
        for start, count in zip(starts, counts, strict=True)
        for number in range(count)
    ]


def _makeable() -> tuple[str, ...]:
    """The gold tables that SQL alone makes of silver and settings."""
    known = {SETTINGS, *catalog.silver()}
    made: list[str] = []
    for table in in_order():
        if recipe(table).sql is not None and set(recipe(table).reads) <= known:
            known.add(table)
            made.append(table)
    return tuple(made)


MARTS = _makeable()


class HandShop:
    """Its silver tables are given by name; those that are not are empty. Gold is made when it is asked for."""

    def __init__(self, numbers: ShopSettings | None = None, **silver: Iterable[Row]) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self._shop = Shop("shop", "olist", date(2017, 1, 1), None, numbers or ShopSettings(), MiningSettings())
        self._made: dict[str, pl.DataFrame] = {}
        assert set(silver) <= set(catalog.silver()), "silver tables go by their names"
        self._attach(SETTINGS, settings_row(self._shop.numbers))
        months = {row["order_id"]: _month(row["ordered_at"]) for row in silver.get("orders", [])}
        for name, contract in catalog.silver().items():
            self._attach(name, silver_rows(contract, silver.get(name, []), months))

    def table(self, name: str) -> pl.DataFrame:
        """A gold table, made as the pipeline makes it after those that it reads, and held against its contract."""
        if name not in self._made:
            for read in recipe(name).reads:
                if read in catalog.gold():
                    self.table(read)
            self._made[name] = self._make(name)
        return self._made[name]

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Its rows in the order of its key; of these columns."""
        return self.table(name).select(columns).rows()

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        """The only row of which this is true."""
        return self.table(table).filter(**where).row(0, named=True) if where else self.table(table).row(0, named=True)

    def broken(self) -> set[str]:
        """The identities of the tables in `MARTS` that do not hold."""
        for name in MARTS:
            self.table(name)
        identities = [identity for name in MARTS for identity in catalog.gold()[name].identities]
        return {identity.name for identity in identities if self.con.execute(identity.breaks).fetchall()}

    def audited(self, name: str, rows: duckdb.DuckDBPyRelation | pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int], bool]:
        """What becomes of rows as this table: as they are written, how many break each rule, and whether that blocks."""
        contract = catalog.gold()[name]
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.parquet"
            write(self.con, rows, contract, file)
            failed, checks = audit(self.con, contract, file)
            written = self.con.sql(f"select * from read_parquet({literal(str(file))})").pl()
        return written, failed, any(check.blocks for check in checks)

    def _make(self, name: str) -> pl.DataFrame:
        rows, failed, _ = self.audited(name, recipe(name).run(self.con, self._shop)[name])
        assert failed == {}, f"{name}: {failed}"
        self._attach(name, rows)
        return rows

    def _attach(self, name: str, rows: pl.DataFrame) -> None:
        self.con.register("_given", rows.to_arrow())
        self.con.execute(f"create table {name} as select * from _given")
        self.con.unregister("_given")


def silver_rows(contract: Table, rows: Iterable[Row], months: Mapping[str, date | None]) -> pl.DataFrame:
    """Rows as silver has them. A month that is not given is that of the order; lineage counts the rows."""
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
