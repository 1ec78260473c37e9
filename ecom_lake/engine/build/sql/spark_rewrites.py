"""What the two engines compute differently, and how Spark computes what DuckDB does: to the last bit.

Division by zero, rounding of doubles, casts of doubles to whole numbers and decimals, logarithms, differences of dates, series.
Not here: what has no rewrite (spark_refusals.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from sqlglot import exp, parse_one

from ecom_lake.engine.build.sql.spark_types import FLOATS, WHOLE

BY_NAME = {"isoyear": "EXTRACT(YEAROFWEEK FROM x)", "list_extract": "TRY_ELEMENT_AT(x, NULLIF(TRY_CAST(y AS INT), 0))"}
"""Functions for which sqlglot has no class, as Spark computes them."""
UNITS = {
    "DAY": "DATEDIFF(CAST(x AS DATE), CAST(y AS DATE))",
    "MONTH": "(YEAR(x) - YEAR(y)) * 12 + MONTH(x) - MONTH(y)",
    "YEAR": "YEAR(x) - YEAR(y)",
}
"""By the unit of date_diff: the number of its boundaries between two dates or times, which DuckDB counts."""

RESERVED = "__ecom_"
"""How names start that a query may not use: they are those of lambdas."""
_PART = f"{RESERVED}part"


def _division(node: exp.Div) -> exp.Expr:
    """DuckDB divides doubles, by zero to an infinity or NaN; Spark divides decimals, and stops at a zero."""
    part, whole = _double(node.this), _double(node.expression)
    if isinstance(_inner(node.expression), exp.Nullif) or _is_number_not_zero(node.expression):
        return _spark("a / b", a=part, b=whole)
    is_positive = (
        "a > 0" if node.expression.is_type(*WHOLE, exp.DataType.Type.DECIMAL) else "(a > 0) = (CAST(b AS STRING) = '0.0')"
    )
    return _spark(_DIVIDED.format(is_positive=is_positive), a=part, b=whole)


_DIVIDED = """
    CASE WHEN b <> 0 THEN a / b WHEN b = 0 AND (a = 0 OR ISNAN(a)) THEN CAST('NaN' AS DOUBLE)
    WHEN b = 0 AND {is_positive} THEN CAST('Infinity' AS DOUBLE) WHEN b = 0 AND a IS NOT NULL THEN CAST('-Infinity' AS DOUBLE) END
"""
"""Nothing but the text of a zero has its sign, because 0.0 and -0.0 are equal."""


def _round(node: exp.Round) -> exp.Expr:
    """DuckDB rounds the product with a power of ten, or the quotient, and Spark the decimal digits of a double."""
    digits = node.args.get("decimals")
    if not node.this.is_type(*FLOATS):
        return node
    if digits is None:
        return _spark(_ROUND, x=node.this)
    is_negative = isinstance(digits, exp.Neg)
    power = _double(_spark("POWER(10, n)", n=digits.this if is_negative else digits))
    whole = _spark(_ROUND, x=_spark("x / p" if is_negative else "x * p", x=node.this, p=power))
    return _spark("x * p" if is_negative else "x / p", x=whole, p=power)


_ROUND = "COALESCE(NULLIF(ROUND(x), 0D), RINT(x))"
"""Only RINT keeps the sign of a number that is rounded to zero."""


def _cast(node: exp.Cast) -> exp.Expr:
    """DuckDB rounds where Spark truncates, and rounds a double as its product with a power of ten."""
    if type(node) is not exp.Cast:
        return node
    is_double, is_decimal = node.this.is_type(*FLOATS), node.this.is_type(exp.DataType.Type.DECIMAL)
    if node.to.is_type(*WHOLE) and (is_double or is_decimal):
        rounded = _spark("RINT(x)" if is_double else "ROUND(x, 0)", x=node.this)
        return exp.Cast(this=rounded, to=node.to.copy())
    if node.to.is_type(exp.DataType.Type.DATE) and node.this.is_type(*exp.DataType.TEXT_TYPES):
        return node if isinstance(node.this, exp.Literal) else _spark(_DATE, x=node.this)
    if node.to.is_type(exp.DataType.Type.DECIMAL) and is_double:
        scale = int(node.to.expressions[1].name) if len(node.to.expressions) > 1 else 0
        unit = f"CAST('1E-{scale}' AS DECIMAL({scale + 1}, {scale}))"
        whole = _spark(f"ROUND(x * CAST(1E{scale} AS DOUBLE))", x=node.this)
        return exp.Cast(this=_spark(f"{_EXACT} * {unit}", x=whole), to=node.to.copy())
    return node


_DATE = """
    CASE WHEN x RLIKE '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN CAST(x AS DATE)
    WHEN x IS NOT NULL THEN CAST(RAISE_ERROR('a text is no date such as 2018-08-31') AS DATE) END
