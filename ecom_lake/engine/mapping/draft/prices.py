"""The amounts of a line: its discount, freight, tax and cost, and what they make of the rows. The price itself: unit_price.py.

An amount that repeats on each row of an order is that of the order, and is shared over its lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.mapping.draft.arithmetic import Formula
from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.drafted import Confidence, DraftCell
from ecom_lake.engine.mapping.draft.line_columns import (
    assigned_column,
    first_alike,
    is_a_handful,
    is_per_order,
    number_expression,
    values_of,
)
from ecom_lake.engine.mapping.draft.profile import ColumnProfile
from ecom_lake.engine.mapping.draft.proportions import is_share_of
from ecom_lake.engine.mapping.draft.same_product import unit_or_line
from ecom_lake.engine.mapping.draft.scores import STRONG, WEAKEST, Score
from ecom_lake.engine.mapping.draft.targets import LineAmounts
from ecom_lake.engine.mapping.draft.totals import Addend, OrderTotals, compare_totals
from ecom_lake.engine.mapping.draft.unit_price import DISCOUNTED, Price, find_price

_ADDS_UP = 0.99
"""The share of orders whose lines must add up to the order's total so that a price is believed."""
_MOST_CHARGES = 4
_AMOUNT_OF_ONE_COLUMN = ("less", "more", "sum")


@dataclass(frozen=True)
class Sales:
    """The cells for the amounts of a line, and what they make of the rows."""

    cells: tuple[DraftCell, ...]
    amount: pl.Series
    """Price × quantity of each row."""
    discount: pl.Series | None
    totals: OrderTotals | None
    notes: tuple[str, ...]

    @property
    def net_sales(self) -> float:
        discount = 0.0 if self.discount is None else float(self.discount.fill_null(0).sum())
        return float(self.amount.fill_null(0).sum()) - discount


@dataclass(frozen=True)
class _Discount:
    column: ColumnProfile
    cell: DraftCell
    values: pl.Series
    """One for each row, also where the rows repeat the discount of the order."""


def draft_sales(
    lines: Assigned,
    formulas: Sequence[Formula],
    amounts: LineAmounts,
    totals: Mapping[str, pl.DataFrame],
    order: pl.Series | None,
) -> Sales:
    """`totals` are stated totals of orders by name, each a frame of `order` and `total`; `order` is the order of each row."""
    price = find_price(lines, formulas, amounts)
    discount = _discount(lines, price, formulas, amounts)
    compared = _compared(lines, price, discount, amounts, totals, order)
    tax_inside = _tax_inside(lines, price, compared, amounts)
    cells = [_price_cell(price, compared, amounts, tax_inside)]
    if price.quantity is not None:
        cells.append(_quantity_cell(lines, price, compared, amounts))
    if discount:
        cells.append(_with_totals(discount.cell, compared))
    charges = list(_charges(lines, compared, amounts))
    cells.extend(_charge_cell(lines, one, price, discount, formulas, compared) for one in charges if not one.target.is_clue)
    cells.extend(_cost_cell(lines, price, amounts))
    values = discount.values if discount else None
    if discount and order is not None and is_per_order(lines, discount.column.name):
        values = _once(discount.values, order)
    return Sales(tuple(cells), price.amount, values, compared, (*price.notes, *([tax_inside] if tax_inside else [])))


def _charges(lines: Assigned, compared: OrderTotals | None, amounts: LineAmounts) -> Iterator[Score]:
    """The columns that are named like freight and tax; and one that is named similarly, if the totals of the orders need it."""
    used = {one.column.name for one in lines.columns.values() if not one.target.is_clue}
    for name in amounts.charges:
        if name in lines.columns:
            yield lines.columns[name]
        elif compared is not None and _adds_up(compared):
            needed = [one for one in lines.scores.of(lines.table.name, name) if one.column.name in compared.text.split()]
            yield from (one for one in needed[:1] if one.column.name not in used)


def _compared(
    lines: Assigned,
    price: Price,
    discount: _Discount | None,
    amounts: LineAmounts,
    totals: Mapping[str, pl.DataFrame],
    order: pl.Series | None,
) -> OrderTotals | None:
    if order is None or not totals:
        return None
    addends = [_addend(lines, column, 1) for column in _possible_charges(lines, price, amounts)]
    if discount:
        is_of_order = is_per_order(lines, discount.column.name)
        text = discount.column.name if is_of_order else discount.cell.expression
        addends.insert(0, Addend(text, -1, discount.values, is_of_order))
    return compare_totals(order, Addend(price.amount_text, 1, price.amount, False), addends, totals)


# ------------------------------------------------------------------------------------------ price and quantity


def _price_cell(price: Price, compared: OrderTotals | None, amounts: LineAmounts, tax_inside: str) -> DraftCell:
    confidence, reason = price.confidence, price.reason
    if compared and confidence != "sure" and not price.notes and _adds_up(compared):
        confidence, reason = "sure", f"{compared.sentence}"
    if tax_inside and confidence == "sure":
        confidence, reason = "likely", tax_inside
    return DraftCell(amounts.price, price.expression, confidence, reason, price.columns)


