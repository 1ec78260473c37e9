"""The portable subset of SQL for gold tables and models, with one sentence for each construct that it rejects.

The same files must run on DuckDB and, translated by sqlglot, on Spark, and give the same digits on any number of threads.
Types come from the contracts, so that a rule can distinguish a date from a timestamp. A parameter such as $as_of has no type.
Here: the text of a file. Not here: whether its numbers are correct (contracts, identities, tests); the audit checks that a key by
which a window is ordered is unique.

`python -m ecom_lake_tests.shop.portable` checks every .sql file of shop/ except the questions, and the rules and identities of
all contracts; `make check` runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from sqlglot import ErrorLevel, exp, parse, transpile
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

import ecom_lake.shop
from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.build.sql.spark_sql import why_not
from ecom_lake.engine.build.sql.spark_tables import why_not_computed
from ecom_lake.engine.contracts.column_rules import all_row_rules
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.shop.insights.rule import COMPLETE_MONTHS, KNOWN_CUSTOMERS
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.shop.query_keys import rows_of

SHOP = Path(ecom_lake.shop.__file__).parent
SQL_FILES = sorted(
    path for path in SHOP.rglob("*.sql") if path.parent.name != "questions" and not path.name.endswith(".spark.sql")
)
"""The SQL of gold tables and of models (features.sql and others)."""


@dataclass(frozen=True)
class Refusal:
    rule: str
    says: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.says} [{self.rule}]{f' At: {self.where}' if self.where else ''}"


def refusals(sql: str, table: str = "") -> list[Refusal]:
    """The constructs of a gold query that engines execute differently; the audit checks the key of `table`."""
    if not sql.startswith("-- ") or "?" not in sql.splitlines()[0]:
        return [Refusal("question", "A file begins with a comment that asks the question it answers.")]
    try:
        statements = parse(sql, read="duckdb")
    except SqlglotError as error:
        return [
            Refusal("readable", "sqlglot must be able to parse a file, because it translates it.", str(error).splitlines()[0])
        ]
    query = statements[0]
    if len(statements) != 1 or not isinstance(query, exp.Query):
        return [Refusal("one_select", "A file contains one SELECT and nothing else.")]
    found = [Refusal(name, says, _short(node)) for name, says, look in _BY_SHAPE for node in look(query)]
    found += _named(query) + [Refusal("window_order", _EITHER, _short(node)) for node in _loose_windows(query, table)]
    if not found:
        try:
            typed = _typed(query)
        except SqlglotError as error:
            return [Refusal("names", "Every name must be a column or a table.", str(error).splitlines()[0])]
        found += [Refusal(name, says, _short(node)) for name, says, look in _BY_TYPE for node in look(typed)]
    return found or _untranslatable(sql, table)


Look = Callable[[exp.Expr], Iterator[exp.Expr]]

# Constructs


def _constructs(*kinds: type[exp.Expr]) -> Look:
    return lambda query: query.find_all(*kinds)


def _joins(query: exp.Expr) -> Iterator[exp.Expr]:
    return (join for join in query.find_all(exp.Join) if join.method in ("ASOF", "POSITIONAL", "NATURAL"))


def _unions_by_name(query: exp.Expr) -> Iterator[exp.Expr]:
    return (union for union in query.find_all(exp.SetOperation) if union.args.get("by_name"))


def _distinct_on(query: exp.Expr) -> Iterator[exp.Expr]:
    return (distinct for distinct in query.find_all(exp.Distinct) if distinct.args.get("on"))


def _unordered_limits(query: exp.Expr) -> Iterator[exp.Expr]:
    return (limit for limit in query.find_all(exp.Limit, exp.Offset) if not (limit.parent and limit.parent.args.get("order")))


def _ordered_aggregates(query: exp.Expr) -> Iterator[exp.Expr]:
    inside = (order.find_ancestor(exp.AggFunc, exp.Anonymous, exp.Window, exp.Query) for order in query.find_all(exp.Order))
    return (found for found in inside if isinstance(found, exp.AggFunc | exp.Anonymous))


def _misplaced_subqueries(query: exp.Expr) -> Iterator[exp.Expr]:
    """`in (select …)` and `exists` as a value or in a join's condition; in WHERE, every engine takes them."""
    for asked in query.find_all(exp.In, exp.Exists):
        asks = isinstance(asked, exp.Exists) or asked.args.get("query")
        if asks and not isinstance(asked.find_ancestor(exp.Where, exp.Query, exp.Join), exp.Where):
            yield asked
    for nested in query.find_all(exp.Subquery):
        if isinstance(nested.find_ancestor(exp.AggFunc, exp.Query), exp.AggFunc):
            yield nested


