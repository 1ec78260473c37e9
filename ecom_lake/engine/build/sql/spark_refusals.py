"""What is refused: constructs of a query of DuckDB whose values nothing proves to be the same on Spark.

A list of what both engines compute equally, with the rewrites of spark_rewrites.py, and a sentence for everything else: what it
is, and what to write instead. Not here: the rewrites, and the translation (spark_sql.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from ecom_lake.engine.build.sql.spark_rewrites import BY_NAME, RESERVED, UNITS
from ecom_lake.engine.build.sql.spark_types import FLOATS, WHOLE

_TIMES = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ)
_DAYS = (exp.DataType.Type.DATE, *_TIMES)

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
        exp.Lower,
        exp.LogicalAnd,
        exp.LogicalOr,
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
        exp.WeekOfYear,
        exp.Year,
        exp.Xor,
    }
)
"""The functions that both engines compute equally, with the rewrites below."""
_OPERATORS = (
    exp.Add,
    exp.And,
    exp.DPipe,
    exp.Div,
    exp.Dot,
    exp.EQ,
    exp.GT,
    exp.GTE,
    exp.IntDiv,
    exp.Is,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.Mod,
    exp.Mul,
    exp.NEQ,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Or,
    exp.Sub,
    exp.Xor,
)
"""The operators that both engines compute equally, between the types that are not refused below."""
_INSTEAD = {
    "Upper": "some letters have another case in Spark: clean the text in silver",
    "ILike": "some letters have another case in Spark: clean the text in silver",
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
_EXTRACTED = ("YEAR", "QUARTER", "MONTH", "DAY", "WEEK", "DOY", "HOUR", "MINUTE")
_EXTRACTED_INSTEAD = {"DOW": "isodow(x)", "ISODOW": "isodow(x)", "SECOND": "second(x)", "ISOYEAR": "isoyear(x)"}
_FORMATS = ("%Y-%m", "%Y-%m-%d", "%B", "%A", "%Y")


def why_not_by_shape(query: exp.Expr) -> Iterator[str]:
    for node in query.walk():
        if isinstance(node, exp.Identifier) and node.name.lower().startswith(RESERVED):
            yield f"Names that start with {RESERVED} are reserved: rename {node.name}."
        elif isinstance(node, exp.Extract) and node.name.upper() not in _EXTRACTED:
            instead = _EXTRACTED_INSTEAD.get(node.name.upper(), f"extract one of {', '.join(_EXTRACTED).lower()}")
            yield f"Spark extracts another {node.name.lower()}, or none: write {instead}. At: {_short(node)}."
        elif isinstance(node, exp.Func) and type(node) not in _EQUAL and not _is_equal_by_name(node):
            instead = _INSTEAD.get(node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__, _OTHERWISE)
            yield f"{_name(node)}(…) has no proven translation to Spark: {instead}."
        elif isinstance(node, exp.Binary) and not isinstance(node, (*_OPERATORS, exp.Func)):
            instead = _INSTEAD.get(type(node).__name__, _OTHERWISE)
            yield f"The operator of {_short(node)} has no proven translation to Spark: {instead}."
        elif isinstance(node, exp.Like) and not _is_pattern(node.expression):
            yield f"Spark reads a backslash in a pattern: write LIKE with a pattern without one. At: {_short(node)}."
        elif isinstance(node, _SHAPES):
            yield f"{_SHAPES_INSTEAD[type(node)]} At: {_short(node)}."
        elif isinstance(node, exp.Join) and node.method in ("ASOF", "POSITIONAL", "NATURAL"):
            yield f"{node.method} joins do not exist in Spark: write the condition in ON."
        elif isinstance(node, exp.Distinct) and node.args.get("on") and not _is_ordered(node):
            yield f"{_short(node)} keeps an arbitrary row: order the rows by a key."
        elif isinstance(node, exp.Limit | exp.Offset) and not _is_ordered(node):
            yield "LIMIT without ORDER BY returns arbitrary rows: order the rows by a key."
        elif isinstance(node, exp.Window) and isinstance(_function(node), _PLACED) and not node.args.get("order"):
            yield f"{_short(node)} numbers the rows in an arbitrary order: order them by a key."
        elif isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            yield "UNION BY NAME has no proven translation to Spark: name the columns in the same order."
        elif isinstance(node, exp.With) and node.recursive:
            yield "A recursive query has no proven translation to Spark: join generate_series(…) instead."
        elif isinstance(node, exp.DateDiff) and node.text("unit").upper() not in UNITS:
            yield f"Spark counts {node.text('unit').lower()}s differently: count days, months or years. At: {_short(node)}."
        elif isinstance(node, exp.GenerateSeries) and node.args.get("is_end_exclusive"):
            yield "range(…) has no proven translation to Spark: write generate_series(first, last)."
        elif isinstance(node, exp.TimeToStr) and node.text("format") not in _FORMATS:
            yield f"The format {node.text('format')} has no proven translation to Spark: use one of {', '.join(_FORMATS)}."
        elif isinstance(node, exp.Substring) and not _is_position(node.args.get("start")):
            yield f"Positions before the first differ in Spark: write a first position of 1 or more. At: {_short(node)}."
        elif isinstance(node, exp.Substring) and not _is_length(node.args.get("length")):
            yield f"Negative lengths differ in Spark: write a length of 0 or more, or greatest(length, 0). At: {_short(node)}."


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


_PLACED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
"""Functions of a window that depend on the order of its rows."""


def _function(node: exp.Window) -> exp.Expr:
    function: exp.Expr = node.this
    while isinstance(function, exp.Filter | exp.IgnoreNulls):
        function = function.this
    return function


def _is_ordered(node: exp.Expr) -> bool:
    return bool(node.parent and node.parent.args.get("order"))


def why_not_by_name(query: exp.Expr) -> Iterator[str]:
    """CTEs of which a step or Spark's own rules of scope would read another one, or a table. Names have no case."""
    ctes: dict[str, list[exp.CTE]] = {}
    for cte in query.find_all(exp.CTE):
        ctes.setdefault(cte.alias.lower(), []).append(cte)
    for table in query.find_all(exp.Table):
        scopes = [cte for cte in ctes.get(table.name.lower(), ()) if _is_in_scope(table, cte)]
        if len(scopes) > 1:
            yield f"Two CTEs are called {table.name} where it is read: give each a name of its own."
        elif table.db:
            yield f"Spark has no schema {table.db}: write {table.name} alone."
        elif table.name.lower() in ctes and not scopes:
            yield f"{table.name} is the name of a CTE, and is read where the CTE is not defined: rename the CTE."