def _tax_inside(lines: Assigned, price: Price, compared: OrderTotals | None, amounts: LineAmounts) -> str:
    """A sentence if the prices may contain the tax: the orders add up without the tax that the lines state."""
    taxes = [one.column for name in amounts.charges[1:] for one in lines.scores.of(lines.table.name, name) if one.total >= STRONG]
    stated = [one for one in taxes if one.name not in price.columns and float(values_of(one).fill_null(0).sum()) > 0]
    if compared is None or not _adds_up(compared) or not stated:
        return ""
    if any(one.name in compared.text.split() for one in stated) or price.is_net_of_tax:
        return ""
    return f"{compared.sentence}, without {stated[0].name}: check whether the prices contain the tax"


def _quantity_cell(lines: Assigned, price: Price, compared: OrderTotals | None, amounts: LineAmounts) -> DraftCell:
    quantity = price.quantity
    assert quantity is not None
    if price.formula and amounts.quantity in lines.columns:
        confidence: Confidence = "sure"
        reason = price.formula.sentence
    elif compared and _adds_up(compared):
        confidence, reason = "sure", compared.sentence
    else:
        confidence, reason = "likely", "named like a quantity, and small whole numbers"
    return DraftCell(amounts.quantity, number_expression(quantity), confidence, reason, (quantity.name,))


# ------------------------------------------------------------------------------------- discount, freight and tax


def _discount(lines: Assigned, price: Price, formulas: Sequence[Formula], amounts: LineAmounts) -> _Discount | None:
    kind = lines.scores.kind
    proven = _proven_discount(lines, price, formulas, amounts)
    if proven:
        column, form, reason = kind.columns[proven[0]], proven[1], proven[2]
        named = assigned_column(lines, amounts.discount)
        is_named = named is not None and first_alike(kind, named) is column
        confidence: Confidence = "sure" if is_named and form in (*_AMOUNT_OF_ONE_COLUMN, "less_each") else "likely"
    else:
        score = lines.columns.get(amounts.discount)
        if score is None or score.total < WEAKEST or score.column.name in price.factors[: 1 if price.is_of_total else None]:
            return None
        column, form, confidence, reason = score.column, "less", "likely", "named like a discount"
        if _is_rate(column, price):
            form, confidence, reason = (
                "rate",
                "guess",
                "named like a discount; all its values are from 0 to 1, so it is a share of the price",
            )
    expression, values = _discount_form(form, column, price)
    names: tuple[str, ...] = (*price.columns, *_quantity_names(price), column.name)
    if form in _AMOUNT_OF_ONE_COLUMN:
        names = (column.name,)
        if is_per_order(lines, column.name):
            sign = "-" if _is_negative(column) else ""
            expression = f"share(of({sign}{number_expression(column, always=True)}), {price.weight})"
            reason, confidence = f"{reason}; it stands once per order, and is shared over the lines", "likely"
            names = (*price.factors, column.name)
    cell = DraftCell(amounts.discount, expression, confidence, reason, tuple(dict.fromkeys(names)))
    return _Discount(column, cell, values)


def _quantity_names(price: Price) -> list[str]:
    return [price.quantity.name] if price.quantity is not None else []


def _possible_charges(lines: Assigned, price: Price, amounts: LineAmounts) -> list[ColumnProfile]:
    """The columns that may be freight or tax, the best named first; each with other values than those before it."""
    scores = [score for name in amounts.charges for score in lines.scores.of(lines.table.name, name)]
    taken = {*price.columns, *_quantity_names(price)}
    found: dict[str, ColumnProfile] = {}
    for score in sorted(scores, key=lambda one: -one.total):
        values = values_of(score.column)
        is_new = not any(values_of(other).equals(values, null_equal=True) for other in found.values())
        if score.column.name not in taken and score.column.numbers and is_new and bool((values.drop_nulls() != 0).any()):
            found[score.column.name] = score.column
    return list(found.values())[:_MOST_CHARGES]


def _proven_discount(
    lines: Assigned, price: Price, formulas: Sequence[Formula], amounts: LineAmounts
) -> tuple[str, str, str] | None:
    """The column, the form and the sentence of a formula that holds in nearly all rows."""
    formula = price.formula
    if formula and formula.form in DISCOUNTED and is_a_handful(formula.exceptions, formula.rows):
        return formula.operands[2], formula.form, formula.sentence
    named = assigned_column(lines, amounts.discount)
    if formula is None or named is None:
        return None
    less = first_alike(lines.scores.kind, named).name
    for other in formulas:
        if other.form == "sum" and less in other.operands and formula.total in (other.total, *other.operands):
            return (less, "sum", other.sentence) if is_a_handful(other.exceptions, other.rows) else None
    return None


