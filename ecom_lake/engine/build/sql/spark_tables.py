"""Whether tables run on Spark: their queries, rules and identities, checked before anything is built.

Here: the tables of a registry, and the queries in Spark's own SQL (`x.spark.sql`). Not here: the translation (spark_sql.py).
Only code that needs the translation imports this module, and sqlglot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.build.sql.spark_sql import why_not
from ecom_lake.engine.build.sql.spark_types import Schema
from ecom_lake.engine.contracts.column_rules import all_row_rules
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.recipe import MODEL_FITS, SETTINGS, Recipe
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Rule, Table


def overrides(registry: Registry) -> Mapping[str, str]:
    """The queries in Spark's own SQL, each by the query that it replaces."""
    recipes = (registry.recipe(table) for table in registry.gold)
    return {recipe.sql: recipe.spark_sql for recipe in recipes if recipe.sql and recipe.spark_sql}


def why_not_on_spark(registry: Registry, recipe: Recipe) -> str | None:
    """Why Spark cannot make or check the tables of a recipe, in a sentence with its file; None if it can."""
    return next(_refusals(registry, recipe), None)


def why_not_computed(registry: Registry, recipe: Recipe) -> str | None:
    """Why Spark cannot compute the query of a recipe; None if it can. Python functions run on DuckDB."""
    if recipe.spark_sql is not None:
        why = _why_not_an_override(recipe.spark_sql, recipe.names)
        return why and f"{recipe.file.with_suffix('.spark.sql')}: {why}"
    why = why_not(recipe.sql, schema_of(registry)) if recipe.sql is not None else None
    return why and f"{recipe.file}: {why} Or write the query in Spark's SQL: {recipe.table}.spark.sql."


def _refusals(registry: Registry, recipe: Recipe) -> Iterator[str]:
    if why_not_made := why_not_computed(registry, recipe):
        yield why_not_made
    schema = schema_of(registry)
    for table in recipe.contracts:
        yield from (f"{registry.definition(table.name).file}: {why}" for why in _conditions_refused(table, schema))


def _why_not_an_override(sql: str, names: tuple[str, ...]) -> str | None:
    """What is wrong with a query in Spark's SQL, as far as it is known without Spark."""
    try:
        statements = parse(sql, read="spark")
    except SqlglotError as error:
        return f"its SQL cannot be parsed: {str(error).splitlines()[0]}."
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return "it must contain one SELECT and nothing else."
    own = {cte.alias for cte in statements[0].find_all(exp.CTE)}
    unknown = sorted({table.name for table in statements[0].find_all(exp.Table)} - own - {*names})
    if unknown:
        return f"it reads {unknown[0]}, which the query that it replaces does not read: both must read the same tables."
    return None


def _conditions_refused(table: Table, schema: Schema) -> Iterator[str]:
    rules = all_row_rules(table)
    if why_not(_counts(table, rules), schema, is_condition=True):
        for rule in rules:
            if why := why_not(_counts(table, [rule]), schema, is_condition=True):
                yield f"Spark cannot check the rule {rule.name} of {table.name}: {why}"
    for identity in table.identities:
        if why := why_not(identity.breaks, schema, is_condition=True):
            yield f"Spark cannot check the identity {identity.name} of {table.name}: {why}"


def _counts(table: Table, rules: Iterable[Rule]) -> str:
    return f"select {', '.join(f'count_if(not ({rule.holds}))' for rule in rules)} from {table.name}"


def schema_of(registry: Registry) -> dict[str, dict[str, str]]:
    """The columns of everything that SQL may read, with DuckDB's names of their types."""
    settings = settings_row(registry.domain.numbers()).schema
    return {
        **{name: _columns(table) for name, table in registry.tables.items()},
        MODEL_FITS: {"model": "VARCHAR", **_columns(ModelFit.table)},
        SETTINGS: {name: _SETTINGS.get(kind, "DECIMAL(18,4)") for name, kind in settings.items()},
    }


_SETTINGS = {pl.Date(): "DATE", pl.String(): "VARCHAR", pl.Int64(): "BIGINT"}


def _columns(table: Table) -> dict[str, str]:
    return {column.name: column.kind.duckdb for column in table.columns.values()}
