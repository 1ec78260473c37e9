"""The price, quantity and discount of a line: arithmetic decides, names only propose.

A unit price is believed when price × quantity is the stated total, or when the lines add up to the totals of their orders. Where
it is not the stated total in more than a handful of rows, the total decides: the price is total ÷ quantity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.mapping.draft.arithmetic import CENT, Formula
from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.drafted import Confidence, DraftCell
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.engine.mapping.draft.scores import WEAKEST, Score
from ecom_lake.engine.mapping.draft.targets import LineAmounts
from ecom_lake.engine.mapping.draft.totals import Addend, OrderTotals, compare_totals
from ecom_lake.words import counted

_HANDFUL = 3
_HANDFUL_SHARE = 0.0005
_ADDS_UP = 0.99
"""The share of orders whose lines must add up to the order's total so that a price is believed."""
_MOST_CHARGES = 4
_DISCOUNTED = ("less", "less_each", "rate", "percent")


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
class _Price:
    expression: str
    columns: tuple[str, ...]
    confidence: Confidence
    reason: str
    quantity: ColumnProfile | None
    amount: pl.Series
    formula: Formula | None = None
    notes: tuple[str, ...] = ()


def draft_sales(
    lines: Assigned,
    formulas: Sequence[Formula],
    amounts: LineAmounts,
    totals: Mapping[str, pl.DataFrame],
    order: pl.Series | None,
) -> Sales:
    """`totals` are stated totals of orders by name, each a frame of `order` and `total`; `order` is the order of each row."""
    price = _price(lines, formulas, amounts)
    discount, discount_values = _discount(lines, price, formulas, amounts)
    charges = [lines.columns[name] for name in amounts.charges if name in lines.columns]
    compared = None
    if order is not None and totals:
        addends = [_addend(lines, column, 1) for column in _possible_charges(lines, price, amounts)]
        if discount and discount_values is not None:
            is_per_order = _is_per_order(lines, discount.columns[-1])
            text = discount.columns[-1] if is_per_order else discount.expression
            addends.insert(0, Addend(text, -1, discount_values, is_per_order))
        compared = compare_totals(order, Addend(_amount_text(price), 1, price.amount, False), addends, totals)
    cells = [_price_cell(price, compared, amounts)]
    if price.quantity is not None:
        cells.append(_quantity_cell(lines, price, compared, amounts))
    if discount:
        cells.append(_with_totals(discount, compared))
    cells.extend(_charge_cell(lines, charge, price, compared) for charge in charges if not charge.target.is_clue)
    is_per_order = discount is not None and _is_per_order(lines, discount.columns[-1])
    values = (
        _once(discount_values, order) if is_per_order and order is not None and discount_values is not None else discount_values
    )
    return Sales(tuple(cells), price.amount, values, compared, price.notes)


def _amount_text(price: _Price) -> str:
    names = [price.columns[0]] if price.expression.startswith("per(") else [*price.columns]
    quantity = [] if price.quantity is None or price.expression.startswith("per(") else [price.quantity.name]
    return " * ".join([*names, *quantity])


def is_a_handful(exceptions: int, rows: int) -> bool:
    return exceptions <= max(_HANDFUL, _HANDFUL_SHARE * rows)


# ------------------------------------------------------------------------------------------------------- price


def _price(lines: Assigned, formulas: Sequence[Formula], amounts: LineAmounts) -> _Price:
    price, quantity, total = (_column(lines, name) for name in (amounts.price, amounts.quantity, amounts.line_total))
    if price is not None and quantity is not None:
        price, total = _by_formula(lines.scores.kind, price, quantity, total, formulas)
        own = _formulas_of(price, quantity, _column(lines, amounts.discount), formulas)
        return _of_price_and_quantity(lines.scores.kind, price, quantity, total, own)
    if quantity is not None and total is not None:
        return _of_total_and_quantity(lines.scores.kind, total, quantity, formulas)
    if price is not None and (formula := _product(formulas, price.name)) is not None:
        other = lines.scores.kind.columns[next(name for name in formula.operands if name != price.name)]
        reason = f"{formula.sentence}, so {other.name} is the quantity"
        return _Price(_number(price), (price.name,), "likely", reason, other, _values(price) * _values(other), formula)
    found = price if price is not None else total
    if found is None:
        raise ValueError("lines have neither a price nor a total")
    reason = (
        f"named like a {'price' if price is not None else 'total'}; no column is a quantity, so it is the amount of one piece"
    )
    return _Price(_number(found), (found.name,), "guess", reason, None, _values(found))


