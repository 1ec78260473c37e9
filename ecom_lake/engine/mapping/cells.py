"""What a cell may contain: one scalar expression of columns, literals, allowed functions and helpers.

The check is made on the syntax tree, and lists what is allowed: anything else is refused, also what DuckDB adds tomorrow.
Not here: whether its columns exist (map_file.py), how it becomes part of a query (compiled.py), queries of lookups (lookups.py).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ecom_lake.engine.landing.similar_names import nearest
from ecom_lake.engine.mapping.functions import (
    AGGREGATES,
    GROUP_HELPERS,
    PATTERNS,
    ROW_HELPERS,
    SCALAR,
    TYPES,
    WORDS,
)
from ecom_lake.engine.mapping.syntax import (
    Node,
    SyntaxProblem,
    arguments,
    check_date_format,
    check_pattern,
    column_path,
    function_name,
    nodes,
    parse_expression,
)

MOST_GROWTH = 1_000
"""How many times longer than its values a text may become."""
WIDEST = 100
"""The largest width that a value may be padded to."""
_CLASSES = {"COLUMN_REF", "CONSTANT", "FUNCTION", "CASE", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CAST", "TYPE"}
_OPERATORS = {
    *("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "OPERATOR_TRY"),
    *("COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_NULLIF"),
}
_WHAT = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "*",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
    "COLLATE": "a collation",
    "POSITIONAL_REFERENCE": "a position",
    "DEFAULT": "DEFAULT",
}


class Scope(Enum):
    """Where an expression stands, which decides which helpers and aggregates it may call."""

    ROW = "one record"
    GROUP = "a record and its group"
    """With `per`: either aggregates, or helpers that look from a record at its group."""


@dataclass(frozen=True)
class Cell:
    text: str
    tree: Node

    @property
    def columns(self) -> frozenset[tuple[str, ...]]:
        """The columns that it uses: (column,) or (alias, column), in lower case."""
        return frozenset(tuple(part.lower() for part in path) for node in nodes(self.tree) if (path := column_path(node)))

    @property
    def functions(self) -> frozenset[str]:
        return frozenset(name for node in nodes(self.tree) if (name := function_name(node)))

    @property
    def words(self) -> frozenset[str]:
        return frozenset(name.removeprefix(WORDS) for name in self.functions if name.startswith(WORDS))

    @property
    def group_helpers(self) -> frozenset[str]:
        return self.functions & set(GROUP_HELPERS)

    @property
    def aggregates(self) -> frozenset[str]:
        return self.functions & AGGREGATES


@lru_cache(maxsize=4096)
def read_cell(text: str, scope: Scope) -> Cell:
    """The checked cell; SyntaxProblem with what is wrong with it."""
    if not text.strip():
        raise SyntaxProblem("is empty: remove it, or write null")
    tree = parse_expression(text)
    _check(tree, scope, within="")
    if _growth(tree) > MOST_GROWTH:
        raise SyntaxProblem(f"may make a text more than {MOST_GROWTH:,} times longer: use shorter replacements")
    return Cell(text, tree)


def _check(node: Node, scope: Scope, within: str) -> None:
    """`within` is the helper or aggregate around the node, which looks at the records of a group."""
    kind = node.get("class", "")
    if kind not in _CLASSES:
        raise SyntaxProblem(f"contains {_WHAT.get(kind, 'something else than an expression')}, which a cell may not")
    match kind:
        case "FUNCTION":
            _check_function(node, scope, within)
            inside = within or (function_name(node) if function_name(node) in AGGREGATES or _is_group_helper(node) else "")
            for argument in arguments(node):
                _check(argument, scope, "" if _is_share(node) else inside)
            if node.get("filter"):
                _check(node["filter"], scope, inside)
            return
        case "OPERATOR" if node["type"] not in _OPERATORS:
            raise SyntaxProblem("contains a list or a field of a struct, which a cell may not")
        case "CAST":
            check_cast(node)
        case "CONSTANT":
            _check_constant(node)
        case "COLUMN_REF":
            _check_column(node)
    for part in _parts(node):
        _check(part, scope, within)


def _parts(node: Node) -> list[Node]:
    """The expressions directly below one that is no function."""
    found: list[Node] = []
    for branch in node.values():
        for one in branch if isinstance(branch, list) else [branch]:
            if isinstance(one, dict):
                found += [one] if "class" in one else _parts(one)
    return [part for part in found if part["class"] != "TYPE"]


def _check_function(node: Node, scope: Scope, within: str) -> None:
    name = function_name(node)
    if name.startswith(WORDS):
        _check_count(name, len(arguments(node)), 1, 1)
    elif name in ROW_HELPERS:
        _check_count(name, len(arguments(node)), *ROW_HELPERS[name])
    elif name in GROUP_HELPERS or name in AGGREGATES:
        _check_group_function(node, name, scope, within)
    elif name == "/":
        raise SyntaxProblem("divides with /, which is not exact: write per(a, b)")
    elif name not in SCALAR:
        raise SyntaxProblem(f"calls {name}(), which a cell may not{_nearest_function(name)}")
    is_aggregate = name in AGGREGATES
    if (node["filter"] or node["distinct"] or node["order_bys"]["orders"]) and not is_aggregate:
        raise SyntaxProblem(f"calls {name}() with DISTINCT, FILTER or ORDER BY, which only an aggregate may have")
    if node["order_bys"]["orders"]:
        raise SyntaxProblem(f"calls {name}() with ORDER BY: first() and last() are in the order of the records")
    if any(argument["name"] for argument in node["arguments"]):
        raise SyntaxProblem(f"calls {name}() with a named argument, which a cell may not")
    _check_width(node, name)
    _check_literals(node, name)


def _check_group_function(node: Node, name: str, scope: Scope, within: str) -> None:
    if scope is not Scope.GROUP:
        raise SyntaxProblem(f"calls {name}(), which needs `per` and belongs in a column")
    if within:
        raise SyntaxProblem(f"calls {name}() within {within}(), which is not possible")
    if name in GROUP_HELPERS:
        _check_count(name, len(arguments(node)), *GROUP_HELPERS[name])


def _check_count(name: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        wanted = f"{least}" if least == most else f"{least} or {most}"
        raise SyntaxProblem(f"calls {name}() with {given} arguments, and it takes {wanted}")


def _check_width(node: Node, name: str) -> None:
    """lpad and rpad make a text as long as they are asked to."""
    if name in ("lpad", "rpad"):
        widths = [_literal(argument) for argument in arguments(node)[1:2]]
        if not all(width is not None and width.isdecimal() and int(width) <= WIDEST for width in widths):
            raise SyntaxProblem(f"calls {name}() with a width that is not a number up to {WIDEST}")


def _check_literals(node: Node, name: str) -> None:
    """Patterns and formats are written in the cell, so that they can be checked before any row is read."""
    given = [_literal(argument) for argument in arguments(node)[1:2]]
    if name not in (*PATTERNS, "day", "try_strptime") or not given:
        return
    (text,) = given
    if text is None:
        raise SyntaxProblem(f"calls {name}() with something else than a text in quotes")
    if name in PATTERNS:
        check_pattern(text)
    else:
        check_date_format(text)


def check_cast(node: Node) -> None:
    name = node["type_expr"].get("type_name", "").upper()
    is_written = node["type_expr"].get("query_location_length", 0) > 0
    if name not in TYPES or (name == "DOUBLE" and is_written):
        hint = ": write decimal(18, 4), which is exact" if name in ("DOUBLE", "FLOAT", "REAL") else ""
        raise SyntaxProblem(f"casts to {name or 'a type'}, which a cell may not{hint}")


def _check_constant(node: Node) -> None:
    literal = node.get("literal", {})
    if literal.get("kind") not in ("INTEGER", "NUMERIC", "STRING", "BOOLEAN", "NULL_LITERAL"):
        raise SyntaxProblem("contains a literal that is no text, number, true, false or null")
    if literal["kind"] == "NUMERIC" and "e" in literal["text"].lower():
        raise SyntaxProblem(f"contains {literal['text']}, which is not exact: write it without an exponent")


def _check_column(node: Node) -> None:
    path = column_path(node)
    if len(path) > 2:
        raise SyntaxProblem(f"contains {'.'.join(path)}, which is neither a column nor lookup.column")
    if any(part.startswith("_") for part in path):
        raise SyntaxProblem(f"uses {'.'.join(path)}: no column of a file begins with _")


def _growth(node: Node) -> int:
    """How many times longer than one of its values the text of an expression may become."""
    name = function_name(node)
    below = [_growth(part) for part in (arguments(node) if name else _parts(node))]
    if name in ("||", "concat", "concat_ws"):
        return sum(below)
    most = max(below, default=1)
    if name in ("replace", "regexp_replace", "translate") and len(arguments(node)) >= 3:
        replacement = _literal(arguments(node)[2])
        if replacement is None:
            raise SyntaxProblem(f"calls {name}() with a replacement that is not a text in quotes")
        searched = _literal(arguments(node)[1]) if name == "replace" else None
        most = below[0] * max(1, -(-len(replacement) // max(1, len(searched or ""))) + (name == "regexp_replace"))
        if name == "translate":
            most = below[0]
    return most


def _literal(node: Node) -> str | None:
    """The text of a literal; None for every other expression."""
    literal = node.get("literal")
    return str(literal["text"]) if isinstance(literal, dict) and literal.get("kind") in ("STRING", "INTEGER") else None


def _is_group_helper(node: Node) -> bool:
    return function_name(node) in GROUP_HELPERS


def _is_share(node: Node) -> bool:
    """The arguments of share() may look at the group themselves."""
    return function_name(node) == "share"


def _nearest_function(name: str) -> str:
    near = nearest(name, _callable())
    return f"; did you mean {near}()?" if near else ""


def _callable() -> Set[str]:
    named = (SCALAR | AGGREGATES | set(ROW_HELPERS) | set(GROUP_HELPERS)) - {"||"}
    return {name for name in named if name.isidentifier()}
