"""Which SQL text a session runs: exactly one query that only reads (decision 0015).

DuckDB's parser decides, not a pattern: a text passes if DuckDB reads it as one query, and again as one query when it
is a subquery. COPY, CREATE and SET are not allowed in a subquery. A data-modifying WITH clause is not either, but DuckDB reports
it only when it binds the subquery: a session binds it first if the text contains a word that can write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from ecom_lake.errors import UsageError

QUERY, QUERIES = "SELECT", "MULTI"
"""DuckDB's type for a query, and for one with a PIVOT that reads the names of its columns from the data first.

QUERIES is also the type of any other statement that holds such a PIVOT, such as COPY (PIVOT …) TO …."""
_READING = "SELECT, FROM, WITH, VALUES, PIVOT, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN"
_WRITING = re.compile("copy|insert|update|delete|merge", re.IGNORECASE)
_EXPLAIN_OPTIONS = ("analyze", "format")


@dataclass(frozen=True)
class Statement:
    text: str
    """What runs."""
    must_bind: str | None
    """The query as a subquery, which DuckDB must be able to bind before the text runs; None where that is certain."""


def read_only(con: duckdb.DuckDBPyConnection, text: str) -> Statement:
    """The one statement of a text; UsageError where the text holds none, several, or one that does not only read."""
    count = len(con.extract_statements(text))
    if count == 0:
        raise UsageError("The query is empty: ask something, such as: select * from kpi_summary.")
    if count > 1:
        raise UsageError(f"Ask one query at a time: this text holds {count} statements.")
    explain, query = _split(text)
    kind = _kind(con, query)
    subquery = f"select * from (\n{query}\n)"
    if kind not in (QUERY, QUERIES) or _kind(con, subquery) != kind:
        raise UsageError(f"This session only reads, and {_first_word(query)} does not: ask with {_READING}.")
    # As a subquery, what has QUERIES for its type can be nothing but a query.
    runs = explain + (query if kind == QUERY else subquery)
    return Statement(runs, subquery if _WRITING.search(query) else None)


def _kind(con: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """DuckDB's type of a statement; None for a text that is not exactly one."""
    try:
        statements = con.extract_statements(text)
    except duckdb.Error:
        return None
    return statements[0].type.name if len(statements) == 1 else None


def _split(text: str) -> tuple[str, str]:
    """EXPLAIN with its options, and the query without the comments before it and the semicolons behind it."""
    tokens = _tokens(text)
    while tokens and tokens[-1][1] == ";":
        tokens.pop()
    words = [word.lower() for _, word in tokens]
    skipped = _explain_tokens(words)
    data = text.encode()
    end = tokens[-1][0] + len(tokens[-1][1].encode())
    start = tokens[skipped][0] if skipped < len(tokens) else end
    return " ".join([*words[:skipped], ""]) if skipped else "", data[start:end].decode()


def _explain_tokens(words: list[str]) -> int:
    """How many tokens come before the query that is explained; 0 where there is no EXPLAIN."""
    if words[:1] != ["explain"]:
        return 0
    if words[1:2] == ["analyze"]:
        return 2
    if words[1:2] == ["("] and words[2] in _EXPLAIN_OPTIONS and ")" in words:
        return words.index(")") + 1
    return 1


def _tokens(text: str) -> list[tuple[int, str]]:
    """The tokens of a text that are no comments, each with the byte at which it starts."""
    data = text.encode()
    found = duckdb.tokenize(text)
    ends = [start for start, _ in found[1:]] + [len(data)]
    return [
        (start, data[start:end].decode().strip() if kind != duckdb.token_type.string_const else data[start:end].decode())
        for (start, kind), end in zip(found, ends, strict=True)
        if kind != duckdb.token_type.comment
    ]


def _first_word(query: str) -> str:
    return next((word.upper() for _, word in _tokens(query)), "it")