def _by_formula(
    kind: KindProfile, price: ColumnProfile, quantity: ColumnProfile, total: ColumnProfile | None, formulas: Sequence[Formula]
) -> tuple[ColumnProfile, ColumnProfile | None]:
    """Price and total, corrected where arithmetic shows that another column is the price: `unit * quantity = price`."""
    products = [one for one in formulas if one.form != "sum" and quantity.name in one.operands[:2]]
    exact = [one for one in products if is_a_handful(one.exceptions, one.rows)]
    believed = exact or [one for one in products if one.form == "product"]
    if not believed or any(price.name in one.operands[:2] for one in believed):
        return price, total
    best = min(believed, key=lambda one: (one.total != price.name, total is None or one.total != total.name))
    found = kind.columns[next(name for name in best.operands[:2] if name != quantity.name)]
    return found, kind.columns[best.total]


def _formulas_of(
    price: ColumnProfile, quantity: ColumnProfile, discount: ColumnProfile | None, formulas: Sequence[Formula]
) -> list[Formula]:
    """The formulas with price and quantity, the best first. `price * quantity - discount = net` also holds with discount and net
    exchanged: the column that is named like a discount is the discount."""

    def rank(one: Formula) -> tuple[bool, bool, bool, float]:
        is_named = discount is not None and discount.name in one.operands
        is_exchanged = discount is not None and discount.name == one.total
        return not is_a_handful(one.exceptions, one.rows), is_exchanged, not is_named, one.exceptions / one.rows

    own = [one for one in formulas if set(one.operands[:2]) == {price.name, quantity.name} and one.form != "sum"]
    return sorted(own, key=rank)


def _of_price_and_quantity(
    kind: KindProfile, price: ColumnProfile, quantity: ColumnProfile, total: ColumnProfile | None, own: Sequence[Formula]
) -> _Price:
    amount = _values(price) * _values(quantity)
    if own:
        best = own[0]
        if is_a_handful(best.exceptions, best.rows):
            return _Price(_number(price), (price.name,), "sure", best.sentence, quantity, amount, best)
        if best.form == "product":
            return _by_total(kind.columns[best.total], quantity, price, best)
    if total is not None:
        stated = _values(total)
        differing = int(((amount - stated).abs() > CENT).sum())
        note = f"{price.name} * {quantity.name} differs from {total.name} in {differing:,} of {kind.rows:,} rows"
        if differing and not own:
            reason = f"{note}: check which of them is the revenue"
            return _Price(_number(price), (price.name,), "guess", reason, quantity, amount, notes=(note,))
    reason = "named like a price; no column states price * quantity"
    return _Price(_number(price), (price.name,), "likely", reason, quantity, amount)


def _by_total(total: ColumnProfile, quantity: ColumnProfile, price: ColumnProfile, formula: Formula) -> _Price:
    """The stated total counts, not the price that contradicts it."""
    note = f"{formula.text} differs from {total.name} in {counted(formula.exceptions, 'row')} of {formula.rows:,}"
    reason = f"{note}; the total is taken as right, and {price.name} as wrong there"
    return _Price(
        f"per({_number(total)}, {_number(quantity)})",
        (total.name, quantity.name),
        "likely",
        reason,
        quantity,
        _values(total),
        formula,
        (note,),
    )


def _of_total_and_quantity(
    kind: KindProfile, total: ColumnProfile, quantity: ColumnProfile, formulas: Sequence[Formula]
) -> _Price:
    for formula in formulas:
        if formula.form == "product" and formula.total == total.name and quantity.name in formula.operands:
            price = kind.columns[next(name for name in formula.operands if name != quantity.name)]
            if is_a_handful(formula.exceptions, formula.rows):
                return _Price(_number(price), (price.name,), "sure", formula.sentence, quantity, _values(total), formula)
            return _by_total(total, quantity, price, formula)
    expression = f"per({_number(total)}, {_number(quantity)})"
    reason = "no column is a unit price: the total of the line divided by the quantity"
    return _Price(expression, (total.name, quantity.name), "likely", reason, quantity, _values(total))


