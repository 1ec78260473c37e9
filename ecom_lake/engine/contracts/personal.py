"""Whether a column is personal: decided on the column itself, or by its name.

A text column for which neither decides is an error when its contract is read, so that none is added without a decision.
Not here: the names (shop/personal.py), and who leaves personal columns out (they ask a table for its `shareable` columns).
"""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.contracts.columns import TEXT, Column
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.table import Table


def with_decisions(table: Table, domain: Domain) -> Table:
    """The table, whose columns all say whether they are personal."""
    return replace(table, columns={name: _decided(column, table, domain) for name, column in table.columns.items()})


def _decided(column: Column, table: Table, domain: Domain) -> Column:
    """A column that is not text is personal only where it says so itself, or where its name is."""
    if column.personal is not None:
        return column
    if column.kind == TEXT and column.name not in domain.personal | domain.impersonal:
        raise ValueError(
            f"{table.name} has a text column `{column.name}`, and nobody has decided whether it is personal: write personal=True "
            "or personal=False on it."
        )
    return replace(column, personal=column.name in domain.personal)


def is_shareable(domain: Domain, name: str, is_text: bool) -> bool:
    """Whether a column that stands in no contract may be shown: one of text only where its name is known as impersonal."""
    return name in domain.impersonal if is_text else name not in domain.personal
