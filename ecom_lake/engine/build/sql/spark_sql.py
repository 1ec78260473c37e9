"""Translating SQL from DuckDB's dialect to Spark's, with the same result to the last bit, or refusing it in one sentence.

sqlglot translates the syntax. The rules here translate what the two engines compute differently: division by zero, rounding of
doubles, casts of doubles to whole numbers and decimals, quantiles, logarithms. A function that is not listed as equal is refused,
because nothing proves that it is. A CTE that is read more than once becomes a step: Spark would compute it at each place.
Here: text to text. Not here: running it. Only code that needs the translation imports this module, and sqlglot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import ErrorLevel, exp, parse, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

Schema = Mapping[str, Mapping[str, str]]
"""By table, the type of each column as DuckDB spells it."""


@dataclass(frozen=True)
class SparkSQL:
    """A translated query, and the views that are computed before it, each once, in this order."""

    steps: Sequence[tuple[str, str]]
    query: str


class UntranslatableError(ValueError):
    """A query without a proven translation; the message names the construct and what to write instead."""


def to_spark(sql: str, schema: Schema, is_condition: bool = False) -> SparkSQL:
    """The translation of a query over these tables. `is_condition`: its rows are no values of a table, but violations, whose
    conditions allow for the last digit of sums of doubles."""
    query = _parsed(sql)
    if why := [*_why_not(query)]:
        raise UntranslatableError(" ".join(dict.fromkeys(why)))
    try:
        _set_types(query, schema)
        if why := [*_why_not_by_type(query, is_condition)]:
            raise UntranslatableError(" ".join(dict.fromkeys(why)))
        _rewrite(query)
        steps = [(name, _text(step)) for name, step in _steps(query, schema)]
        return SparkSQL(steps, _text(query))
    except SqlglotError as error:
        raise UntranslatableError(f"Spark has no equivalent of this query: {str(error).splitlines()[0]}.") from None


def why_not(sql: str, schema: Schema, is_condition: bool = False) -> str | None:
    """Why a query does not run on Spark; None if it does."""
    try:
        to_spark(sql, schema, is_condition)
    except UntranslatableError as error:
        return str(error)
    return None


def _parsed(sql: str) -> exp.Expr:
    try:
        statements = parse(sql, read="duckdb")
    except SqlglotError as error:
        raise UntranslatableError(f"sqlglot cannot parse this query: {str(error).splitlines()[0]}.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise UntranslatableError("Only one SELECT can be translated.")
    return statements[0]


def _set_types(query: exp.Expr, schema: Schema) -> None:
    """Set the type of every expression.

    sqlglot derives types from qualified columns. The qualified query itself is not translated: where two FULL joins are USING the
    same column, its conditions match fewer rows."""
    read = {table.name for table in query.find_all(exp.Table)}
    known: dict[str, object] = {name: dict(columns) for name, columns in schema.items() if name in read}
    is_known = read <= {*known, *(cte.alias for cte in query.find_all(exp.CTE))}
    nodes = [*query.walk()]
    for number, node in enumerate(nodes):
        node.meta["number"] = number
    qualified = qualify(query.copy(), schema=known, dialect="duckdb", validate_qualify_columns=is_known)
    for node in annotate_types(qualified, schema=known, dialect="duckdb").walk():
        if node.type and "number" in node.meta:
            nodes[node.meta["number"]].type = node.type


def _text(query: exp.Expr) -> str:
    """Every name is quoted, so that a word that Spark reserves may be a name."""
    return query.sql("spark", unsupported_level=ErrorLevel.RAISE, identify=True, comments=False)


# ----------------------------------------------------------------------------------------------------- what is refused

_EQUAL = frozenset(
    {
        exp.Abs,
        exp.And,
        exp.Array,
        exp.Between,
        exp.Case,
        exp.Cast,
        exp.Ceil,
        exp.Coalesce,
        exp.Concat,
        exp.Count,
        exp.CountIf,
        exp.DateDiff,
        exp.DateFromParts,
        exp.Day,
        exp.DayOfMonth,
        exp.Dayname,
        exp.DayOfWeekIso,
        exp.DenseRank,
        exp.Exists,
        exp.Exp,
        exp.Explode,
        exp.Extract,
        exp.FirstValue,
        exp.Floor,
        exp.GenerateSeries,
        exp.Greatest,
        exp.Hour,
        exp.If,
        exp.IgnoreNulls,
        exp.Lag,
        exp.LastDay,
        exp.LastValue,
        exp.Lead,
        exp.Least,
        exp.Length,
        exp.Ln,
        exp.LogicalAnd,
        exp.LogicalOr,
        exp.Lower,
        exp.Max,
        exp.Min,
        exp.Minute,
        exp.Mod,
        exp.Month,
        exp.Monthname,
        exp.Nullif,
        exp.Or,
        exp.Pad,
        exp.PercentileCont,
        exp.Pow,
        exp.Quarter,
        exp.Rank,
        exp.Round,
        exp.RowNumber,
        exp.Second,
        exp.Sign,
        exp.Sqrt,
        exp.StrPosition,
        exp.Substring,
        exp.Sum,
        exp.TimestampTrunc,
        exp.DateTrunc,
        exp.TimeToStr,
        exp.Trim,
        exp.TryCast,
        exp.Unnest,
        exp.Upper,
        exp.WeekOfYear,
        exp.Year,
        exp.Xor,
    }
)
"""The functions that both engines compute equally, with the rewrites below."""
_BY_NAME = {"isoyear": "EXTRACT(YEAROFWEEK FROM x)", "list_extract": "TRY_ELEMENT_AT(x, NULLIF(y, 0))"}
"""Functions for which sqlglot has no class, as Spark computes them."""
_INSTEAD = {
    "Avg": "it changes its last digit with the order of the rows: divide a sum of decimals by a count",
    "Stddev": "it changes its last digit with the order of the rows: compute it from sums of decimals",
    "StddevSamp": "it changes its last digit with the order of the rows: compute it from sums of decimals",
    "Variance": "it changes its last digit with the order of the rows: compute it from sums of decimals",
    "Median": "write quantile_cont(x::double, 0.5)",
    "AnyValue": "it returns an arbitrary row: write min(x) or max(x)",
    "First": "it returns an arbitrary row: number the rows with row_number() over a key",
    "ArrayAgg": "the order of its elements is arbitrary: keep the rows",
    "GroupConcat": "the order of its elements is arbitrary: keep the rows",
    "hash": "every engine returns another number: compare the columns themselves",
    "DayOfWeek": "read the weekday from dim_date",
    "CurrentDate": "the as-of date is reporting_period.as_of",
    "CurrentTimestamp": "the as-of date is reporting_period.as_of",
    "RegexpLike": "write the condition with LIKE",
}
_OTHERWISE = "write it with other functions"
_UNITS = {
    "DAY": "DATEDIFF(CAST(x AS DATE), CAST(y AS DATE))",
    "MONTH": "(YEAR(x) - YEAR(y)) * 12 + MONTH(x) - MONTH(y)",
    "YEAR": "YEAR(x) - YEAR(y)",
}
"""By the unit of date_diff: the number of its boundaries between two dates or times, which DuckDB counts."""
_FORMATS = ("%Y-%m", "%Y-%m-%d", "%B", "%A", "%Y")


def _why_not(query: exp.Expr) -> Iterator[str]:
    for node in query.walk():
        if isinstance(node, exp.Func) and type(node) not in _EQUAL and not _is_equal_by_name(node):
            instead = _INSTEAD.get(node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__, _OTHERWISE)
            yield f"{_name(node)}(…) has no proven translation to Spark: {instead}."
        elif isinstance(node, _SHAPES):
            yield f"{_SHAPES_INSTEAD[type(node)]} At: {_short(node)}."
        elif isinstance(node, exp.Join) and node.method in ("ASOF", "POSITIONAL", "NATURAL"):
            yield f"{node.method} joins do not exist in Spark: write the condition in ON."
        elif isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            yield "UNION BY NAME has no proven translation to Spark: name the columns in the same order."
        elif isinstance(node, exp.With) and node.recursive:
            yield "A recursive query has no proven translation to Spark: join generate_series(…) instead."
        elif isinstance(node, exp.DateDiff) and node.text("unit").upper() not in _UNITS:
            yield f"Spark counts {node.text('unit').lower()}s differently: count days, months or years. At: {_short(node)}."
        elif isinstance(node, exp.GenerateSeries) and node.args.get("is_end_exclusive"):
            yield "range(…) has no proven translation to Spark: write generate_series(first, last)."
        elif isinstance(node, exp.TimeToStr) and node.text("format") not in _FORMATS:
            yield f"The format {node.text('format')} has no proven translation to Spark: use one of {', '.join(_FORMATS)}."
        elif isinstance(node, exp.Substring) and not _is_position(node.args.get("start")):
            yield f"Positions before the first differ in Spark: write a first position of 1 or more. At: {_short(node)}."


_SHAPES_INSTEAD: Mapping[type[exp.Expr], str] = {
    exp.Bracket: "The element of a list that does not exist is an error in Spark: write list_extract(list, position).",
    exp.Pivot: "PIVOT differs in Spark: write the columns out.",
    exp.Columns: "COLUMNS(…) does not exist in Spark: name the columns.",
    exp.TableSample: "A sample returns other rows in every engine: filter by a column.",
    exp.Lambda: "Lambdas have no proven translation to Spark: keep the rows instead of lists.",
    exp.Comprehension: "List comprehensions do not exist in Spark: keep the rows instead of lists.",
    exp.Placeholder: "A parameter has no value when a table is made: read it from settings.",
    exp.Parameter: "A parameter has no value when a table is made: read it from settings.",
}
_SHAPES = tuple(_SHAPES_INSTEAD)


def _is_equal_by_name(node: exp.Func) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in _BY_NAME


def _is_position(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and int(node.name) >= 1


def _name(node: exp.Func) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else node.sql("duckdb").split("(")[0].strip().lower()


def _short(node: exp.Expr) -> str:
    text = node.sql("duckdb", comments=False)
    return text if len(text) <= 100 else f"{text[:99]}…"


_FLOATS = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_WHOLE = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT)
_TIMES = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ)


def _why_not_by_type(query: exp.Expr, is_condition: bool) -> Iterator[str]:
    for node in query.walk():
        if isinstance(node, exp.Sum) and node.this.is_type(*_FLOATS) and not is_condition and not _is_running(node):
            yield f"A sum of DOUBLEs changes its last digit with the order of the rows: sum decimals. At: {_short(node)}."
        elif isinstance(node, exp.Round | exp.Cast) and _is_rounding(node) and not _has_type(node.this):
            yield f"Spark rounds doubles differently, and this type is not known: cast it to its type first. At: {_short(node)}."
        elif isinstance(node, exp.PercentileCont) and not (
            is_condition or _is_median(node) or isinstance(node.parent, exp.Round)
        ):
            yield f"The last digit of a quantile depends on the processor: write round(quantile_cont(…), 6). At: {_short(node)}."
        elif isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.TEXT_TYPES) and node.this.is_type(*_FLOATS, *_TIMES):
            yield f"Spark writes doubles and times as other texts: cast to a decimal or a date first. At: {_short(node)}."
        elif isinstance(node, exp.Cast) and _is_text_to_number(node) and not (is_condition and node.to.is_type(*_FLOATS)):
            yield f"Spark reads other texts as numbers than DuckDB: type the column in silver. At: {_short(node)}."
        elif isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.INT128, exp.DataType.Type.FLOAT):
            yield f"Spark has no such type: use BIGINT, DECIMAL or DOUBLE. At: {_short(node)}."


def _is_rounding(node: exp.Round | exp.Cast) -> bool:
    return (
        node.args.get("decimals") is not None
        if isinstance(node, exp.Round)
        else node.to.is_type(*_WHOLE, exp.DataType.Type.DECIMAL)
    )


def _has_type(node: exp.Expr) -> bool:
    return isinstance(node, exp.Null) or (node.type is not None and not node.is_type(exp.DataType.Type.UNKNOWN))


def _is_text_to_number(node: exp.Cast) -> bool:
    """DuckDB reads '1.5' as the whole number 2 and '1_0' as the number 10; in Spark both are NULL."""
    return node.this.is_type(*exp.DataType.TEXT_TYPES) and node.to.is_type(*_WHOLE, *_FLOATS, exp.DataType.Type.DECIMAL)


def _is_median(node: exp.PercentileCont) -> bool:
    return bool(node.expression.name == "0.5")


def _is_running(node: exp.Sum) -> bool:
    """Whether it is a sum over an ordered window, whose order is given."""
    window = node.parent.parent if isinstance(node.parent, exp.Filter) else node.parent
    if not isinstance(window, exp.Window):
        return False
    select, name = window.find_ancestor(exp.Select), window.args.get("alias")
    named = (select.args.get("windows") if select else None) or []
    spec = next((one for one in named if name is not None and one.this.name == name.name), window)
    return bool(spec.args.get("order"))


# --------------------------------------------------------------------------------- what the engines compute differently


def _division(node: exp.Div) -> exp.Expr:
    """DuckDB divides doubles, by zero to an infinity or NaN; Spark divides decimals, and stops at a zero."""
    part, whole = _double(node.this), _double(node.expression)
    is_never_zero = isinstance(_inner(node.expression), exp.Nullif) or _is_number_not_zero(node.expression)
    return _spark("a / b" if is_never_zero else _DIVIDED, a=part, b=whole)


_DIVIDED = """
    CASE WHEN b <> 0 THEN a / b WHEN b = 0 AND a > 0 THEN CAST('Infinity' AS DOUBLE)
    WHEN b = 0 AND a < 0 THEN CAST('-Infinity' AS DOUBLE) WHEN b = 0 AND a = 0 THEN CAST('NaN' AS DOUBLE) END
