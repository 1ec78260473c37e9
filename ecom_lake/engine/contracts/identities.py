"""Constructors of identities: contracts use them to state that two tables agree.

Not here: the identities themselves, which are in the contract of the table that is made from the other.
"""

from __future__ import annotations

from ecom_lake.engine.contracts.table import Identity


def agree(name: str, meaning: str, one: str, other: str) -> Identity:
    """Two queries return the same rows; the identity fails for each row that only one of them returns."""
    sides = f"select *, 1 as side from ({one}) as one union all select *, 2 as side from ({other}) as other"
    # One pass over the rows of both: EXCEPT in both directions computes each query twice.
    only_one = f"select * exclude (side) from ({sides}) as sides group by all having min(side) = max(side)"
    return Identity(name, only_one, meaning)


def known(name: str, meaning: str, column: str, of: str, to: str) -> Identity:
    """Every value of a column of one table occurs in the column of the same name of another table."""
    unknown = f"not exists (select 1 from {to} where {to}.{column} = {of}.{column})"
    return Identity(name, f"select distinct {column} from {of} where {column} is not null and {unknown}", meaning)