"""
"""The engines read other texts as different dates."""

_SMALL = "CAST(CAST(x AS BIGINT) AS DECIMAL(38, 0))"
_MEDIUM = """
    CAST(CAST(RINT(x / 4294967296D) AS BIGINT) AS DECIMAL(27, 0)) * CAST(4294967296 AS DECIMAL(10, 0))
    + CAST(CAST(x - RINT(x / 4294967296D) * 4294967296D AS BIGINT) AS DECIMAL(38, 0))
"""
_LARGE = "CAST(CAST(q AS BIGINT) AS DECIMAL(19, 0)) * CAST(18446744073709551616 AS DECIMAL(20, 0)) + r"


def _exact() -> str:
    """A whole double x as a decimal. Spark casts a double by its decimal digits, which are not exact, and whole numbers exactly:
    a large double is cast by its quotient by 2^64 and the remainder, which is cast by its quotient by 2^32."""
    x = exp.column("x")
    quotient = _spark("RINT(x / 18446744073709551616D)", x=x)
    remainder = _spark(_MEDIUM, x=_spark("x - q * 18446744073709551616D", x=x, q=quotient))
    large = _spark(_LARGE, q=quotient, r=remainder)
    return _spark(f"CASE WHEN ABS(x) < 9E18 THEN {_SMALL} ELSE l END", x=x, l=large).sql("spark")


def _floor(node: exp.Floor) -> exp.Expr:
    """DuckDB returns a double for all but decimals, and Spark a whole number, in which NaN is 0."""
    if node.this.is_type(*WHOLE):
        return _double(node.this)
    return _spark(_FLOOR, x=node.this) if node.this.is_type(*FLOATS) else node


_FLOOR = "CASE WHEN RINT(x) > x THEN RINT(x) - 1 ELSE RINT(x) END"


def _ceil(node: exp.Ceil) -> exp.Expr:
    if node.this.is_type(*WHOLE):
        return _double(node.this)
    return _spark("-f", f=_spark(_FLOOR, x=_spark("-x", x=node.this))) if node.this.is_type(*FLOATS) else node


def _trim(node: exp.Trim) -> exp.Expr:
    """DuckDB removes all spaces of Unicode, and Spark only those of ASCII."""
    if not node.expression:
        node.set("expression", exp.Literal.string(_SPACES))
    return node


_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def _concatenated(node: exp.Concat) -> exp.Expr:
    """DuckDB writes NULL as an empty text, which Spark would read as a number where the operand is one."""
    if not any(one.is_type(*exp.DataType.ARRAY_TYPES) for one in node.expressions):
        texts = exp.DataType.TEXT_TYPES
        node.set("expressions", [one if one.is_type(*texts) else _text(one) for one in node.expressions])
    return node


def _logarithm(node: exp.Ln) -> exp.Expr:
    """DuckDB returns minus infinity for zero, and NaN below it; Spark returns NULL."""
    return _spark(
        "CASE WHEN x > 0 THEN LN(x) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x < 0 THEN CAST('NaN' AS DOUBLE) END",
        x=_double(node.this),
    )


def _date_diff(node: exp.DateDiff) -> exp.Expr:
    """DuckDB counts the boundaries between two times; Spark whole units, as a number of 32 bits."""
    return _spark(f"CAST({UNITS[node.text('unit').upper()]} AS BIGINT)", x=node.this, y=node.expression)


def _days_between(node: exp.Sub) -> exp.Expr:
    """DuckDB returns a number of days, and Spark an interval."""
    are_dates = all(side.is_type(exp.DataType.Type.DATE) for side in (node.this, node.expression))
    return _spark("CAST(DATEDIFF(x, y) AS BIGINT)", x=node.this, y=node.expression) if are_dates else node


def _truncated(node: exp.TimestampTrunc) -> exp.Expr:
    """Spark returns a time with a zone, which is that of the session: UTC."""
    return _spark(f"CAST(DATE_TRUNC('{node.text('unit')}', x) AS TIMESTAMP_NTZ)", x=node.this)


def _series(node: exp.GenerateSeries) -> exp.Expr:
    """DuckDB returns no numbers if the end is before the start; Spark counts down."""
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    if start.is_int and end.is_int and step is None and int(start.name) <= int(end.name):
        return node
    sequence = "SEQUENCE(x, y, z)" if step else "SEQUENCE(x, y)"
    return _spark(f"CASE WHEN y >= x THEN {sequence} END", x=start, y=end, z=step or exp.null())


def _filtered_window(node: exp.Window) -> exp.Expr:
    """Spark has no FILTER in a window: the rows that do not count become NULL, which aggregates leave out."""
    if not isinstance(node.this, exp.Filter):
        return node
    function, condition = node.this.this, node.this.expression.this
    counted = exp.Literal.number(1) if isinstance(function.this, exp.Star) else function.this
    function.set("this", _spark("CASE WHEN c THEN x END", c=condition, x=counted))
    node.set("this", function)
    return node


def write_windows_out(query: exp.Expr) -> None:
    """Spark has no frame for a window that has a name: the window is written out at each place."""
    for select in query.find_all(exp.Select):
        _write_windows_of(select)


def _write_windows_of(select: exp.Select) -> None:
    named = {window.this.name: window for window in select.args.get("windows") or ()}
    for window in [*named.values(), *select.find_all(exp.Window)]:
        base = named.get(window.alias)
        if base is None or window.find_ancestor(exp.Select) is not select:
            continue
        for part, value in base.args.items():
            if part in ("partition_by", "order", "spec") and value and not window.args.get(part):
                window.set(part, [one.copy() for one in value] if isinstance(value, list) else value.copy())
        window.set("alias", None)
    if named:
        select.set("windows", None)


def _named(node: exp.Anonymous) -> exp.Expr:
    return _spark(BY_NAME[node.name.lower()], **dict(zip("xyz", node.expressions, strict=False)))


_REWRITES: Mapping[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Anonymous: _named,
    exp.Cast: _cast,
    exp.Ceil: _ceil,
    exp.Concat: _concatenated,
    exp.Dayname: lambda node: _spark("DATE_FORMAT(x, 'EEEE')", x=node.this),
    exp.DayOfWeekIso: lambda node: _spark("WEEKDAY(x) + 1", x=node.this),
    exp.DateDiff: _date_diff,
    exp.Div: _division,
    exp.Floor: _floor,
    exp.GenerateSeries: _series,
    exp.Ln: _logarithm,
    exp.Lower: lambda node: _spark("LOWER(TRANSLATE(x, '\u0130\u03a3', 'i\u03c3'))", x=node.this),
    exp.Monthname: lambda node: _spark("DATE_FORMAT(x, 'MMMM')", x=node.this),
    exp.PercentileCont: lambda node: _spark("PERCENTILE(x, q)", x=node.this, q=node.expression),
    exp.Round: _round,
    exp.Sub: _days_between,
    exp.TimestampTrunc: _truncated,
    exp.Trim: _trim,
    exp.WeekOfYear: lambda node: _spark("WEEKOFYEAR(x)", x=node.this),
    exp.Window: _filtered_window,
}


def rewrite_all(query: exp.Expr) -> None:
    """Rewrite each node of a query of which all types are known, after the nodes inside it."""
    for node in reversed([*query.walk()]):
        if (rewrite := _REWRITES.get(type(node))) and (other := rewrite(node)) is not node:
            other.type = node.type
            node.replace(other)


def _spark(text: str, **parts: exp.Expr) -> exp.Expr:
    """An expression in Spark's dialect, in which these names stand for others. Spark allows no subquery in a lambda."""
    tree = parse_one(f"({text})", dialect="spark")
    uses = Counter(column.name for column in tree.find_all(exp.Column))
    long = {name: part for name, part in parts.items() if (uses[name] - 1) * sum(1 for _ in part.walk()) > _COPIED}
    if long and not any(part.find(exp.Query, exp.Exists) for part in parts.values()):
        return _once(tree, parts, long)
    return _with_parts(tree, parts)