_EITHER = "A window function that depends on the order of ties must order by a key: otherwise the result is arbitrary."


def _loose_windows(query: exp.Expr, table: str) -> Iterator[exp.Expr]:
    """Windows that depend on the order of ties and do not order by a key."""
    own = {frozenset(catalog.gold()[table].key)} if table in catalog.gold() else set()
    for window in query.find_all(exp.Window):
        spec = _spec(window)
        if _depends_on_order(window.this, spec) and not _ordered_by_a_key(window, spec, own):
            yield window


def _spec(window: exp.Window) -> exp.Window:
    """The named window that it refers to, or the window itself."""
    select = window.find_ancestor(exp.Select)
    named = (select.args.get("windows") if select else None) or []
    name = window.args.get("alias") or (window.this if isinstance(window.this, exp.Identifier) else None)
    return next((one for one in named if name is not None and one.this.name == name.name), window)


def _depends_on_order(function: exp.Expr, spec: exp.Window) -> bool:
    while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        function = function.this
    frame = spec.args.get("spec")
    if isinstance(function, exp.AggFunc) and not isinstance(function, _PLACED):
        return frame is not None and str(frame.args.get("kind")).upper() == "ROWS"
    return isinstance(function, _PLACED)


_PLACED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)


def _ordered_by_a_key(window: exp.Window, spec: exp.Window, own: set[frozenset[str]]) -> bool:
    order, select = spec.args.get("order"), window.find_ancestor(exp.Select)
    terms = [*spec.args.get("partition_by", []), *([term.this for term in order.expressions] if order else [])]
    names = {term.name for term in terms if isinstance(term, exp.Column)}
    return order is not None and select is not None and any(key <= names for key in own | rows_of(select))


def _short_floats(query: exp.Expr) -> Iterator[exp.Expr]:
    return (cast for cast in query.find_all(exp.Cast) if cast.to.is_type(exp.DataType.Type.FLOAT))


_BY_SHAPE: tuple[tuple[str, str, Look], ...] = (
    ("pivot", "PIVOT differs between engines: write the columns out.", _constructs(exp.Pivot)),
    ("columns", "COLUMNS(…) exists in DuckDB only: name the columns.", _constructs(exp.Columns)),
    ("join", "ASOF, POSITIONAL and NATURAL joins do not exist in every engine: write the condition in ON.", _joins),
    ("by_name", "UNION BY NAME does not exist in every engine: name the columns in the same order.", _unions_by_name),
    ("distinct_on", "DISTINCT ON keeps an arbitrary row: use row_number() = 1 over a total order.", _distinct_on),
    ("limit", "LIMIT without ORDER BY returns arbitrary rows.", _unordered_limits),
    ("sample", "A sample differs between engines.", _constructs(exp.TableSample)),
    (
        "lambda",
        "Lambdas and list comprehensions have a different syntax in every engine.",
        _constructs(exp.Lambda, exp.Comprehension),
    ),
    ("ordered_aggregate", "An ordered aggregate does not exist in every engine: number the rows first.", _ordered_aggregates),
    (
        "subquery",
        "IN (select …) and EXISTS are allowed in WHERE only, and no subquery inside an aggregate: join instead.",
        _misplaced_subqueries,
    ),
    ("float", "A FLOAT keeps seven digits: use DOUBLE.", _short_floats),
)

# Functions