def _is_in_scope(table: exp.Table, cte: exp.CTE) -> bool:
    """Whether a table may be this CTE: in the query of its WITH, and in the CTEs after it."""
    above: exp.Expr = table
    with_ = cte.parent
    while with_ is not None and above.parent is not None:
        if above.parent is with_:
            return (above.index or 0) > (cte.index or 0)
        above = above.parent
        if above is with_.parent:
            return True
    return False


def _is_equal_by_name(node: exp.Func) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in BY_NAME


def _is_pattern(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and "\\" not in node.name


def _is_position(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and int(node.name) >= 1


def _is_length(node: exp.Expr | None) -> bool:
    if isinstance(node, exp.Greatest):
        return any(_is_length(one) for one in (node.this, *node.expressions))
    return node is None or (isinstance(node, exp.Literal) and node.is_int)


def _name(node: exp.Func) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else node.sql("duckdb").split("(")[0].strip().lower()


def _short(node: exp.Expr) -> str:
    text = node.sql("duckdb", comments=False)
    return text if len(text) <= 100 else f"{text[:99]}…"


def why_not_by_type(query: exp.Expr, is_condition: bool, is_known: bool) -> Iterator[str]:
    """`is_known`: the schema has all tables. The records of the lake have a schema when they are read; until then only rounding
    needs a type."""
    for node in query.walk():
        if isinstance(node, exp.Sum) and node.this.is_type(*FLOATS) and not is_condition:
            yield f"A sum of DOUBLEs changes its last digit with the order of the rows: sum decimals. At: {_short(node)}."
        elif (_depends_on_type(node, is_condition) if is_known else _is_rounding(node)) and (untyped := _untyped(node)):
            yield f"The type of {_short(untyped)} is not known: cast it to its type first. At: {_short(node)}."
        elif isinstance(node, exp.PercentileCont) and not node.this.is_type(exp.DataType.Type.DOUBLE):
            yield f"Spark computes quantiles as DOUBLEs: write quantile_cont(x::double, q). At: {_short(node)}."
        elif isinstance(node, exp.PercentileCont) and not (
            is_condition or _is_median(node) or isinstance(node.parent, exp.Round)
        ):
            yield f"The last digit of a quantile depends on the processor: write round(quantile_cont(…), 6). At: {_short(node)}."
        elif _makes_text(node) and any(one.is_type(*FLOATS, *_TIMES) for one in _operands(node)):
            yield f"Spark writes doubles and times as other texts: cast to a decimal or a date first. At: {_short(node)}."
        elif isinstance(node, exp.Cast) and _is_text_to_number(node) and not (is_condition and node.to.is_type(*FLOATS)):
            yield f"Spark reads other texts as numbers than DuckDB: type the column in silver. At: {_short(node)}."
        elif isinstance(node, exp.Lower) and not is_condition:
            yield f"55 rare letters have another lower case in Spark: clean the text in silver. At: {_short(node)}."
        elif isinstance(node, exp.Round) and node.this.is_type(*FLOATS) and not _is_integer_literal(node.args.get("decimals")):
            yield f"Spark rounds doubles differently: write the number of digits as a literal. At: {_short(node)}."
        elif isinstance(node, exp.Cast) and _is_text_to_time(node):
            yield f"Spark reads other texts as times than DuckDB: type the column in silver. At: {_short(node)}."
        elif isinstance(node, exp.TryCast) and not (is_condition and node.to.is_type(*FLOATS)):
            yield f"TRY_CAST has no proven translation to Spark: type the column in silver. At: {_short(node)}."
        elif isinstance(node, exp.IntDiv) and _has_operand(node, *FLOATS, exp.DataType.Type.DECIMAL):
            yield f"DuckDB divides only whole numbers to whole numbers: write floor(a / b). At: {_short(node)}."
        elif isinstance(node, exp.Mod) and _has_operand(node, *FLOATS):
            yield f"Spark has no remainder of a DOUBLE by zero: write the remainder of decimals. At: {_short(node)}."
        elif isinstance(node, exp.Sub) and _has_operand(node, *_TIMES) and all(side.is_type(*_DAYS) for side in _sides(node)):
            yield f"Spark returns an interval: write date_diff('day', start, end). At: {_short(node)}."
        elif isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.INT128, exp.DataType.Type.FLOAT):
            yield f"Spark has no such type: use BIGINT, DECIMAL or DOUBLE. At: {_short(node)}."


_OF_TEXTS = (exp.Concat, exp.DPipe, exp.Length, exp.Like, exp.Lower, exp.Pad, exp.StrPosition, exp.Substring, exp.Trim)
"""Functions of texts. DuckDB itself refuses most of them for a number, but it does not read the SQL of a lake on Spark."""


def _makes_text(node: exp.Expr) -> bool:
    """Whether the operands become texts."""
    return isinstance(node, _OF_TEXTS) or (isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.TEXT_TYPES))


