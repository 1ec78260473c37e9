"""What a query reads, and whether two queries are the same, by DuckDB's own parser.

Here: the tables of a query, and a form of it without comments and layout. Not here: which queries a session may run
(engine/serve/statement.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_LOCATION = re.compile(r'"query_location(_length)?":\d+,?')


@cache
def tables_in(sql: str) -> tuple[str, ...]:
    """The tables that a query reads, without the names that it gives itself."""
    nodes = list(_nodes(json.loads(_parsed(sql))))
    named = {entry["key"] for node in nodes if isinstance(entries := node.get("map"), list) for entry in entries}
    return tuple(sorted({node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"} - named))


@cache
def without_layout(sql: str) -> str:
    """A hash that is equal for queries that differ in nothing but comments, white space and the case of key words."""
    return hashlib.blake2b(_LOCATION.sub("", _parsed(sql)).encode(), digest_size=12).hexdigest()


@cache
def _parsed(sql: str) -> str:
    """The syntax tree of a query, as JSON."""
    with _parser().cursor() as con:
        tree = str(con.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.startswith('{"error":true'):
        raise ValueError(json.loads(tree)["error_message"])
    return tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """One connection for all queries: starting an engine takes longer than parsing a query."""
    import duckdb

    return duckdb.connect()


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        branch = waiting.pop()
        if isinstance(branch, dict):
            yield branch
            waiting += branch.values()
        elif isinstance(branch, list):
            waiting += branch
