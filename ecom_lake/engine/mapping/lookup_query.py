"""The free query of a lookup: one SELECT over the kinds of the map, checked on its syntax tree.

Here: what such a query may contain, and which columns of which kinds it reads.
Not here: how a looked-up row is joined (compiled.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.landing.similar_names import nearest
from ecom_lake.engine.mapping.cells import check_cast
from ecom_lake.engine.mapping.definitions import Map, MapLookup
from ecom_lake.engine.mapping.functions import ROW_HELPERS, SCALAR, STATISTICS, WINDOWS
from ecom_lake.engine.mapping.syntax import (
    Node,
    SyntaxProblem,
    column_path,
    function_name,
    nodes,
    parse_select,
)

_EXPRESSIONS = [
    "COLUMN_REF",
    "CONSTANT",
    "FUNCTION",
    "CASE",
    "COMPARISON",
    "CONJUNCTION",
    "OPERATOR",
    "BETWEEN",
    "CAST",
    "TYPE",
    "SUBQUERY",
    "WINDOW",
]
_QUERIES = ["SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE", "BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY"]
_MODIFIERS = ["ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"]
_ALLOWED = frozenset([*_EXPRESSIONS, *_QUERIES, *_MODIFIERS])
_WHAT = {"STAR": "*", "RECURSIVE_CTE_NODE": "a recursive query"}
_FUNCTIONS = SCALAR | STATISTICS | WINDOWS | {"/"} | (set(ROW_HELPERS) - {"day", "hashed"})
"""day() needs the formats of one kind, and hashed() belongs in the cell."""


def read_query(sql: str, kinds: Collection[str]) -> Node:
    """The checked query; SyntaxProblem with what is wrong with it."""
    statement = parse_select(sql)
    for node in nodes(statement):
        _check(node)
    if not kind_tables(statement):
        raise SyntaxProblem("reads no kind of file")
    for table in kind_tables(statement).values():
        if table not in kinds:
            near = nearest(table, kinds)
            raise SyntaxProblem(f"reads {table}, which is no kind of file here{f'; did you mean {near}?' if near else ''}")
    return statement


def _check(node: Node) -> None:
    kind = str(node.get("class") or node["type"])
    is_order = "null_order" in node
    if kind not in _ALLOWED and not is_order:
        what = _WHAT.get(kind, kind.lower().replace("_", " "))
        raise SyntaxProblem(f"contains {what}, which a lookup may not")
    name = function_name(node)
    if name and name not in _FUNCTIONS:
        raise SyntaxProblem(f"calls {name}(), which a lookup may not")
    if (path := column_path(node)) and path[-1].lower() in LINEAGE:
        raise SyntaxProblem(f"reads {path[-1].lower()}, which is no column of a file: a lookup sees delivered values only")
    if name in ("lpad", "rpad"):
        raise SyntaxProblem(f"calls {name}(), which a lookup may not: pad the value in the cell")
    if node.get("sample"):
        raise SyntaxProblem("takes a sample, which a lookup may not")
    if node.get("class") == "CAST":
        check_cast(node)


def columns_read(map_: Map, lookup: MapLookup, wanted: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The columns that a lookup reads of each kind, where `wanted` columns of its rows are needed."""
    if lookup.kind is not None:
        return {lookup.kind: frozenset([lookup.on, *wanted])}
    assert lookup.sql is not None
    return _columns(read_query(lookup.sql, map_.kinds))


def _columns(statement: Node) -> dict[str, frozenset[str]]:
    kinds = kind_tables(statement)
    read: dict[str, set[str]] = {kind: set() for kind in kinds.values()}
    for select in (node for node in nodes(statement) if node.get("type") == "SELECT_NODE"):
        sources = [node for node in _within(select["from_table"]) if node.get("type") in ("BASE_TABLE", "SUBQUERY")]
        here = {name for node in sources if (name := _called(node)) in kinds}
        given = {column["alias"].lower() for column in select["select_list"] if column.get("alias")}
        certain = {id(node) for part in ("select_list", "where_clause", "from_table") for node in _within(select[part])}
        for node in _within({**select, "type": ""}):
            path = tuple(part.lower() for part in column_path(node))
            if len(path) > 1 and path[-2] in kinds:
                read[kinds[path[-2]]].add(path[-1])
            elif len(path) == 1 and here and (id(node) in certain or path[0] not in given):
                if len(sources) > 1:
                    raise SyntaxProblem(f"reads {path[0]} from several tables: write TABLE.{path[0]}")
                read[kinds[next(iter(here))]].add(path[0])
    return {kind: frozenset(names) for kind, names in read.items()}


def _within(tree: Any) -> Iterator[Node]:
    """The nodes of a tree without those of the SELECTs in it."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _within(branch)
    elif isinstance(tree, dict) and tree.get("type") != "SELECT_NODE":
        if "type" in tree:
            yield tree
        for branch in tree.values():
            yield from _within(branch)


def _called(table: Node) -> str:
    return str(table.get("alias") or table.get("table_name", "")).lower()


def kind_tables(statement: Node) -> dict[str, str]:
    """The kinds that a query reads, by the name that it calls them."""
    own = {entry["key"].lower() for node in _maps(statement) for entry in node}
    tables = [node for node in nodes(statement) if node.get("type") == "BASE_TABLE"]
    if any(table.get("schema_name") or table.get("catalog_name") for table in tables):
        raise SyntaxProblem("reads a table of another schema, which a lookup may not")
    named = {_called(table): table["table_name"].lower() for table in tables}
    return {alias: table for alias, table in named.items() if table not in own}


def _maps(tree: Any) -> Iterator[list[Node]]:
    """The named queries of every WITH."""
    if isinstance(tree, dict):
        if isinstance(tree.get("map"), list):
            yield tree["map"]
        for branch in tree.values():
            yield from _maps(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _maps(branch)