def _depends_on_type(node: exp.Expr, is_condition: bool) -> bool:
    """Whether the type of an operand decides if the node is refused, or how it is rewritten."""
    if isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.TEXT_TYPES):
        return True
    if isinstance(node, exp.Sum):
        return not is_condition
    return _is_rounding(node) or isinstance(node, exp.Concat | exp.DPipe | exp.Floor | exp.Ceil | exp.IntDiv | exp.Mod | exp.Sub)


def _is_rounding(node: exp.Expr) -> bool:
    if isinstance(node, exp.Round):
        return node.args.get("decimals") is not None
    return isinstance(node, exp.Cast) and node.to.is_type(*WHOLE, exp.DataType.Type.DECIMAL)


def _untyped(node: exp.Expr) -> exp.Expr | None:
    return next((operand for operand in _operands(node) if not _has_type(operand)), None)


def _operands(node: exp.Expr) -> Sequence[exp.Expr]:
    if isinstance(node, exp.Concat):
        return node.expressions
    if isinstance(node, exp.StrPosition):
        return (node.this, node.args["substr"])
    return _sides(node) if isinstance(node, exp.Binary) else (node.this,)


def _has_type(node: exp.Expr) -> bool:
    return isinstance(node, exp.Null) or (node.type is not None and not node.is_type(exp.DataType.Type.UNKNOWN))


