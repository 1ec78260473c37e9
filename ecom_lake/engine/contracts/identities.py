"""Words in which contracts say that two tables tell the same story.

Not here: the identities themselves, which stand in the contract of the table that is made from the other.
"""

from __future__ import annotations

from ecom_lake.engine.contracts.table import Identity


def agree(name: str, meaning: str, one: str, other: str) -> Identity:
    """Two queries give the same rows; it fails at each row that only one of them gives."""
    return Identity(name, f"(({one}) except ({other})) union all (({other}) except ({one}))", meaning)


def known(name: str, meaning: str, column: str, of: str, to: str) -> Identity:
    """Every value of a column, of one table, stands in another's column of the same name."""
    unknown = f"not exists (select 1 from {to} where {to}.{column} = {of}.{column})"
    return Identity(name, f"select distinct {column} from {of} where {column} is not null and {unknown}", meaning)
