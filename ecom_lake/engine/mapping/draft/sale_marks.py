"""What is no sale: canceled orders, lines that are not valid, and rows with a negative quantity.

Revenue counts orders and lines that are sales, so a mark that is not read makes it wrong without a refused row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.drafted import DraftCell, DraftFacet
from ecom_lake.engine.mapping.draft.line_columns import number_expression
from ecom_lake.engine.mapping.draft.profile import ColumnProfile
from ecom_lake.engine.mapping.draft.scores import STRONG, KindScores
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.words import counted


def with_sale_marks(facets: Sequence[DraftFacet], assigned: Sequence[Assigned], targets: Targets) -> list[DraftFacet]:
    """The facets, those of orders and lines with the marks of their files."""
    amounts = targets.amounts
    scores = {one.table.name: one.scores for one in assigned}
    found = {facet.table: facet for facet in facets}
    orders, lines = found.get(amounts.orders), found.get(amounts.table)
    if orders is not None:
        orders = _canceled_by_time(orders, scores[orders.table], targets)
    if lines is not None:
        orders, lines = _flags_of_lines(orders, lines, scores[lines.table], targets)
        orders, lines = _without_negative_quantities(orders, lines, scores[lines.table].kind.columns, targets)
    marked = {facet.table: facet for facet in (orders, lines) if facet is not None}
    return [marked.get(facet.table, facet) for facet in facets]


def _canceled_by_time(orders: DraftFacet, scores: KindScores, targets: Targets) -> DraftFacet:
    """An order with the time of a cancellation is canceled, whatever its status."""
    marks = targets.marks
    named = [one for one in scores.of(orders.table, marks.canceled_at) if one.by_name >= STRONG]
    read = {name for cell in orders.cells for name in cell.columns}
    column = next((one.column for one in named if one.column.name not in read), None)
    if column is None or column.filled == column.rows:
        return orders
    status = next((cell for cell in orders.cells if cell.target == marks.status), None)
    otherwise = f" else {status.expression}" if status else ""
    reason = f"an order with {column.name} is {marks.canceled}"
    cell = DraftCell(
        marks.status,
        f"case when {column.name} is not null then '{marks.canceled}'{otherwise} end",
        status.confidence if status and status.confidence == "guess" else "likely",
        f"{status.reason}; {reason}" if status else reason,
        (*(status.columns if status else ()), column.name),
    )
    return _with_cell(orders, cell, targets)


def _flags_of_lines(
    orders: DraftFacet | None, lines: DraftFacet, scores: KindScores, targets: Targets
) -> tuple[DraftFacet | None, DraftFacet]:
    """A flag that differs within an order is that of the line; an order is a sale if one of its lines is."""
    flag = targets.marks.flag
    best = scores.best(lines.table, flag)
    key = lines[targets.amounts.order_key].columns
    if best is None or best.total < STRONG or best.column.values != "flag" or not _differs(scores, best.column.name, key):
        return orders, lines
    name = best.column.name
    reason = f"{name} differs between the lines of an order"
    lines = _with_cell(lines, DraftCell(flag, name, "likely", reason, (name,)), targets)
    if orders is not None and orders.kind == lines.kind and orders.per:
        reason = f"{reason}: an order is valid if one of its lines is"
        orders = _with_cell(orders, DraftCell(flag, f"bool_or(flag({name}))", "likely", reason, (name,)), targets)
    return orders, lines


def _differs(scores: KindScores, name: str, key: tuple[str, ...]) -> bool:
    """Whether some rows of one key have different values."""
    if not key or name in key:
        return False
    return scores.kind.frame.group_by(key).agg(pl.col(name).n_unique() > 1)[name].any()


def _without_negative_quantities(
    orders: DraftFacet | None, lines: DraftFacet, columns: Mapping[str, ColumnProfile], targets: Targets
) -> tuple[DraftFacet | None, DraftFacet]:
    """Rows with a negative quantity are credit notes or corrections of the stock: the contract would refuse them as lines, and
    they would be orders without a line."""
    quantity = next((cell for cell in lines.cells if cell.target == targets.amounts.quantity), None)
    column = columns[quantity.columns[0]] if quantity and quantity.columns else None
    if column is None or column.numbers is None or not (negative := int((column.numbers.values < 0).sum())):
        return orders, lines
    condition = f"coalesce({number_expression(column, always=True)} >= 0, true)"
    note = (
        f"{counted(negative, 'row', 'has/have')} a negative {column.name} (credit notes, or corrections of the stock) and no part"
        " in sales: decide whether to write [refunds] for them"
    )
    lines = replace(lines, where=_both(lines.where, condition), notes=(*lines.notes, note))
    if orders is not None and orders.kind == lines.kind:
        orders = replace(orders, where=_both(orders.where, condition))
    return orders, lines


def _both(where: str, condition: str) -> str:
    return f"{where} and {condition}" if where else condition


def _with_cell(facet: DraftFacet, cell: DraftCell, targets: Targets) -> DraftFacet:
    """The facet with the cell in the place of its column."""
    cells = {one.target: one for one in facet.cells} | {cell.target: cell}
    return replace(facet, cells=tuple(cells[name] for name in targets[facet.table].names if name in cells))
