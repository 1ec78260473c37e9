"""Every contract by its table's name: finds the classes in silver/ and gold/, so that a new file there is all it takes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import ecom_lake.contracts.gold
import ecom_lake.contracts.silver
from ecom_lake.contracts.model_fit import ModelFit
from ecom_lake.contracts.table import Contract, Table


@cache
def silver() -> dict[str, Table]:
    return _tables(ecom_lake.contracts.silver.__name__, list(ecom_lake.contracts.silver.__path__))


@cache
def gold() -> dict[str, Table]:
    return _tables(ecom_lake.contracts.gold.__name__, list(ecom_lake.contracts.gold.__path__))


@cache
def fits() -> tuple[str, ...]:
    """The tables that hold what a model is and how it did."""
    return tuple(name for name, table in gold().items() if table.group == "models" and set(ModelFit.table.key) == set(table.key))


def _tables(package: str, path: list[str]) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(path)):
        classes = vars(importlib.import_module(f"{package}.{module}")).values()
        mine = [c for c in classes if isinstance(c, type) and issubclass(c, Contract) and c.__module__ == f"{package}.{module}"]
        for contract in mine:
            if contract.table.name != module:
                raise TypeError(f"{contract.__name__} must be named after its file, {module}.py")
            found[module] = contract.table
    return found