def _product(formulas: Sequence[Formula], price: str) -> Formula | None:
    found = (
        one for one in formulas if one.form == "product" and price in one.operands and is_a_handful(one.exceptions, one.rows)
    )
    return next(found, None)


def _price_cell(price: _Price, compared: OrderTotals | None, amounts: LineAmounts) -> DraftCell:
    confidence, reason = price.confidence, price.reason
    if compared and confidence != "sure" and not price.notes and _adds_up(compared):
        confidence, reason = "sure", f"{compared.sentence}"
    return DraftCell(amounts.price, price.expression, confidence, reason, price.columns)


def _quantity_cell(lines: Assigned, price: _Price, compared: OrderTotals | None, amounts: LineAmounts) -> DraftCell:
    quantity = price.quantity
    assert quantity is not None
    if price.formula and amounts.quantity in lines.columns:
        confidence: Confidence = "sure"
        reason = price.formula.sentence
    elif compared and _adds_up(compared):
        confidence, reason = "sure", compared.sentence
    else:
        confidence, reason = "likely", "named like a quantity, and small whole numbers"
    return DraftCell(amounts.quantity, _number(quantity), confidence, reason, (quantity.name,))


# ------------------------------------------------------------------------------------- discount, freight and tax


def _discount(
    lines: Assigned, price: _Price, formulas: Sequence[Formula], amounts: LineAmounts
) -> tuple[DraftCell | None, pl.Series | None]:
    kind = lines.scores.kind
    proven = _proven_discount(lines, price, formulas, amounts)
    if proven:
        column, form, reason = kind.columns[proven[0]], proven[1], proven[2]
        is_named = lines.columns.get(amounts.discount) is not None and lines.columns[amounts.discount].column.name == proven[0]
        confidence: Confidence = "sure" if is_named and form in ("less", "less_each", "sum") else "likely"
    else:
        named = lines.columns.get(amounts.discount)
        if named is None or named.total < WEAKEST or named.column.name in price.columns:
            return None, None
        column, form, confidence, reason = named.column, "less", "likely", "named like a discount"
        if _is_rate(column, price):
            form, confidence, reason = (
                "rate",
                "guess",
                "named like a discount; all its values are from 0 to 1, so it is a share of the price",
            )
    expression, values = _discount_form(form, column, price)
    if form in ("less", "sum") and _is_per_order(lines, column.name):
        expression = f"share(of({_number(column, always=True)}), {_weight(price)})"
        reason, confidence = f"{reason}; it stands once per order, and is shared over the lines", "likely"
    names = (column.name,) if form in ("less", "sum") else (*price.columns, column.name)
    return DraftCell(amounts.discount, expression, confidence, reason, names), values


def _possible_charges(lines: Assigned, price: _Price, amounts: LineAmounts) -> list[ColumnProfile]:
    """The columns that may be freight or tax, the best named first; each with other values than those before it."""
    scores = [score for name in amounts.charges for score in lines.scores.of(lines.table.name, name)]
    taken = {*price.columns, *([price.quantity.name] if price.quantity is not None else [])}
    found: dict[str, ColumnProfile] = {}
    for score in sorted(scores, key=lambda one: -one.total):
        values = _values(score.column)
        is_new = not any(_values(other).equals(values, null_equal=True) for other in found.values())
        if score.column.name not in taken and score.column.numbers and is_new and bool((values.drop_nulls() != 0).any()):
            found[score.column.name] = score.column
    return list(found.values())[:_MOST_CHARGES]


def _proven_discount(
    lines: Assigned, price: _Price, formulas: Sequence[Formula], amounts: LineAmounts
) -> tuple[str, str, str] | None:
    """The column, the form and the sentence of a formula that holds in nearly all rows."""
    formula = price.formula
    if formula and formula.form in _DISCOUNTED and is_a_handful(formula.exceptions, formula.rows):
        return formula.operands[2], formula.form, formula.sentence
    named = _column(lines, amounts.discount)
    for other in formulas if formula and named else ():
        if formula and named and other.form == "sum" and other.total == formula.total and named.name in other.operands:
            return (named.name, "sum", other.sentence) if is_a_handful(other.exceptions, other.rows) else None
    return None