_REFUSED = {
    "differs between engines: use quantile_cont(x::double, q).": (
        "percentile_cont percentile_disc quantile quantile_disc approx_quantile approx_percentile median"
    ),
    "numbers days and weeks differently in every engine: read them from dim_date.": (
        "isodow dayofweek day_of_week dayofweekiso day_of_week_iso weekday week weekofyear week_of_year yearweek isoyear"
        " dayname monthname dow"
    ),
    "has base 10 in some engines and e in others: use ln(x) or log10(x).": "log",
    "returns a different number in every engine.": "hash",
    "differs between engines: use the parts of the date, and date_diff between days.": (
        "epoch epoch_ms epoch_us epoch_ns epochms time_bucket age datesub date_sub date_part"
    ),
    "changes its last digit with the order of the rows: sum exactly, then divide.": (
        "avg mean stddev stddev_pop stddev_samp variance var_pop var_samp variance_pop corr covar_pop covar_samp favg fsum"
        " kahan_sum sumkahan skewness kurtosis geomean geometric_mean regr_slope regr_intercept regr_r2 mad"
    ),
    "picks an arbitrary one of tied rows: number the rows over a total order.": (
        "first last any_value arbitrary mode arg_max arg_min argmax argmin max_by min_by ntile"
    ),
    "keeps rows in an order that no engine guarantees.": (
        "list array_agg group_concat string_agg listagg histogram array_unique_agg"
    ),
    "is an estimate that differs between engines.": "approx_count_distinct approx_distinct approx_top_k reservoir_quantile hll",
    "reads the clock: the as-of date is reporting_period.as_of.": (
        "now today current_date current_timestamp current_time current_localtimestamp localtimestamp get_current_timestamp"
        " transaction_timestamp"
    ),
    "returns a different value on every run.": "random rand uuid gen_random_uuid",
    "reads a file: refer to tables by name, which the lake resolves to files.": (
        "read_parquet parquet_scan read_csv read_csv_auto read_json read_json_auto glob read_text read_blob"
    ),
}
_WHY = {name: why for why, names in _REFUSED.items() for name in names.split()}


def _named(query: exp.Expr) -> list[Refusal]:
    """Functions by their SQL names, and by sqlglot's names where these differ."""
    found = []
    for node in query.find_all(exp.Func, exp.Extract):
        if isinstance(node, exp.Extract):
            names = {node.name.lower()}
        elif isinstance(node, exp.PercentileCont):
            names = {"percentile_cont"} if isinstance(node.parent, exp.WithinGroup) else set()
        else:
            names = (
                {node.name.lower()} if isinstance(node, exp.Anonymous) else {node.key, node.sql_name().lower(), _spelled(node)}
            )
        if why := next((_WHY[name] for name in sorted(names) if name in _WHY), None):
            found.append(Refusal("function", f"{_spelled(node)}(…) {why}", _short(node)))
    return found