def _discount_form(form: str, column: ColumnProfile, price: Price) -> tuple[str, pl.Series]:
    values = values_of(column)
    amount = price.expression if price.quantity is None else f"num({price.columns[0]}) * num({price.quantity.name})"
    pieces = price.quantity
    if form == "less_each" and pieces is not None:
        return f"num({column.name}) * num({pieces.name})", values * values_of(pieces)
    if form == "rate":
        return f"round({amount} * num({column.name}), 2)", price.amount * values
    if form == "percent":
        return f"round({amount} * num({column.name}) / 100, 2)", price.amount * values / 100
    if _is_negative(column):
        return f"-{number_expression(column, always=True)}", -values
    return number_expression(column), values


def _is_negative(column: ColumnProfile) -> bool:
    """Whether a discount is written as a negative amount."""
    known = values_of(column).drop_nulls()
    return bool((known < 0).any()) and bool((known <= 0).all())


def _is_rate(column: ColumnProfile, price: Price) -> bool:
    """Whether a discount is a share: no value above 1, some below, while prices are larger."""
    known = values_of(column).drop_nulls()
    largest = known.max()
    return isinstance(largest, float) and 0 < largest <= 1 and float(price.amount.drop_nulls().mean() or 0) > 2  # type: ignore[arg-type]


def _charge_cell(
    lines: Assigned,
    charge: Score,
    price: Price,
    discount: _Discount | None,
    formulas: Sequence[Formula],
    compared: OrderTotals | None,
) -> DraftCell:
    column, name = charge.column, charge.target.name
    adds_up = compared is not None and _adds_up(compared) and column.name in compared.text.split()
    reason = compared.sentence if adds_up and compared else f"named like {name.replace('_', ' ')}"
    confidence: Confidence = "sure" if adds_up else "likely"
    if is_per_order(lines, column.name):
        expression = f"share(of({number_expression(column, always=True)}), {price.weight})"
        reason = f"{reason}; it stands once per order, and is shared over the lines"
        return DraftCell(name, expression, confidence, reason, (*price.factors, column.name))
    if price.quantity is not None and _is_of_unit(column, price, discount):
        expression = f"num({column.name}) * num({price.quantity.name})"
        reason = f"{column.name} is a fixed share of the price of a unit, not of the amount of the line"
        return DraftCell(name, expression, "likely", reason, (column.name, price.quantity.name))
    proof = next((one for one in formulas if one.form == "sum" and column.name in one.operands), None)
    if not adds_up and proof is not None and charge.by_name >= STRONG and is_a_handful(proof.exceptions, proof.rows):
        confidence, reason = "sure", f"{reason}, and {proof.sentence}"
    return DraftCell(name, number_expression(column), confidence, reason, (column.name,))


def _is_of_unit(column: ColumnProfile, price: Price, discount: _Discount | None) -> bool:
    """Whether an amount such as a tax is a fixed share of the price of a unit, and not of the line."""
    assert price.quantity is not None
    pieces = values_of(price.quantity)
    several = pieces.fill_null(0) > 1
    after = price.amount - discount.values if discount else price.amount
    amounts = (values_of(column), price.amount / pieces, price.amount, after)
    part, unit, line, reduced = (one.filter(several).to_numpy() for one in amounts)
    return is_share_of(part, unit) and not is_share_of(part, line) and not is_share_of(part, reduced)


def _cost_cell(lines: Assigned, price: Price, amounts: LineAmounts) -> Iterator[DraftCell]:
    """The cost of a unit, from that of the line where lines of the same product show that it is the line's."""
    cost, product = (assigned_column(lines, name) for name in (amounts.cost, amounts.product))
    if cost is None or product is None or price.quantity is None or cost.name in price.columns:
        return
    if unit_or_line(values_of(cost), values_of(price.quantity), product.texts) == "line":
        expression = f"per({number_expression(cost)}, {number_expression(price.quantity)})"
        reason = f"{cost.name} of the same product rises with {price.quantity.name}: it is the cost of the line"
        yield DraftCell(amounts.cost, expression, "likely", reason, (cost.name, price.quantity.name))


def _with_totals(cell: DraftCell, compared: OrderTotals | None) -> DraftCell:
    named = (f"- {cell.expression}", f"- {cell.columns[-1]}")
    if compared and cell.confidence == "likely" and _adds_up(compared) and any(text in compared.text for text in named):
        return DraftCell(cell.target, cell.expression, "sure", compared.sentence, cell.columns)
    return cell


def _adds_up(compared: OrderTotals) -> bool:
    return compared.share >= _ADDS_UP


def _addend(lines: Assigned, column: ColumnProfile, sign: int) -> Addend:
    return Addend(column.name, sign, values_of(column), is_per_order(lines, column.name))


def _once(values: pl.Series, order: pl.Series) -> pl.Series:
    """An amount that is on every row of an order, only on its first row."""
    rows = pl.DataFrame({"order": order, "value": values})
    return rows.group_by("order").agg(pl.col("value").max())["value"]
