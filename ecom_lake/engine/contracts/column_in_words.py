"""The name of a silver column in a sentence for people who do not know the tables, from its contract.

Here: the words. Not here: the sentences, which also state the name of the column for the person who can add it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ecom_lake.engine.contracts.table import Table

_END_OF_CLAUSE = re.compile(r"[,;:.]")
_WHETHER = "Whether "


def column_in_words(name: str, silver: Mapping[str, Table]) -> str | None:
    """What a shop states in a column `table.column`, such as "the brand of the product"; None if `name` names no such column."""
    table, _, column = name.partition(".")
    if table not in silver or column not in silver[table].columns:
        return None
    clause = _END_OF_CLAUSE.split(silver[table].columns[column].meaning)[0]
    words = clause if clause[:2].isupper() else clause[:1].lower() + clause[1:]
    return words if clause.startswith(_WHETHER) else f"the {words}"