_COPIED = 48
"""Nodes that may be written again, because a part is used more than once."""


def _once(tree: exp.Expr, parts: Mapping[str, exp.Expr], long: Mapping[str, exp.Expr]) -> exp.Expr:
    """The expression with its long parts computed once, as the fields of the only element of an array. Written out at each place,
    parts inside of parts would make a text that Spark parses for minutes."""
    inside = {name: exp.column(name, table=_PART) if name in long else part for name, part in parts.items()}
    fields = ", ".join(f"'{name}', {name}" for name in long)
    whole = parse_one(f"ELEMENT_AT(TRANSFORM(ARRAY(NAMED_STRUCT({fields})), {_PART} -> expression), 1)", dialect="spark")
    return _with_parts(whole, {**long, "expression": _with_parts(tree, inside)})


def _with_parts(tree: exp.Expr, parts: Mapping[str, exp.Expr]) -> exp.Expr:
    for column in [*tree.find_all(exp.Column)]:
        if column.name in parts and not column.table:
            part = parts[column.name].copy()
            column.replace(exp.paren(part) if isinstance(part, exp.Binary) else part)
    return tree


def _double(node: exp.Expr) -> exp.Expr:
    return exp.cast(node.copy(), "double")


def _text(node: exp.Expr) -> exp.Expr:
    return exp.cast(node.copy(), "text")


def _inner(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def _is_number_not_zero(node: exp.Expr) -> bool:
    return isinstance(_inner(node), exp.Literal) and _inner(node).is_number and float(_inner(node).name) != 0


_EXACT = _exact()
