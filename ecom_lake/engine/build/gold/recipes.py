"""How each gold table is made, found beside its contract: `<table>.sql`, `<table>_build.py` or, for a model, `<table>_model.py`.

A SQL mart's inputs are read from its SQL, a Python mart's from its READS; nobody lists them a second time. A Python mart has
`build`, which makes its table, or is a model and has `fit`, which makes its tables and says of itself what stands in its
`…_fit` table; those whose contracts say `beside` are made with it.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb

from ecom_lake.engine.build.gold import python_table as gold_function
from ecom_lake.engine.build.gold.table_file import OWN_TABLES, SETTINGS
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts import registry as catalog
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.table import Table
from ecom_lake.settings import Shop

_LOCATION = re.compile(r'"query_location(_length)?":\d+,?')


@dataclass(frozen=True)
class Recipe:
    """How a gold table is made, and those beside it."""

    table: str
    reads: tuple[str, ...]
    contracts: tuple[Table, ...] = field(hash=False)
    """Its own, and those of the tables that are made with it."""
    sql: str | None = None
    module: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table, *self.beside)

    @property
    def fit(self) -> str | None:
        """The table that holds the fitted model."""
        return next((table for table in self.tables if table in catalog.fits()), None)

    @property
    def modules(self) -> tuple[str, ...]:
        """The Python modules that make it."""
        return (self.module, gold_function.__name__) if self.module else ()

    @property
    def query(self) -> str | None:
        """Its SQL without comments and layout."""
        return _without_layout(self.sql) if self.sql else None

    @property
    def speaks_of_the_lake(self) -> bool:
        """Whether it reads what the lake knows of itself (trust.py), and not the shop's tables."""
        return any(read in OWN_TABLES for read in self.reads)

    def run(self, con: duckdb.DuckDBPyConnection, shop: Shop, past: Past | None = None) -> Mapping[str, gold_function.Made]:
        """Its tables; a model knows its last fit."""
        if self.sql is not None:
            return {self.table: con.sql(self.sql)}
        assert self.module is not None
        if self.fit is None:
            return {self.table: gold_function.build(self.module, con, shop.mining)}
        return gold_function.fit(self.module, self.fit, con, shop.mining, past or Past())

    def settings(self, shop: Shop) -> object:
        """The settings that the table depends on."""
        if self.module is not None:
            return (shop.mining, shop.numbers) if SETTINGS in self.reads else shop.mining
        return shop.numbers if SETTINGS in self.reads else None


@cache
def recipe(table: str) -> Recipe:
    contract = catalog.gold()[table]
    if contract.beside:
        return recipe(contract.beside)
    beside = tuple(name for name, other in catalog.gold().items() if other.beside == table)
    contracts = (contract, *(catalog.gold()[name] for name in beside))
    home = catalog.file_of(table)
    if (path := home.with_suffix(".sql")).exists():
        sql = path.read_text(encoding="utf-8")
        return Recipe(table, tables_in(sql), contracts, sql=sql, beside=beside)
    for ending in ("_build", "_model"):
        if home.with_name(f"{table}{ending}.py").exists():
            module = f"{catalog.module_of(table)}{ending}"
            reads = tuple(importlib.import_module(module).READS)
            return Recipe(table, reads, contracts, module=module, beside=beside)
    raise LookupError(f"Nothing makes {table}: write {table}.sql, {table}_build.py or {table}_model.py beside its contract.")


@cache
def in_order() -> tuple[str, ...]:
    """The gold tables, each after those that it reads; those that speak of the whole lake come last."""
    made: list[str] = []
    waiting = set(catalog.gold())
    while waiting:
        ready = sorted(table for table in waiting if not waiting & set(recipe(table).reads))
        ready = [table for table in ready if not recipe(table).speaks_of_the_lake] or ready
        if not ready:
            raise LookupError(f"These gold tables read each other in a circle: {', '.join(sorted(waiting))}.")
        made += ready
        waiting -= set(ready)
    return tuple(made)


@cache
def tables_in(sql: str) -> tuple[str, ...]:
    """The tables that a query reads, without the names that it gives itself."""
    parsed = json.loads(_parsed(sql))
    named = {entry["key"] for node in _nodes(parsed) if isinstance(entries := node.get("map"), list) for entry in entries}
    return tuple(sorted({node["table_name"] for node in _nodes(parsed) if node.get("type") == "BASE_TABLE"} - named))


@cache
def _without_layout(sql: str) -> str:
    """Equal for queries that differ in nothing but comments, white space and the case of key words."""
    return fingerprint(_LOCATION.sub("", _parsed(sql)))


@cache
def _parsed(sql: str) -> str:
    """The syntax tree of a query, as JSON."""
    with _parser().cursor() as con:
        tree = str(con.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.startswith('{"error":true'):
        raise ValueError(json.loads(tree)["error_message"])
    return tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """One for all queries: to start an engine takes longer than to parse a query."""
    return duckdb.connect()


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for branch in tree.values():
            yield from _nodes(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)
