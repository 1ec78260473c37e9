"""A query with its values, and its text as a person may run it again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ecom_lake.engine.duckdb_engine import literal

Row = Mapping[str, Any]
"""A row of an answer, by column."""


@dataclass(frozen=True)
class Query:
    sql: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """The values of its $parameters."""
    served: str | None = None
    """SQL for the same rows from the serving file, with parameters among those of `sql`; None where it does not have them."""

    @property
    def written(self) -> str:
        """The SQL with its values inserted."""
        return re.sub(r"\$(\w+)", lambda found: _as_sql(self.values[found[1]]), self.sql)


def named_before(sql: str) -> str:
    """The SQL with its parameters renamed, for use in one query with the same SQL of other months."""
    return re.sub(r"\$(\w+)", r"$\1_before", sql)


def values_before(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these parameters."""
    return {f"{name}_before": value for name, value in values.items()}


def _as_sql(value: Any) -> str:
    if isinstance(value, date):
        return f"date '{value}'"
    return "null" if value is None else str(value) if isinstance(value, int | float) else literal(value)