"""


def _round(node: exp.Round) -> exp.Expr:
    """DuckDB rounds the product with a power of ten, Spark the decimal digits of a double."""
    digits = node.args.get("decimals")
    if not node.this.is_type(*_FLOATS) or digits is None:
        return node
    return _spark("ROUND(x * p) / p", x=node.this, p=_double(_spark("POWER(10, n)", n=digits)))


def _cast(node: exp.Cast) -> exp.Expr:
    """DuckDB rounds where Spark truncates, and rounds a double as its product with a power of ten."""
    if type(node) is not exp.Cast:
        return node
    is_double, is_decimal = node.this.is_type(*_FLOATS), node.this.is_type(exp.DataType.Type.DECIMAL)
    if node.to.is_type(*_WHOLE) and (is_double or is_decimal):
        rounded = _spark("RINT(x)" if is_double else "ROUND(x, 0)", x=node.this)
        return exp.Cast(this=rounded, to=node.to.copy())
    if node.to.is_type(exp.DataType.Type.DECIMAL) and is_double:
        scale = int(node.to.expressions[1].name) if len(node.to.expressions) > 1 else 0
        unit = f"CAST('1E-{scale}' AS DECIMAL({scale + 1}, {scale}))"
        exact = _spark(f"{_EXACT} * {unit}", x=_spark(f"ROUND(x * CAST(1E{scale} AS DOUBLE))", x=node.this))
        return exp.Cast(this=exact, to=node.to.copy())
    return node


_EXACT = "CASE WHEN ABS(x) < 9E18 THEN CAST(CAST(x AS BIGINT) AS DECIMAL(28, 0)) ELSE CAST(x AS DECIMAL(28, 0)) END"
"""A whole double as a decimal. Spark casts larger doubles by their decimal digits, which are not exact."""


def _logarithm(node: exp.Ln) -> exp.Expr:
    """DuckDB returns minus infinity for zero, and NaN below it; Spark returns NULL."""
    return _spark(
        "CASE WHEN x > 0 THEN LN(x) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x < 0 THEN CAST('NaN' AS DOUBLE) END",
        x=_double(node.this),
    )


def _date_diff(node: exp.DateDiff) -> exp.Expr:
    """DuckDB counts the boundaries between two times; Spark whole units, as a number of 32 bits."""
    return _spark(f"CAST({_UNITS[node.text('unit').upper()]} AS BIGINT)", x=node.this, y=node.expression)


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


def _named(node: exp.Anonymous) -> exp.Expr:
    return _spark(_BY_NAME[node.name.lower()], **dict(zip("xyz", node.expressions, strict=False)))


_REWRITES: Mapping[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Anonymous: _named,
    exp.Cast: _cast,
    exp.Dayname: lambda node: _spark("DATE_FORMAT(x, 'EEEE')", x=node.this),
    exp.DayOfWeekIso: lambda node: _spark("WEEKDAY(x) + 1", x=node.this),
    exp.DateDiff: _date_diff,
    exp.Div: _division,
    exp.GenerateSeries: _series,
    exp.Ln: _logarithm,
    exp.Monthname: lambda node: _spark("DATE_FORMAT(x, 'MMMM')", x=node.this),
    exp.PercentileCont: lambda node: _spark("PERCENTILE(x, q)", x=node.this, q=node.expression),
    exp.Round: _round,
    exp.WeekOfYear: lambda node: _spark("WEEKOFYEAR(x)", x=node.this),
    exp.Window: _filtered_window,
}


def _rewrite(query: exp.Expr) -> None:
    """Rewrite each node after the nodes inside it."""
    for node in reversed([*query.walk()]):
        if (rewrite := _REWRITES.get(type(node))) and (other := rewrite(node)) is not node:
            other.type = node.type
            node.replace(other)


def _spark(text: str, **parts: exp.Expr) -> exp.Expr:
    """An expression in Spark's dialect, in which these names stand for other expressions."""
    tree = parse_one(f"({text})", dialect="spark")
    for column in [*tree.find_all(exp.Column)]:
        part = parts[column.name].copy()
        column.replace(exp.paren(part) if isinstance(part, exp.Binary) else part)
    return tree


