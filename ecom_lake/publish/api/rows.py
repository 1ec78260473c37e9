"""The rows of a table as pages: columns, conditions and an order from the address, and the SQL of one page.

Pages follow a key, not a count, so that each row is on exactly one page whatever the size of the pages. A cursor holds the
release, a digest of the conditions and the order, and the last row's place in that order. Names come from the contract only;
values are bound. Not here: running the query, the formats (formats.py).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from ecom_lake.engine.contracts.columns import TEXT, Column
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.api.values import text_of, value_of
from ecom_lake.publish.dashboard.query import Query

PAGE, LARGEST_PAGE = 1_000, 10_000
"""The default number of rows of a page, and the largest."""
CONDITIONS, LISTED_VALUES = 20, 200
"""The largest number of conditions, and of values after `in`."""
COMPARED = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "like": "like"}
OPERATORS = (*COMPARED, "in", "is")
_WITH_DIRECTION = re.compile(r"[+ ].*|.*[: ](asc|desc)", re.IGNORECASE)
"""An order as other services write it; a + in an address is a space."""
PLACE = "place_"
"""The beginning of the names of the columns that hold a row's place in the order."""


@dataclass(frozen=True)
class Condition:
    column: str
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Ordered:
    column: str
    is_descending: bool


@dataclass(frozen=True)
class Selection:
    """What a request asks of a table."""

    table: Table
    columns: tuple[str, ...]
    where: tuple[Condition, ...]
    order: tuple[Ordered, ...]
    """Ends with the key, so that no two rows have the same place."""
    limit: int
    after: tuple[Any, ...] | None = None
    """The place of the row before the page; None for the first page."""

    @property
    def digest(self) -> str:
        """What all pages of one reading share."""
        text = repr((self.table.name, self.where, self.order))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def query(self) -> Query:
        """One row more than the page has, so that the last page is known; with the places of the rows."""
        places = (f"{name(one.column)} as {PLACE}{number}" for number, one in enumerate(self.order))
        order = (f"{name(one.column)} {'desc' if one.is_descending else 'asc'} nulls last" for one in self.order)
        conditions, values = self._conditions()
        sql = f"""select {", ".join([*map(name, self.columns), *places])}
from {self.table.layer}.{name(self.table.name)}
where {conditions}
order by {", ".join(order)}
limit {self.limit + 1}"""
        return Query(sql, values)

    def _conditions(self) -> tuple[str, dict[str, Any]]:
        found = [_condition(one, f"value_{number}") for number, one in enumerate(self.where)]
        if self.after is not None:
            found.append(self._after(self.after))
        return " and ".join(sql for sql, _ in found) or "true", {key: one for _, values in found for key, one in values.items()}

    def _after(self, place: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        """The rows after a place: those that are equal in the first columns of the order and later in the next one."""
        alternatives = []
        for number, one in enumerate(self.order):
            if place[number] is None:
                continue  # NULL is last: nothing is later
            equal = [f"{name(before.column)} is not distinct from $after_{i}" for i, before in enumerate(self.order[:number])]
            later = f"{name(one.column)} {'<' if one.is_descending else '>'} $after_{number}"
            alternatives.append(" and ".join([*equal, f"({later} or {name(one.column)} is null)"]))
        condition = " or ".join(alternatives)
        used = set(re.findall(r"\$after_(\d+)", condition))
        return f"({condition})", {f"after_{number}": value for number, value in enumerate(place) if str(number) in used}


def _condition(one: Condition, key: str) -> tuple[str, dict[str, Any]]:
    column = name(one.column)
    if one.operator == "is":
        return f"{column} is {'null' if one.values == ('null',) else 'not null'}", {}
    values = {f"{key}_{number}": value for number, value in enumerate(one.values)}
    if one.operator == "in":
        return f"{column} in ({', '.join(f'${name}' for name in values)})", values
    return f"{column} {COMPARED[one.operator]} ${next(iter(values))}", values


# ------------------------------------------------------------------------------------------------------ reading a request


def selection(table: Table, readable: Sequence[str], columns: str, where: Sequence[str], order: str, limit: int) -> Selection:
    """What the parameters of a request ask for. `readable`: the columns that the client may read."""
    chosen = tuple(_column(table, readable, one).name for one in columns.split(",")) if columns else tuple(readable)
    if twice := next((one for one in chosen if chosen.count(one) > 1), None):
        raise ProblemError(422, f"columns has {twice} twice: name each column once.")
    if len(where) > CONDITIONS:
        raise ProblemError(422, f"A request has at most {CONDITIONS} conditions, not {len(where)}.")
    conditions = tuple(_read_condition(table, readable, text) for text in where)
    ordered = tuple(_read_order(table, readable, text) for text in order.split(",")) if order else ()
    by = [one.column for one in ordered]
    if twice := next((one for one in by if by.count(one) > 1), None):
        raise ProblemError(422, f"order has {twice} twice: name each column once.")
    rest = tuple(Ordered(one, False) for one in table.key if one not in by)
    return Selection(table, chosen, conditions, ordered + rest, limit)


def _column(table: Table, readable: Sequence[str], given: str) -> Column:
    if given in readable:
        return table.columns[given]
    if given in table.columns:
        raise ProblemError(403, f"{table.name}.{given} is personal: reading it needs a key with the scope pii.")
    near = get_close_matches(given, readable, 1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(readable)}."
    raise ProblemError(422, f"{table.name} has no column '{given}'; {hint}")


def _read_condition(table: Table, readable: Sequence[str], text: str) -> Condition:
    column_name, _, rest = text.partition(":")
    operator, colon, value = rest.partition(":")
    if not colon:
        raise ProblemError(422, f"A condition is column:operator:value, such as month:ge:2018-01, not '{text}'.")
    column = _column(table, readable, column_name)
    if operator not in OPERATORS:
        raise ProblemError(422, f"An operator is one of {', '.join(OPERATORS)}, not '{operator}'.")
    if operator == "is":
        if value not in ("null", "notnull"):
            raise ProblemError(422, f"{column_name}:is takes null or notnull, not '{value}'.")
        return Condition(column_name, operator, (value,))
    if operator == "like" and column.kind != TEXT:
        raise ProblemError(422, f"like compares text, and {column_name} is a {column.kind.name}: use eq, lt, le, gt or ge.")
    given = value.split(",") if operator == "in" else [value]
    if len(given) > LISTED_VALUES:
        raise ProblemError(422, f"{column_name}:in takes at most {LISTED_VALUES} values, not {len(given)}.")
    return Condition(column_name, operator, tuple(value_of(column, one) for one in given))


def _read_order(table: Table, readable: Sequence[str], text: str) -> Ordered:
    if _WITH_DIRECTION.fullmatch(text):
        raise ProblemError(422, f"order is a column, or a column after - for descending, such as -{table.key[0]}, not '{text}'.")
    return Ordered(_column(table, readable, text.removeprefix("-")).name, text.startswith("-"))


# ---------------------------------------------------------------------------------------------------------------- cursors


@dataclass(frozen=True)
class Cursor:
    release: int
    digest: str
    place: tuple[str | None, ...]

    def encoded(self) -> str:
        text = json.dumps([self.release, self.digest, *self.place], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        release, digest, *place = found
        if type(release) is int and isinstance(digest, str) and all(one is None or isinstance(one, str) for one in place):
            return Cursor(release, digest, tuple(place))
    except (ValueError, TypeError, RecursionError):
        pass
    raise _not_a_cursor()


def continued(chosen: Selection, cursor: Cursor) -> Selection:
    """The page after the cursor."""
    if cursor.digest != chosen.digest or len(cursor.place) != len(chosen.order):
        raise ProblemError(422, "The cursor belongs to another request: keep the table, where and order of the page before.")
    columns = [chosen.table.columns[one.column] for one in chosen.order]
    place = [None if text is None else value_of(column, text) for column, text in zip(columns, cursor.place, strict=True)]
    if all(one is None for one in place):
        raise _not_a_cursor()
    return replace(chosen, after=tuple(place))


def _not_a_cursor() -> ProblemError:
    return ProblemError(422, "This is not a cursor: take it from `next` of the page before, unchanged.")


def next_cursor(chosen: Selection, release: int, last: Mapping[str, Any]) -> str:
    """The cursor after a row, given with its place."""
    return Cursor(release, chosen.digest, tuple(_texts(chosen, last))).encoded()


def _texts(chosen: Selection, row: Mapping[str, Any]) -> Iterator[str | None]:
    return (text_of(row[f"{PLACE}{number}"]) for number in range(len(chosen.order)))
