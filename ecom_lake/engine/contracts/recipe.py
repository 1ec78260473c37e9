"""How a gold table is made: by the SQL file, or by the Python function, next to its contract.

Here: `rfm.py` (contract) is made by `rfm.sql`, by `build` in `rfm_build.py` or, for a model, by `fit` in `rfm_model.py`. The
inputs of SQL are parsed from the SQL, those of Python are its READS; they are listed nowhere else. Tables whose contracts
name another table with `beside` are built together with it. Where there is a `rfm.spark.sql`, Spark runs it instead of a
translation of `rfm.sql`.
Not here: running a recipe (engine/build/gold/), and finding the contracts (registry.py).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ecom_lake.engine.contracts.sql_tables import tables_in, without_layout
from ecom_lake.engine.contracts.syntax_tree import parse
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.text_file import read_text

SETTINGS = "settings"
"""The view with the shop's settings, in one row."""
MODEL_FITS = "model_fits"
"""The view with the rows of all `…_fit` tables, and with `model` as its first column."""
MODEL_SNAPSHOTS = "model_snapshots"
"""The view with one row per model: `model`, and what changed since it ran (Snapshots.changes in domain.py)."""
OWN_TABLES = ("lake_deliveries", "lake_fates", "lake_checks", "lake_columns")
"""The views with the lake's own records (engine/build/release/own_tables.py)."""
RESERVED = (SETTINGS, MODEL_FITS, MODEL_SNAPSHOTS, *OWN_TABLES)
"""Names that no table may have."""


@dataclass(frozen=True)
class Recipe:
    """How a gold table is made, and the tables that are made together with it."""

    table: str
    names: tuple[str, ...]
    """The names of its inputs, as its code has them."""
    reads: tuple[str, ...]
    """The tables and views that it reads; all fits where it reads `model_fits` or `model_snapshots`."""
    contracts: tuple[Table, ...] = field(hash=False)
    """The contract of the table, and those of the tables that are made with it."""
    fit: str | None = None
    """The table that holds the fitted model."""
    sql: str | None = None
    spark_sql: str | None = field(default=None, compare=False)
    """The same query in Spark's SQL, from `x.spark.sql`, instead of a translation. It gives the same values, so that it is part
    of no fingerprint (docs/decisions/0067)."""
    module: str | None = None
    file: Path = field(default=Path(), compare=False)
    """The file with the SQL or the Python function."""

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(contract.name for contract in self.contracts)

    @property
    def query(self) -> str | None:
        """The SQL without comments and layout."""
        return without_layout(self.sql) if self.sql else None

    @property
    def reads_own_tables(self) -> bool:
        """Whether it reads the lake's own records instead of the shop's tables."""
        return any(read in OWN_TABLES for read in self.reads)


def read_recipe(contracts: Sequence[Table], module: str, file: Path, fits: Mapping[str, str]) -> Recipe:
    """The recipe of the first of these contracts, which is defined in this module; the others are made together with it.

    `fits` are all fit tables, each by the name of its model.
    """
    table = contracts[0].name
    override = file.with_suffix(".spark.sql")
    own_fit = next((contract.name for contract in contracts if contract.name in fits.values()), None)
    if (path := file.with_suffix(".sql")).exists():
        sql = read_text(path)
        try:
            names = tables_in(sql)
        except ValueError as error:
            raise ValueError(f"{path}: its SQL cannot be parsed: {error}") from None
        spark_sql = read_text(override) if override.exists() else None
        reads = _expanded(names, fits)
        return Recipe(table, names, reads, tuple(contracts), own_fit, sql=sql, spark_sql=spark_sql, file=path)
    if override.exists():
        raise ValueError(f"{override}: it overrides the translation of {path.name}, which does not exist: write {path.name}.")
    for ending in ("_build", "_model"):
        if (path := file.with_name(f"{file.stem}{ending}.py")).exists():
            maker = f"{module}{ending}"
            names = _reads_of(path, read_text(path))
            return Recipe(table, names, _expanded(names, fits), tuple(contracts), own_fit, module=maker, file=path)
    raise ValueError(
        f"{file}: nothing makes the table {table}. Write {table}.sql, {table}_build.py or, for a model, {table}_model.py next "
        "to its contract."
    )


def _expanded(names: Sequence[str], fits: Mapping[str, str]) -> tuple[str, ...]:
    reads_fits = MODEL_FITS in names or MODEL_SNAPSHOTS in names
    return tuple(sorted({name for name in names if name != MODEL_FITS} | (set(fits.values()) if reads_fits else set())))


@cache
def _reads_of(file: Path, source: str) -> tuple[str, ...]:
    """READS of a module, parsed from its source: importing a model takes long."""
    for node in parse(source).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "READS" for t in node.targets):
            with suppress(ValueError):
                reads = ast.literal_eval(node.value)
                if isinstance(reads, tuple | list) and all(isinstance(read, str) for read in reads):
                    return tuple(reads)
            raise ValueError(f"{file}:{node.lineno}: READS must list the names of tables as texts, {_EXAMPLE}.")
    raise ValueError(f"{file}: it has no READS: list the tables that it reads, {_EXAMPLE}.")


_EXAMPLE = 'such as READS = ("fct_orders",)'
