"""Every contract by its table's name: finds the classes in shop/, so that a new file there is all it takes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import ecom_lake.shop
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.table import Contract, Table


@cache
def silver() -> dict[str, Table]:
    return {name: contract.table for name, contract in _contracts().items() if contract.table.layer == "silver"}


@cache
def gold() -> dict[str, Table]:
    return {name: contract.table for name, contract in _contracts().items() if contract.table.layer == "gold"}


def module_of(table: str) -> str:
    """The module that holds the contract of a table."""
    return _contracts()[table].__module__


def file_of(table: str) -> Path:
    """The file of that module."""
    return Path(ecom_lake.shop.__file__).parents[2].joinpath(*module_of(table).split(".")).with_suffix(".py")


@cache
def fits() -> tuple[str, ...]:
    """The tables that hold what a model is and how it did."""
    return tuple(name for name, table in gold().items() if table.group == "models" and set(ModelFit.table.key) == set(table.key))


@cache
def _contracts() -> dict[str, type[Contract]]:
    found: dict[str, type[Contract]] = {}
    for area in pkgutil.iter_modules(ecom_lake.shop.__path__, f"{ecom_lake.shop.__name__}."):
        if not area.ispkg or area.name.endswith((".connectors", ".questions", ".settings")):
            continue
        package = importlib.import_module(area.name)
        for info in pkgutil.iter_modules(package.__path__):
            if info.name.endswith(("_build", "_model")):
                continue
            module = importlib.import_module(f"{area.name}.{info.name}")
            mine = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, Contract) and c.table.layer]
            for contract in mine:
                if contract.__module__ == module.__name__:
                    if contract.table.name != info.name:
                        raise TypeError(f"{contract.__name__} must be named after its file, {info.name}.py")
                    found[info.name] = contract
    return dict(sorted(found.items()))
