"""The registry of the shop without a project folder, for tests that read a table's contract or recipe."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ecom_lake.engine.contracts.question import Question
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table import Table
from ecom_lake.shop.domain import SHOP


@cache
def registry() -> Registry:
    return Registry(SHOP)


def silver() -> dict[str, Table]:
    return dict(registry().silver)


def gold() -> dict[str, Table]:
    return dict(registry().gold)


def fits() -> tuple[str, ...]:
    return tuple(registry().fits.values())


def recipe(table: str) -> Recipe:
    return registry().recipe(table)


def questions() -> tuple[Question, ...]:
    return registry().questions


def file_of(table: str) -> Path:
    """The file of the table's contract."""
    return registry().definition(table).file


def module_of(table: str) -> str:
    """The module of the table's contract."""
    return registry().definition(table).module


def in_order() -> tuple[str, ...]:
    return registry().in_order
