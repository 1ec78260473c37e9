"""Running a recipe, which is SQL or a Python function, and the settings that its tables depend on."""

from __future__ import annotations

from collections.abc import Mapping

from ecom_lake.engine.build.gold import python_table
from ecom_lake.engine.build.sql.sql_engine import SqlEngine
from ecom_lake.engine.config import Shop
from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.engine.contracts.recipe import SETTINGS, Recipe


def run_recipe(recipe: Recipe, engine: SqlEngine, shop: Shop, past: Past) -> Mapping[str, python_table.Made]:
    """The rows of each table of a recipe; `past` is the last fit of a model."""
    if recipe.sql is not None:
        return {recipe.table: engine.compute(recipe.sql)}
    if recipe.fit is None:
        return {recipe.table: python_table.build(str(recipe.module), engine.con, shop.mining)}
    return python_table.fit(str(recipe.module), recipe.fit, engine.con, shop.mining, past)


def code_of(recipe: Recipe) -> tuple[str, ...]:
    """The modules that compute the tables of a recipe; none for SQL."""
    return (recipe.module, python_table.__name__) if recipe.module else ()


def settings_of(recipe: Recipe, shop: Shop) -> object:
    """The settings that the tables of a recipe depend on."""
    if recipe.module is not None:
        return (shop.mining, shop.numbers) if SETTINGS in recipe.reads else shop.mining
    return shop.numbers if SETTINGS in recipe.reads else None