def _discount_form(form: str, column: ColumnProfile, price: _Price) -> tuple[str, pl.Series]:
    values = _values(column)
    amount = price.expression if price.quantity is None else f"num({price.columns[0]}) * num({price.quantity.name})"
    pieces = price.quantity
    if form == "less_each" and pieces is not None:
        return f"num({column.name}) * num({pieces.name})", values * _values(pieces)
    if form == "rate":
        return f"round({amount} * num({column.name}), 2)", price.amount * values
    if form == "percent":
        return f"round({amount} * num({column.name}) / 100, 2)", price.amount * values / 100
    return _number(column), values


def _is_rate(column: ColumnProfile, price: _Price) -> bool:
    """Whether a discount is a share: no value above 1, some below, while prices are larger."""
    known = _values(column).drop_nulls()
    largest = known.max()
    return isinstance(largest, float) and 0 < largest <= 1 and float(price.amount.drop_nulls().mean() or 0) > 2  # type: ignore[arg-type]


def _charge_cell(lines: Assigned, charge: Score, price: _Price, compared: OrderTotals | None) -> DraftCell:
    column, name = charge.column, charge.target.name
    adds_up = compared is not None and _adds_up(compared) and column.name in compared.text.split()
    reason = compared.sentence if adds_up and compared else f"named like {name.replace('_', ' ')}"
    confidence: Confidence = "sure" if adds_up else "likely"
    if not _is_per_order(lines, column.name):
        return DraftCell(name, _number(column), confidence, reason, (column.name,))
    expression = f"share(of({_number(column, always=True)}), {_weight(price)})"
    return DraftCell(
        name, expression, confidence, f"{reason}; it stands once per order, and is shared over the lines", (column.name,)
    )


def _with_totals(cell: DraftCell, compared: OrderTotals | None) -> DraftCell:
    named = (f"- {cell.expression}", f"- {cell.columns[-1]}")
    if compared and cell.confidence == "likely" and _adds_up(compared) and any(text in compared.text for text in named):
        return DraftCell(cell.target, cell.expression, "sure", compared.sentence, cell.columns)
    return cell


def _adds_up(compared: OrderTotals) -> bool:
    return compared.share >= _ADDS_UP


# ------------------------------------------------------------------------------------------------------ columns


def _column(lines: Assigned, name: str) -> ColumnProfile | None:
    score = lines.columns.get(name)
    return score.column if score else None


def _number(column: ColumnProfile, always: bool = False) -> str:
    return number_expression(column, always)


def number_expression(column: ColumnProfile, always: bool = False) -> str:
    """The column itself where the contract reads its numbers, else `num(column)`."""
    numbers = column.numbers
    is_plain = numbers is not None and numbers.decimal == "." and not numbers.has_signs
    return column.name if is_plain and not always else f"num({column.name})"


def _weight(price: _Price) -> str:
    """The amount of a line: its weight where an amount of the order is shared over the lines."""
    if price.expression.startswith("per("):
        return f"num({price.columns[0]})"
    factors = [*price.columns, *([price.quantity.name] if price.quantity is not None else [])]
    return " * ".join(f"num({name})" for name in factors)


def _values(column: ColumnProfile) -> pl.Series:
    numbers = column.numbers
    return numbers.values if numbers else pl.Series([None] * column.rows, dtype=pl.Float64)


def _addend(lines: Assigned, column: ColumnProfile, sign: int) -> Addend:
    return Addend(column.name, sign, _values(column), _is_per_order(lines, column.name))


def _is_per_order(lines: Assigned, column: str) -> bool:
    return lines.scores.levels.get(column) == "order"


def _once(values: pl.Series, order: pl.Series) -> pl.Series:
    """An amount that is on every row of an order, only on its first row."""
    rows = pl.DataFrame({"order": order, "value": values})
    return rows.group_by("order").agg(pl.col("value").max())["value"]
