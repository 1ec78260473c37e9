"""The keys of a query's rows, as far as they follow from the query: a total order must end in one.

Keys come from the contracts, from GROUP BY and DISTINCT, and through joins on a complete key. A key that the query does
not show (of a union, of an UNNEST) is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ecom_lake.shop.insights.rule import COMPLETE_MONTHS, KNOWN_CUSTOMERS
from ecom_lake_tests import catalog

Key = frozenset[str]
ONE_ROW: Key = frozenset()
_TABLES = {
    **{table.name: frozenset(table.key) for table in (*catalog.silver().values(), *catalog.gold().values())},
    "settings": ONE_ROW,
    "reporting_period": ONE_ROW,
    KNOWN_CUSTOMERS: ONE_ROW,
    COMPLETE_MONTHS: frozenset(catalog.gold()["kpi_monthly"].key),
}


def rows_of(select: exp.Select) -> set[Key]:
    """Keys of the rows that a SELECT's windows run over: the groups if it groups, otherwise the keys of its sources."""
    if group := select.args.get("group"):
        return {frozenset(_alias(select, term) for term in group.expressions)}
    if any(not isinstance(found.parent, exp.Window | exp.Filter) for found in _aggregates(select)):
        return {ONE_ROW}
    source = select.args.get("from_")
    keys = _of(source.this) if source else {ONE_ROW}
    for join in select.args.get("joins", []):
        keys = _joined(keys, join)
    return keys


def _result_of(query: exp.Expr) -> set[Key]:
    """Keys of a query's result: those whose columns it returns under their own names."""
    if not isinstance(query, exp.Select):
        return set()
    shown = {_source_name(column): column.alias_or_name for column in query.selects}
    everything = any(isinstance(column, exp.Star) or column.name == "*" for column in query.selects)
    keys = rows_of(query)
    kept = {key for key in keys if everything or key <= set(shown.values())}
    renamed = {frozenset(shown[name] for name in key) for key in keys if key <= set(shown)}
    whole = {frozenset(shown.values())} if query.args.get("distinct") else set()
    return kept | renamed | whole


def _of(source: exp.Expr) -> set[Key]:
    if isinstance(source, exp.Subquery):
        return _result_of(source.this)
    if not isinstance(source, exp.Table):
        return set()
    for cte in source.root().find_all(exp.CTE):
        if cte.alias == source.name:
            return _result_of(cte.this)
    return {_TABLES[source.name]} if source.name in _TABLES else set()


def _joined(keys: set[Key], join: exp.Join) -> set[Key]:
    """A join on a complete key of the other side matches at most one row; any other may multiply rows."""
    met = {term.name for term in join.args.get("using", [])} | set(_equal_names(join))
    theirs = _of(join.this)
    if join.kind in ("SEMI", "ANTI") or (join.side != "FULL" and any(key <= met for key in theirs)):
        return keys
    return {one | other for one in keys for other in theirs}


def _equal_names(join: exp.Join) -> Iterator[str]:
    condition = join.args.get("on")
    terms = condition.flatten() if isinstance(condition, exp.And) else [condition]
    for term in terms:
        if isinstance(term, exp.EQ):
            sides = [side for side in (term.this, term.expression) if isinstance(side, exp.Column)]
            yield from (side.name for side in sides if side.table == join.alias_or_name)


def _aggregates(select: exp.Select) -> Iterator[exp.Expr]:
    for column in select.selects:
        yield from (found for found in column.find_all(exp.AggFunc) if found.find_ancestor(exp.Select) is select)


def _alias(select: exp.Select, term: exp.Expr) -> str:
    """The name of a grouped expression in the result."""
    for column in select.selects:
        if isinstance(column, exp.Alias) and column.this == term:
            return str(column.alias)
    return term.name


def _source_name(column: exp.Expr) -> str:
    inner = column.this if isinstance(column, exp.Alias) else column
    return inner.name if isinstance(inner, exp.Column) else f"({inner.sql()})"