def _double(node: exp.Expr) -> exp.Expr:
    return exp.cast(node.copy(), "double")


def _inner(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def _is_number_not_zero(node: exp.Expr) -> bool:
    return isinstance(_inner(node), exp.Literal) and _inner(node).is_number and float(_inner(node).name) != 0


# ----------------------------------------------------------------------------------------- CTEs that are read more than once


def _steps(query: exp.Expr, tables: Iterable[str]) -> Iterator[tuple[str, exp.Expr]]:
    """The CTEs that are read more than once, removed from the query; each with the CTEs that it reads itself."""
    with_ = query.args.get("with_")
    if with_ is None or {cte.alias for cte in with_.expressions} & set(tables):
        return
    read = Counter(table.name for table in query.find_all(exp.Table) if not table.db)
    inlined: list[exp.CTE] = []
    for cte in with_.expressions:
        if read[cte.alias] > 1 and not cte.args["alias"].columns:
            yield cte.alias, _with(cte.this, inlined)
        else:
            inlined.append(cte)
    query.set("with_", exp.With(expressions=inlined) if inlined else None)


def _with(query: exp.Expr, ctes: Sequence[exp.CTE]) -> exp.Expr:
    """A query with those of these CTEs that it reads, directly or through others."""
    needed: list[exp.CTE] = []
    wanted = {table.name for table in query.find_all(exp.Table)}
    for cte in reversed(ctes):
        if cte.alias in wanted:
            needed.insert(0, cte.copy())
            wanted |= {table.name for table in cte.find_all(exp.Table)}
    step = query.copy()
    if needed:
        step.set("with_", exp.With(expressions=needed))
    return step
