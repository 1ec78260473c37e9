"""The CTEs that a query reads more than once: Spark computes a CTE at each place that reads it, so that each becomes a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlglot import exp


def take_steps(query: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """The CTEs that are read more than once, removed from the query; each with the CTEs that it reads itself. Every CTE has a
    name of its own (`why_not_by_name`)."""
    with_ = query.args.get("with_")
    if with_ is None:
        return
    read = Counter(table.name.lower() for table in query.find_all(exp.Table))
    inlined: list[exp.CTE] = []
    for cte in with_.expressions:
        needed = _needed(cte.this, inlined)
        if read[cte.alias.lower()] > 1 and not cte.args["alias"].columns:
            yield cte.alias, _with(cte.this, needed)
        else:
            inlined.append(cte)
    query.set("with_", exp.With(expressions=inlined) if inlined else None)


def _needed(query: exp.Expr, ctes: Sequence[exp.CTE]) -> list[exp.CTE]:
    """Those of these CTEs that a query reads, directly or through others."""
    needed: list[exp.CTE] = []
    wanted = _read(query)
    for cte in reversed(ctes):
        if cte.alias.lower() in wanted:
            needed.insert(0, cte)
            wanted |= _read(cte)
    return needed


def _read(query: exp.Expr) -> set[str]:
    return {table.name.lower() for table in query.find_all(exp.Table)}


def _own(query: exp.Expr) -> list[exp.CTE]:
    with_ = query.args.get("with_")
    return list(with_.expressions) if with_ else []


def _with(query: exp.Expr, needed: Sequence[exp.CTE]) -> exp.Expr:
    """A query with these CTEs before its own."""
    step = query.copy()
    if needed:
        step.set("with_", exp.With(expressions=[*(cte.copy() for cte in needed), *_own(step)]))
    return step
