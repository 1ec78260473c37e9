"""Whether a column is personal: decided on the column itself, or by its name.

A text column that is decided by neither is an error when its contract is read, so that no column is added without a decision.
Not here: the names (shop/personal.py), and the code that leaves personal columns out (it uses `Table.shareable`).
"""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.contracts.columns import TEXT, Column
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.table import Table


def with_decisions(table: Table, domain: Domain) -> Table:
    """The table with `personal` decided for every column."""
    return replace(table, columns={name: _decided(column, table, domain) for name, column in table.columns.items()})


def _decided(column: Column, table: Table, domain: Domain) -> Column:
    """A column that is not text is personal only if it declares so, or if its name is listed."""
    if column.personal is not None:
        return column
    if column.kind == TEXT and column.name not in domain.personal | domain.impersonal:
        raise ValueError(
            f"{table.name} has a text column `{column.name}` that is not declared as personal or not: write personal=True or "
            "personal=False on it."
        )
    return replace(column, personal=column.name in domain.personal)


def is_shareable(domain: Domain, name: str, is_text: bool) -> bool:
    """Whether a column without a contract may be shown: a text column only if its name is listed as impersonal."""
    return name in domain.impersonal if is_text else name not in domain.personal
