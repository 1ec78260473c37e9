"""The keys of a draft, and the required columns that no delivered column is: made from other columns, or counted.

Not here: columns that are delivered (compose.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from ecom_lake.engine.contracts.columns import INTEGER, MONEY, NUMBER, PRICE
from ecom_lake.engine.mapping.draft.assign import Assigned, sources_of
from ecom_lake.engine.mapping.draft.drafted import DraftCell
from ecom_lake.engine.mapping.draft.scores import STRONG, Score
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.words import counted

_NUMERIC = (MONEY, PRICE, NUMBER, INTEGER)


@dataclass(frozen=True)
class OrderKey:
    """How a kind names the order of a row."""

    expression: str
    columns: tuple[str, ...]
    is_unique: bool
    """Whether each order has one row."""
    is_made: bool = False
    shared: int = 0
    """Rows that share a made key with another row."""


def order_expression(assigned: Assigned, targets: Targets) -> OrderKey:
    """The column of the order's id; where there is none, the fewest columns that are different in every row."""
    amounts, kind = targets.amounts, assigned.scores.kind
    found = assigned.columns.get(amounts.order_key)
    if found:
        return OrderKey(found.column.name, (found.column.name,), found.column.is_key)
    return _made_order_key(assigned, targets) if kind.rows else OrderKey("''", (), False)


def _made_order_key(assigned: Assigned, targets: Targets) -> OrderKey:
    """From the customer, the time, and then further columns until every row differs."""
    kind = assigned.scores.kind
    best = [assigned.scores.best(table.name, name) for table in targets.tables for name in (*targets.ids, *table.required)]
    found = [score for score in best if score and score.total >= STRONG and not score.target.is_clue]
    named = [score.column for score in found if score.target.column.kind not in _NUMERIC]
    times = [column for column in named if column.dates]
    ordered = list(
        dict.fromkeys([c.name for c in named if c not in times][:1] + [c.name for c in times] + [c.name for c in named])
    )
    others = [c for c in kind.columns.values() if c.name not in ordered and c.filled == c.rows]
    rest = sorted(others, key=lambda c: (c.numbers is not None, -c.distinct))
    chosen: list[str] = []
    for name in [*ordered, *(column.name for column in rest)]:
        chosen.append(name)
        if (len(chosen) > 1 or not times) and kind.frame.select(chosen).n_unique() == kind.rows:
            break
    groups = kind.frame.group_by(chosen).len()
    shared = int(groups.filter(pl.col("len") > 1)["len"].sum())
    expression = chosen[0] if len(chosen) == 1 else f"concat_ws('-', {', '.join(chosen)})"
    return OrderKey(expression, tuple(chosen), shared == 0, is_made=True, shared=shared)


def made_cell(assigned: Assigned, tables: Sequence[Assigned], name: str, order: OrderKey, targets: Targets) -> DraftCell | None:
    """A required column that no delivered column is."""
    table = assigned.table
    if name == targets.amounts.order_key:
        shared = f", and {order.shared:,} rows share it" if order.shared else ", and every row has another one"
        return DraftCell(
            name,
            order.expression,
            "guess",
            f"no column is an order number: made from {' and '.join(order.columns)}{shared}",
            order.columns,
        )
    how = table.made.get(name)
    if how is None:
        return None
    if how == "nth()":
        if order.is_unique:
            return DraftCell(name, "1", "likely", "each order has one row")
        return DraftCell(name, "nth()", "likely", "no column is a number within the order: counted in the order of the rows")
    if how == targets.amounts.order_key:
        return DraftCell(name, order.expression, "guess", "no column is it: one per order", order.columns)
    found = (_source(source, assigned, tables, order) for source in sources_of(how))
    best = next((one for one in found if one is not None), None)
    if best is None:
        return _anonymous(assigned, name, order, targets)
    expression = f"hashed({best.column.name})" if how.startswith("hashed(") else best.column.name
    reason = f"no column is it: made from {best.column.name}"
    if table.name == targets.amounts.orders and best.column.filled < best.column.rows and not table[name].column.nullable:
        expression, reason = (
            f"coalesce({expression}, 'guest-' || {order.expression})",
            f"{reason}; an order without it is a guest's",
        )
    return DraftCell(name, expression, "guess", reason, (best.column.name,))


def _source(name: str, assigned: Assigned, tables: Sequence[Assigned], order: OrderKey) -> Score | None:
    """The column from which a required one is made; it may be a clue, or belong to another table of the file."""
    chosen = next((one.columns[name] for one in tables if one.kind == assigned.kind and name in one.columns), None)
    others = [one for one in assigned.scores.scores if one.target.name == name and one.column.name not in order.columns]
    best = chosen or max(others, key=lambda one: one.total, default=None)
    return best if best is not None and best.total >= STRONG else None


def with_guests(assigned: Assigned, cell: DraftCell, order: OrderKey, targets: Targets) -> DraftCell:
    """Where orders must have a customer and some have none, each of these is a guest's."""
    amounts, column = targets.amounts, assigned.columns[cell.target].column
    is_needed = assigned.table.name == amounts.orders and cell.target != amounts.order_key
    empty = column.rows - column.filled
    if not is_needed or not empty or assigned.table[cell.target].column.nullable:
        return cell
    expression = f"coalesce({cell.expression}, 'guest-' || {order.expression})"
    reason = f"{cell.reason}; {counted(empty, 'row', 'has/have')} none: a guest"
    return replace(cell, expression=expression, confidence="likely", reason=reason)


def _anonymous(assigned: Assigned, name: str, order: OrderKey, targets: Targets) -> DraftCell | None:
    if assigned.table.name != targets.amounts.orders:
        return None
    if assigned.table[name].column.nullable:
        return DraftCell(name, "null", "guess", "no column identifies the customer: every order is anonymous")
    return DraftCell(
        name,
        f"'guest-' || {order.expression}",
        "guess",
        "no column identifies the customer: every order is a guest's",
        order.columns,
    )
