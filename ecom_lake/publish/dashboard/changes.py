"""What changed in a number since the previous release: the same query in both, row by row.

Here: the differing values. Not here: the differences of whole releases (engine/serve/difference.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ecom_lake.errors import UserError
from ecom_lake.publish.column_words import in_words
from ecom_lake.publish.dashboard.evidence import Shown
from ecom_lake.publish.dashboard.query import Row
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.view import View

MOST = 100
"""Changed values that the page lists."""
Key = tuple[Any, ...]


@dataclass(frozen=True)
class ChangedValue:
    row: str
    """The row of the answer, by the values that identify it; empty where the answer has one row."""
    column: str
    before: str
    now: str
    difference: str
    """Empty where one of the values is not a number."""


@dataclass(frozen=True)
class Changes:
    shown: Shown
    previous: int | None
    """The release that is compared with; None where there is none."""
    why_not: str
    """Why nothing is compared; empty if it is."""
    values: Sequence[ChangedValue] = ()
    more: int = 0
    """Changed values that are not listed."""


def changes(releases: Releases, view: View, shown: Shown) -> Changes:
    previous = view.release.previous
    if previous is None:
        return Changes(shown, None, "There is no earlier release that is kept.")
    # From the facts of both: a mean of the serving file may have another last digit.
    query = replace(shown.why.query, served=None)
    try:
        before = releases.of(view.shop, previous).rows_once(query)
    except UserError:
        return Changes(shown, previous, f"Release {previous} does not have the tables or columns of this query.")
    found = changed_values(before, view.release.rows_once(query), shown.id)
    return Changes(shown, previous, "", found[:MOST], max(len(found) - MOST, 0))


def changed_values(before: Sequence[Row], now: Sequence[Row], figure: str = "") -> list[ChangedValue]:
    """The values that differ. `figure`: the only column of interest, if the answer has a column of this name."""
    columns = list((list(now) or list(before) or [{}])[0])
    keys = _identifying(columns, before, now)
    old, new = ({_key(row, keys): row for row in rows} for rows in (before, now))
    watched = [figure] if figure in columns else [column for column in columns if column not in keys]
    return [
        ChangedValue(_named(key), in_words(column), _text(was), _text(now), _difference(was, now))
        for key in dict.fromkeys((*new, *old))
        for column in watched
        for was, now in [(_value(old, key, column), _value(new, key, column))]
        if was != now
    ]


def _identifying(columns: Sequence[str], *answers: Sequence[Row]) -> Sequence[str]:
    """The fewest first columns whose values are unique in each answer; all columns where no fewer are."""
    for count in range(len(columns)):
        if all(len({_key(row, columns[:count]) for row in rows}) == len(rows) for rows in answers):
            return columns[:count]
    return columns


def _key(row: Row, columns: Sequence[str]) -> Key:
    return tuple(_hashable(row[column]) for column in columns)


def _hashable(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value


def _value(rows: Mapping[Key, Row], key: Key, column: str) -> Any:
    return rows[key].get(column) if key in rows else None


def _named(key: Key) -> str:
    return ", ".join("all" if one is None else f"{one:%Y-%m-%d}" if isinstance(one, date) else str(one) for one in key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if _is_number(value) else str(value)


def _difference(before: Any, now: Any) -> str:
    if not (_is_number(before) and _is_number(now)):
        return ""
    moved = float(now) - float(before) if float in (type(before), type(now)) else now - before
    return f"{moved:+,.4f}" if isinstance(moved, float) else f"{moved:+,}"
