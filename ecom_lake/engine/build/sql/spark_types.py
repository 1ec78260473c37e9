"""The type of every expression of a query, as DuckDB derives it: that decides what is refused and how it is rewritten.

sqlglot derives types; where it differs from DuckDB, DuckDB's rule stands here. Decimals have no digits here, and whole numbers no
size, because nothing in a translation depends on them. A test compares the types with those of DuckDB's plan.
Not here: refusals and rewrites, which read the types (spark_refusals.py, spark_rewrites.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify

Schema = Mapping[str, Mapping[str, str]]
"""By table, the type of each column as DuckDB spells it."""

_Kind = exp.DataType.Type
FLOATS = (_Kind.DOUBLE, _Kind.FLOAT)
WHOLE = (_Kind.INT, _Kind.BIGINT, _Kind.SMALLINT, _Kind.TINYINT)


def set_types(query: exp.Expr, schema: Schema) -> bool:
    """Set the type of every expression; whether the schema has all tables. Columns of a table that it does not have are untyped.

    sqlglot derives types from qualified columns. The qualified query itself is not translated: where two FULL joins are USING the
    same column, its conditions match fewer rows."""
    read = {table.name for table in query.find_all(exp.Table)}
    known: dict[str, object] = {  # of types that are built: sqlglot reads the name DECIMAL as one with 18 digits
        table: {column: _without_digits(kind) for column, kind in columns.items()}
        for table, columns in schema.items()
        if table in read
    }
    is_known = read <= {*known, *(cte.alias for cte in query.find_all(exp.CTE))}
    nodes = [*query.walk()]
    for number, node in enumerate(nodes):
        node.meta["number"] = number
    qualified = qualify(query.copy(), schema=known, dialect="duckdb", validate_qualify_columns=is_known)
    typed = annotate_types(qualified, schema=known, dialect="duckdb", expression_metadata=_METADATA)
    for node in typed.walk():
        if node.type and "number" in node.meta:
            nodes[node.meta["number"]].type = node.type
    return is_known


def _without_digits(kind: str | exp.DataType) -> exp.DataType:
    found = exp.DataType.build(kind, dialect="duckdb")
    if found.is_type(_Kind.INT128):
        return exp.DataType(this=_Kind.BIGINT)
    return exp.DataType(this=_Kind.DECIMAL) if found.is_type(_Kind.DECIMAL) else found


def _type_of_cast(node: exp.Cast) -> exp.DataType:
    return _without_digits(node.to)


def _type_of_literal(node: exp.Literal) -> exp.DType:
    """A number with a point is a decimal, and one with an exponent a double."""
    if node.is_string:
        return _Kind.VARCHAR
    if node.is_int:
        return _Kind.INT
    return _Kind.DOUBLE if "e" in node.name.lower() else _Kind.DECIMAL


def _type_of_first(node: exp.Expr) -> exp.DataType | None:
    first: exp.Expr = node.this
    return first.type


def _type_of_floor(node: exp.Floor | exp.Ceil) -> exp.DataType | exp.DType | None:
    return _Kind.DOUBLE if node.this.is_type(*WHOLE) else node.this.type


def _type_by_name(node: exp.Anonymous) -> exp.DataType | exp.DType | None:
    if node.name.lower() == "isoyear":
        return _Kind.BIGINT
    if node.name.lower() == "list_extract" and (of := node.expressions[0].type) is not None and of.expressions:
        element: exp.DataType = of.expressions[0]
        return element
    return None


def _type_of_difference(annotator: TypeAnnotator, node: exp.Add | exp.Sub) -> exp.Expr:
    sides = (node.this, node.expression)
    dates = sum(side.is_type(_Kind.DATE) for side in sides)
    if dates == 2 and isinstance(node, exp.Sub):
        return annotator._set_type(node, _Kind.BIGINT)
    if dates == 1 and any(side.is_type(*WHOLE) for side in sides):
        return annotator._set_type(node, _Kind.DATE)
    derived: exp.Expr = DuckDB.EXPRESSION_METADATA[type(node)]["annotator"](annotator, node)
    return derived


def _typed(derive: Callable[[Any], exp.DataType | exp.DType | None]) -> Mapping[str, Any]:
    return {"annotator": lambda annotator, node: annotator._set_type(node, derive(node))}


_METADATA: Any = {
    **DuckDB.EXPRESSION_METADATA,
    exp.Add: {"annotator": _type_of_difference},
    exp.Anonymous: _typed(_type_by_name),
    exp.Cast: _typed(_type_of_cast),
    exp.Ceil: _typed(_type_of_floor),
    exp.CountIf: {"returns": _Kind.BIGINT},
    exp.Div: {"returns": _Kind.DOUBLE},
    exp.Floor: _typed(_type_of_floor),
    exp.Lag: _typed(_type_of_first),
    exp.Lead: _typed(_type_of_first),
    exp.Literal: _typed(_type_of_literal),
    exp.Nullif: _typed(_type_of_first),
    exp.Pad: {"returns": _Kind.VARCHAR},
    exp.Round: _typed(_type_of_first),
    exp.Sub: {"annotator": _type_of_difference},
    exp.TryCast: _typed(_type_of_cast),
}