def _is_text_to_number(node: exp.Cast) -> bool:
    """DuckDB reads '1.5' as the whole number 2 and '1_0' as the number 10; in Spark both are NULL."""
    return node.this.is_type(*exp.DataType.TEXT_TYPES) and node.to.is_type(*WHOLE, *FLOATS, exp.DataType.Type.DECIMAL)


def _is_text_to_time(node: exp.Cast) -> bool:
    is_text = node.this.is_type(*exp.DataType.TEXT_TYPES) and not isinstance(node.this, exp.Literal)
    return is_text and node.to.is_type(*_TIMES)


def _is_integer_literal(node: exp.Expr | None) -> bool:
    inner = node.this if isinstance(node, exp.Neg) else node
    return inner is None or (isinstance(inner, exp.Literal) and inner.is_int)


def _has_operand(node: exp.Binary, *kinds: exp.DType) -> bool:
    return any(side.is_type(*kinds) for side in _sides(node))


def _sides(node: exp.Binary) -> tuple[exp.Expr, exp.Expr]:
    return node.this, node.expression


def _is_median(node: exp.PercentileCont) -> bool:
    return bool(node.expression.name == "0.5")


def why_not_by_digits(query: exp.Expr) -> Iterator[str]:
    """Columns of the result with the digits of a function that the two engines compute by different libraries.

    Such a number may be compared and rounded, in the query of a CTE or wherever it is read, and not be returned as it is."""
    inexact: set[str] = set()
    while more := {column for column in _named(query, inexact) if column not in inexact}:
        inexact |= more
    for select in _results(query):
        for column in select.expressions:
            if found := _last_digit(column, inexact):
                yield (
                    f"The last digit of exp, ln and power depends on the library: write round(…, 10) around {_short(found)}, "
                    f"or around the column {column.alias_or_name} that is made from it."
                )


_BY_LIBRARY = (exp.Exp, exp.Ln, exp.Pow)


def _named(query: exp.Expr, inexact: set[str]) -> Iterator[str]:
    """The names of columns of subqueries with such digits, of all CTEs alike."""
    for select in query.find_all(exp.Select):
        yield from (column.alias_or_name for column in select.expressions if _last_digit(column, inexact))


def _results(query: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs whose rows the query returns."""
    if isinstance(query, exp.SetOperation):
        yield from (select for side in (query.this, query.expression) for select in _results(side))
    elif isinstance(query, exp.Subquery):
        yield from _results(query.this)
    elif isinstance(query, exp.Select):
        yield query


def _last_digit(node: exp.Expr, inexact: set[str]) -> exp.Expr | None:
    """The part of an expression that gives its value a digit of a library; none if it is rounded, compared or counted."""
    if isinstance(node, exp.Round | exp.Count | exp.Predicate | exp.Connector | exp.Not | exp.Window):
        return _last_digit(node.this, inexact) if isinstance(node, exp.Window) else None
    if isinstance(node, exp.Cast) and not node.to.is_type(*FLOATS):
        return None
    if isinstance(node, _BY_LIBRARY) or (isinstance(node, exp.Column) and node.name in inexact):
        return node
    parts = [one.args["true"] for one in node.args["ifs"]] + [node.args.get("default")] if isinstance(node, exp.Case) else None
    children = parts if parts is not None else node.iter_expressions()
    return next((found for child in children if child is not None and (found := _last_digit(child, inexact))), None)
