"""SQL expressions as DuckDB's syntax tree: parsed, searched, changed and printed again.

A cell never reaches a query as its text, only as a tree that was printed: no quote, bracket or comment of a cell can end early.
Not here: which expressions a cell may contain (cells.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import duckdb

Node = dict[str, Any]
"""One node of a syntax tree, as `json_serialize_sql` writes it."""

LONGEST = 10_000
"""Characters of one expression or query, at most."""
DEEPEST = 100
"""Levels of nesting of one expression, at most."""
_OF_EXPRESSIONS = "and as case cast distinct else end false from ilike in is like not null or select similar then true when where"
_PLACE = ("query_location", "query_location_length")


class SyntaxProblem(Exception):  # noqa: N818 (it is always turned into a DefinitionError that names the place)
    """What is wrong with an expression, as the end of a sentence."""


def parse_expression(text: str) -> Node:
    """The tree of one scalar expression."""
    statement = parse_select(f"select {text}\n")
    node = statement["node"]
    parts = (node.get("where_clause"), node.get("having"), node.get("qualify"), node.get("sample"))
    is_plain = node["type"] == "SELECT_NODE" and node["from_table"]["type"] == "EMPTY" and not any(parts)
    if not is_plain or node["group_expressions"] or node["modifiers"] or node["cte_map"]["map"]:
        raise SyntaxProblem("is more than one expression")
    if len(node["select_list"]) != 1 or node["select_list"][0].get("alias"):
        raise SyntaxProblem("is not one expression")
    expression: Node = node["select_list"][0]
    return expression


def parse_select(text: str) -> Node:
    """The tree of one SELECT statement."""
    if len(text) > LONGEST:
        raise SyntaxProblem(f"has {len(text):,} characters, and {LONGEST:,} is the limit")
    if "\0" in text:
        raise SyntaxProblem("contains a zero byte")
    try:
        with _parser().cursor() as con:
            tree = json.loads(str(con.execute("select json_serialize_sql(?)", [text]).fetchall()[0][0]))
    except RecursionError:
        raise SyntaxProblem(f"is nested more than {DEEPEST} levels deep") from None
    if tree["error"]:
        raise SyntaxProblem(f"is not valid SQL: {tree['error_message'].splitlines()[0]}{_reserved(text)}")
    if len(tree["statements"]) != 1:
        raise SyntaxProblem("is more than one statement")
    statement: Node = tree["statements"][0]
    if _depth(statement) > DEEPEST:
        raise SyntaxProblem(f"is nested more than {DEEPEST} levels deep")
    return statement


def print_expression(expression: Node) -> str:
    return print_select({"node": _select(expression), "named_param_map": []}).removeprefix("SELECT ")


def print_select(statement: Node) -> str:
    with _parser().cursor() as con:
        tree = json.dumps({"error": False, "statements": [statement]})
        return str(con.execute("select json_deserialize_sql(?::json)", [tree]).fetchall()[0][0])


def nodes(tree: Any) -> Iterator[Node]:
    """The tree and everything in it that has a class: expressions, types and tables; the outer ones first."""
    if isinstance(tree, dict):
        if "type" in tree:
            yield tree
        for branch in tree.values():
            yield from nodes(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from nodes(branch)


def replaced(tree: Any, change: Callable[[Node], Node | None]) -> Any:
    """A copy of the tree in which each node is replaced by what `change` returns; None: the node with its parts replaced."""
    if isinstance(tree, list):
        return [replaced(branch, change) for branch in tree]
    if not isinstance(tree, dict):
        return tree
    other = change(tree) if "type" in tree else None
    return {name: replaced(branch, change) for name, branch in tree.items()} if other is None else other


def column_path(node: Node) -> tuple[str, ...]:
    """The names of a reference to a column, such as (alias, column); empty for every other node."""
    return tuple(map(str, node["column_names"])) if node.get("class") == "COLUMN_REF" else ()


def function_name(node: Node) -> str:
    """The name of a called function in lower case, with its schema; empty for every other node."""
    if node.get("class") not in ("FUNCTION", "WINDOW"):
        return ""
    return ".".join(filter(None, (node.get("catalog", ""), node.get("schema", ""), node["function_name"]))).lower()


def arguments(node: Node) -> list[Node]:
    return [argument["expression"] for argument in node["arguments"]]


def column(*path: str) -> Node:
    """A reference to a column."""
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0, "column_names": list(path)}


def renamed(call: Node, name: str) -> Node:
    """The call of another function with the same arguments."""
    return {**call, "schema": "", "catalog": "", "function_name": name, "qualified_name": {"path": [name]}}


def without_places(tree: Any) -> str:
    """The tree as a text that does not depend on layout or comments."""
    return json.dumps(_stripped(tree), sort_keys=True)


def _stripped(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _stripped(branch) for name, branch in tree.items() if name not in _PLACE}
    return [_stripped(branch) for branch in tree] if isinstance(tree, list) else tree


def _depth(tree: Any) -> int:
    if isinstance(tree, dict):
        return ("class" in tree) + max(map(_depth, tree.values()), default=0)
    return max(map(_depth, tree), default=0) if isinstance(tree, list) else 0


def check_pattern(pattern: str) -> None:
    """SyntaxProblem for a text that is no regular expression."""
    with _parser().cursor() as con:
        try:
            con.execute("select regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error as error:
            raise SyntaxProblem(f"contains {pattern!r}, which is no regular expression: {error_sentence(error)}") from None


def check_date_format(one: str) -> None:
    """SyntaxProblem for a text that is no format of a date without a zone."""
    if "%z" in one.lower():
        raise SyntaxProblem(f"contains the format {one!r} with a zone: read a time that has a zone with local()")
    with _parser().cursor() as con:
        try:
            con.execute("select try_strptime('', ?)", [one]).fetchall()
        except duckdb.Error as error:
            raise SyntaxProblem(f"contains {one!r}, which is no format of a date: {error_sentence(error)}") from None


def error_sentence(error: Exception) -> str:
    """DuckDB's message without its kind, its excerpt of the query and its advice."""
    first = str(error).partition("\n")[0]
    return (first.partition(" Error: ")[2] or first).rstrip(".! ")


def _reserved(text: str) -> str:
    """A hint where a column's name may be a word of SQL."""
    words = {word.lower() for word in re.findall(r"\w+", text)} & _reserved_words()
    return f"; if {min(words)} is a column, write it in double quotes" if words else ""


@cache
def _reserved_words() -> frozenset[str]:
    """The words of SQL that cannot be names, without those that belong into expressions."""
    with _parser().cursor() as con:
        found = con.execute("select keyword_name from duckdb_keywords() where keyword_category = 'reserved'").fetchall()
    return frozenset(word for (word,) in found) - set(_OF_EXPRESSIONS.split())


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@cache
def _empty_select() -> str:
    with _parser().cursor() as con:
        return str(con.execute("select json_serialize_sql('select 1')").fetchall()[0][0])


def _select(expression: Node) -> Node:
    node: Node = json.loads(_empty_select())["statements"][0]["node"]
    return {**node, "select_list": [expression]}