def _spelled(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else node.sql("duckdb").split("(")[0].strip().lower()


# Types


def _typed(query: exp.Expr) -> exp.Expr:
    """The query with the type of every expression; columns of tables without a contract have no type."""
    known = {table.name for table in query.find_all(exp.Table)} <= {*_SCHEMA, *(cte.alias for cte in query.find_all(exp.CTE))}
    qualified = qualify(query.copy(), schema={**_SCHEMA}, dialect="duckdb", validate_qualify_columns=known)
    return annotate_types(qualified, schema={**_SCHEMA}, dialect="duckdb")


_DAY = exp.DataType.Type.DATE
_FLOATS = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_UNKNOWN = exp.DataType.Type.UNKNOWN


def _dates_apart(query: exp.Expr) -> Iterator[exp.Expr]:
    for node in query.find_all(exp.DateDiff):
        days = node.text("unit").upper() == "DAY"
        if not days or any(not side.is_type(_DAY, _UNKNOWN) for side in (node.this, node.expression)):
            yield node


def _quantiles(query: exp.Expr) -> Iterator[exp.Expr]:
    return (node for node in query.find_all(exp.PercentileCont) if not node.this.is_type(exp.DataType.Type.DOUBLE))


def _float_sums(query: exp.Expr) -> Iterator[exp.Expr]:
    return (node for node in query.find_all(exp.Sum) if node.this.is_type(*_FLOATS))


def _wide_sums(query: exp.Expr) -> Iterator[exp.Expr]:
    """Sums of decimals that are not cast before they are named or multiplied."""
    for node in query.find_all(exp.Sum):
        if node.this.is_type(exp.DataType.Type.DECIMAL) and not _is_cast(node):
            yield node


_ON_THE_WAY = (
    exp.Filter,
    exp.Window,
    exp.Coalesce,
    exp.Nullif,
    exp.Round,
    exp.Paren,
    exp.Add,
    exp.Sub,
    exp.Neg,
    exp.Mul,
    exp.Sum,
)


def _is_cast(node: exp.Expr) -> bool:
    above = node.parent
    while isinstance(above, _ON_THE_WAY):
        above = above.parent
    return isinstance(above, exp.Cast | exp.Predicate | exp.Ordered)


_BY_TYPE: tuple[tuple[str, str, Look], ...] = (
    ("date_diff", "date_diff counts days between DATEs: between timestamps, and in other units, engines differ.", _dates_apart),
    ("quantile_type", "quantile_cont needs a DOUBLE: for other types engines round differently.", _quantiles),
    ("float_sum", "A sum of DOUBLEs changes its last digit with the order of the rows: sum decimals, then divide.", _float_sums),
    ("wide_sum", "The precision of a sum of decimals differs between engines: cast it, sum(x)::decimal(18, 2).", _wide_sums),
)


def _untranslatable(sql: str, table: str) -> list[Refusal]:
    """Gold tables need a proven translation. The SQL of models, which has parameters, runs on DuckDB only."""
    if table in catalog.gold():
        why = why_not_computed(catalog.registry(), replace(catalog.recipe(table), sql=sql))
        return [Refusal("spark", why)] if why else []
    try:
        transpile(sql, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        return [Refusal("spark", "Spark has no equivalent.", str(error).splitlines()[0])]
    return []


def _short(node: exp.Expr) -> str:
    text = node.sql("duckdb", comments=False)
    return text if len(text) <= 100 else f"{text[:99]}…"


_TABLES = [*catalog.silver().values(), *catalog.gold().values()]
_SETTINGS_TYPES = {pl.Date(): "DATE", pl.String(): "VARCHAR", pl.Int64(): "BIGINT"}
_SCHEMA: dict[str, dict[str, str]] = {
    **{table.name: {column.name: column.kind.duckdb for column in table.columns.values()} for table in _TABLES},
    COMPLETE_MONTHS: {
        **{column.name: column.kind.duckdb for column in catalog.gold()["kpi_monthly"].columns.values()},
        "is_settled": "BOOLEAN",
    },
    KNOWN_CUSTOMERS: {"whole": "VARCHAR", "caveat": "VARCHAR"},
    "model_fits": {"model": "VARCHAR", **{c.name: c.kind.duckdb for c in ModelFit.table.columns.values()}},
    "model_snapshots": {"model": "VARCHAR", "customers_changed": "BIGINT", "net_sales_changed": "DECIMAL(18,2)"},
    "settings": {name: _SETTINGS_TYPES.get(kind, "DECIMAL(18,4)") for name, kind in settings_row(ShopSettings()).schema.items()},
}


def untranslatable_conditions() -> Iterator[str]:
    """The contracts with rules or identities that Spark cannot evaluate, and why."""
    for table in catalog.gold().values():
        rules = ", ".join(f"count_if(not ({rule.holds}))" for rule in all_row_rules(table))
        queries = {"its rules": f"select {rules} from {table.name}"} | {one.name: one.breaks for one in table.identities}
        for what, query in queries.items():
            if why := why_not(query, _SCHEMA, is_condition=True):
                yield f"{table.name}, {what}: {why}"


def main() -> int:
    found = [f"{path.relative_to(SHOP)}: {refusal}\n" for path in SQL_FILES for refusal in refusals(path.read_text(), path.stem)]
    found += [f"{why}\n" for why in untranslatable_conditions()]
    sys.stdout.writelines(found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
