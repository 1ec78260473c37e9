"""Whether a gold table can be made month by month: each of its inputs has months or is declared as a narrow input.

Here: the definition, checked when it is read. Not here: making the months (engine/build/gold/by_month.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from ecom_lake.engine.contracts.recipe import MODEL_FITS, OWN_TABLES, SETTINGS, Recipe
from ecom_lake.engine.contracts.table import NarrowInput, Table


def monthly_inputs(recipe: Recipe, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """The inputs with months, of which a month reads its own part only."""
    return tuple(read for read in recipe.reads if read in tables and tables[read].monthly)


def why_not_by_month(recipe: Recipe, tables: Mapping[str, Table]) -> str | None:
    """Why the table of a recipe cannot be made by month, in one sentence; None if it can. `tables` are all known contracts."""
    table = recipe.contracts[0]
    monthly = monthly_inputs(recipe, tables)
    declared = {narrow.table for narrow in table.narrow_inputs}
    if recipe.fit is not None or len(recipe.contracts) > 1:
        return f"{table.name} is monthly and is made together with other tables: remove monthly=True."
    if views := [name for name in recipe.names if name in (MODEL_FITS, *OWN_TABLES)]:
        return f"{table.name} is monthly and reads {views[0]}, which no month can read: remove monthly=True."
    if not monthly:
        return f"{table.name} is monthly and reads no table that has months, such as orders: remove monthly=True."
    for read in recipe.reads:
        if read not in (*monthly, *declared, SETTINGS):
            return (
                f"{table.name} is monthly and reads {read}, which has no months: declare the columns and rows that a month needs "
                "as a NarrowInput in narrow_inputs."
            )
    return next((why for narrow in table.narrow_inputs if (why := _why_wrong(narrow, recipe, tables, monthly))), None)


def _why_wrong(narrow: NarrowInput, recipe: Recipe, tables: Mapping[str, Table], monthly: tuple[str, ...]) -> str | None:
    table = f"{recipe.table} has a narrow input {narrow.table}"
    if narrow.table in monthly:
        return f"{table}, which has months: its part of the month is read without a declaration. Remove it from narrow_inputs."
    if narrow.table not in recipe.reads:
        return f"{table}, which its query does not read: remove it from narrow_inputs."
    columns = tables[narrow.table].columns if narrow.table in tables else {}
    if missing := [column for column in narrow.columns if column not in columns]:
        return f"{table} with the column {missing[0]}, which {narrow.table} does not have."
    if not narrow.columns:
        return f"{table} without columns: name the columns that its query reads."
    return _why_matches_nothing(narrow, tables, monthly)


def _why_matches_nothing(narrow: NarrowInput, tables: Mapping[str, Table], monthly: tuple[str, ...]) -> str | None:
    other, _, column = narrow.matching.rpartition(".")
    if not column:
        return None
    what = f"The narrow input {narrow.table} matches {narrow.matching}"
    if column not in tables[narrow.table].columns:
        return f"{what}, but {narrow.table} has no column {column}."
    if not other:
        return None if column == "month" else f"{what}: write the monthly input too, such as orders.{column}."
    if other not in monthly:
        return f"{what}, but {other} is not one of the inputs with months ({', '.join(monthly)})."
    return None if column in tables[other].columns else f"{what}, but {other} has no column {column}."
