"""The price of a unit: arithmetic decides, names only propose.

A price is believed when price × quantity, or what a discount leaves of it, is another column to the cent. Of several such prices
the one without tax and before the discount counts. Where no column states the product, lines of the same product show whether
an amount is that of a unit or of the line. Where the price is not the stated total in more than a handful of rows, the total
decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ecom_lake.engine.landing.similar_names import words
from ecom_lake.engine.mapping.draft.arithmetic import CENT, Formula
from ecom_lake.engine.mapping.draft.assign import Assigned
from ecom_lake.engine.mapping.draft.drafted import Confidence
from ecom_lake.engine.mapping.draft.line_columns import (
    all_alike,
    assigned_column,
    first_alike,
    floats_of,
    is_a_handful,
    is_per_order,
    name_score,
    number_expression,
    values_of,
)
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.engine.mapping.draft.proportions import contains_tax_of, is_below, is_reduced
from ecom_lake.engine.mapping.draft.same_product import is_after_discount, unit_or_line
from ecom_lake.engine.mapping.draft.scores import STRONG
from ecom_lake.engine.mapping.draft.targets import LineAmounts
from ecom_lake.statistics.arrays import Flags
from ecom_lake.words import counted

_WITH_DISCOUNT = 0.9
"""Of the rows with a lower price or a discount, the share that have both if the price is lower because of the discount."""
_NUMBER = re.compile(r"num\((\w+)\)")
_OR_ZERO = re.compile(r"coalesce\((num\(\w+\)), 0\)")
DISCOUNTED = ("less", "more", "less_each", "rate", "percent")


@dataclass(frozen=True)
class Price:
    expression: str
    columns: tuple[str, ...]
    confidence: Confidence
    reason: str
    quantity: ColumnProfile | None
    amount: pl.Series
    """Price × quantity of each row."""
    formula: Formula | None = None
    notes: tuple[str, ...] = ()
    is_net_of_tax: bool = False
    """Whether another price is this one and its tax."""

    stated_amount: str = ""
    """The amount of the line as an expression, where it is not price * quantity."""

    @property
    def is_of_total(self) -> bool:
        """Whether it is the amount of the line, divided by the quantity."""
        return bool(self.stated_amount)

    @property
    def factors(self) -> tuple[str, ...]:
        """The columns of the amount of the line."""
        return tuple(_NUMBER.findall(self.weight))

    @property
    def amount_text(self) -> str:
        return _NUMBER.sub(r"\1", _OR_ZERO.sub(r"\1", self.weight))

    @property
    def weight(self) -> str:
        """The amount of a line as an expression: its weight where an amount of the order is shared over the lines."""
        pieces = [self.quantity.name] if self.quantity is not None else []
        return self.stated_amount or " * ".join(f"num({name})" for name in (*self.columns, *pieces))


def find_price(lines: Assigned, formulas: Sequence[Formula], amounts: LineAmounts) -> Price:
    kind = lines.scores.kind
    price, quantity, total = (assigned_column(lines, name) for name in (amounts.price, amounts.quantity, amounts.line_total))
    if quantity is not None:
        proven = _proven(lines, quantity, price, total, formulas, amounts)
        if proven is not None:
            return proven
        if price is not None:
            return _of_price_and_quantity(lines, _undiscounted(lines, price, amounts), quantity, total, formulas, amounts)
        if total is not None:
            return _of_total_and_quantity(lines, total, quantity, formulas, amounts)
    if price is not None and (formula := _product(formulas, price.name)) is not None:
        other = kind.columns[next(name for name in formula.operands if name != price.name)]
        reason = f"{formula.sentence}, so {other.name} is the quantity"
        amount = values_of(price) * values_of(other)
        return Price(number_expression(price), (price.name,), "likely", reason, other, amount, formula)
    found = price if price is not None else total
    if found is None:
        raise ValueError("lines have neither a price nor a total")
    named = "price" if price is not None else "total"
    reason = f"named like a {named}; no column is a quantity, so it is the amount of one piece"
    return Price(number_expression(found), (found.name,), "guess", reason, None, values_of(found))


# ------------------------------------------------------------------------------------------ proven by arithmetic


def _proven(
    lines: Assigned,
    quantity: ColumnProfile,
    price: ColumnProfile | None,
    total: ColumnProfile | None,
    formulas: Sequence[Formula],
    amounts: LineAmounts,
) -> Price | None:
    """A price with a formula that holds in all rows but a handful; None without one."""
    kind = lines.scores.kind
    pieces = first_alike(kind, quantity).name
    exact = [
        one for one in formulas if pieces in one.operands[:2] and one.form != "sum" and is_a_handful(one.exceptions, one.rows)
    ]
    stated = {first_alike(kind, one).name for one in (price, total) if one is not None}
    candidates = {
        found: kind.columns[found]
        for one in exact
        for found in one.operands[:2]
        if found != pieces and _may_be_price(lines, kind.columns[found], one, stated, amounts)
    }
    net = _before_discount(_without_tax(list(candidates.values())))
    if not net:
        return None
    ranked = sorted(net, key=lambda one: -_best_name(lines, one, amounts))
    found = ranked[0]
    formula = _best_formula(lines, found.name, pieces, exact, amounts)
    named = max(all_alike(kind, found), key=lambda one: name_score(lines, amounts.price, one.name))
    is_named = _best_name(lines, found, amounts) >= STRONG
    amount = values_of(named) * values_of(quantity)
    return Price(
        number_expression(named),
        (named.name,),
        "sure" if is_named else "likely",
        formula.sentence,
        quantity,
        amount,
        formula,
        is_net_of_tax=any(contains_tax_of(floats_of(one), floats_of(found)) for one in candidates.values()),
    )


def _may_be_price(lines: Assigned, column: ColumnProfile, formula: Formula, stated: set[str], amounts: LineAmounts) -> bool:
    """Whether a factor of a product may be a price: not a cost, tax or weight, which have products with the quantity as well."""
    alike = all_alike(lines.scores.kind, column)
    named = max(name_score(lines, amounts.price, one.name) for one in alike)
    others = (amounts.cost, *amounts.charges, amounts.discount)
    otherwise = max(name_score(lines, other, one.name) for other in others for one in alike)
    if otherwise > named:
        return False
    return named > 0 or formula.total in stated


def _without_tax(candidates: list[ColumnProfile]) -> list[ColumnProfile]:
    """Without the prices that are another one and its tax."""
    return [
        one
        for one in candidates
        if not any(contains_tax_of(floats_of(one), floats_of(other)) for other in candidates if other is not one)
    ]


def _before_discount(candidates: list[ColumnProfile]) -> list[ColumnProfile]:
    """Without the prices that are another one after its discount."""
    return [
        one
        for one in candidates
        if not any(is_reduced(floats_of(one), floats_of(other)) for other in candidates if other is not one)
    ]


def _best_name(lines: Assigned, column: ColumnProfile, amounts: LineAmounts) -> float:
    return max(name_score(lines, amounts.price, one.name) for one in all_alike(lines.scores.kind, column))


def _best_formula(lines: Assigned, price: str, pieces: str, exact: Sequence[Formula], amounts: LineAmounts) -> Formula:
    """`price * quantity - discount = net` also holds with discount and net exchanged: the column that is named like a discount
    is the discount."""
    discount = assigned_column(lines, amounts.discount)
    name = first_alike(lines.scores.kind, discount).name if discount is not None else None

    def rank(one: Formula) -> tuple[bool, bool, bool, float]:
        return one.total == name, name not in one.operands, _leaves_less(lines, one), one.exceptions / one.rows

    return min((one for one in exact if set(one.operands[:2]) == {price, pieces}), key=rank)


def _leaves_less(lines: Assigned, formula: Formula) -> bool:
    """Whether a discount would be more than what it leaves: then the two are exchanged."""
    if formula.form != "less":
        return False
    left, less = (
        float(values_of(lines.scores.kind.columns[name]).fill_null(0).sum()) for name in (formula.total, formula.operands[2])
    )
    return less > left


# ------------------------------------------------------------------------------------------ not proven


def _of_price_and_quantity(
    lines: Assigned,
    price: ColumnProfile,
    quantity: ColumnProfile,
    total: ColumnProfile | None,
    formulas: Sequence[Formula],
    amounts: LineAmounts,
) -> Price:
    kind = lines.scores.kind
    amount = values_of(price) * values_of(quantity)
    names = {first_alike(kind, price).name, first_alike(kind, quantity).name}
    products = (one for one in formulas if set(one.operands) == names and one.form == "product")
    near = next((one for one in products if not is_per_order(lines, one.total)), None)
    if near is not None:
        return _by_total(kind.columns[near.total], quantity, price, near)
    if total is not None:
        differing = int(((amount - values_of(total)).abs() > CENT).sum())
        note = f"{price.name} * {quantity.name} differs from {total.name} in {differing:,} of {kind.rows:,} rows"
        if differing:
            reason = f"{note}: check which of them is the revenue"
            return Price(number_expression(price), (price.name,), "guess", reason, quantity, amount, notes=(note,))
    discount, product = (assigned_column(lines, name) for name in (amounts.discount, amounts.product))
    shown = unit_or_line(values_of(price), values_of(quantity), product.texts) if product is not None else None
    if shown == "line":
        found = _of_total_and_quantity(lines, price, quantity, formulas, amounts)
        return replace(found, reason=f"{price.name} of the same product rises with {quantity.name}: it is the amount of the line")
    if discount is not None and product is not None and _is_left_after(discount, price, amount, quantity, product):
        left = f"num({price.name}) * num({quantity.name})"
        return _with_discount_added(left, (price.name,), amount, quantity, discount)
    if shown == "unit":
        reason = f"named like a price, and the same for any {quantity.name} of a product"
        is_named = name_score(lines, amounts.price, price.name) >= STRONG
        return Price(number_expression(price), (price.name,), "sure" if is_named else "likely", reason, quantity, amount)
    reason = "named like a price; no column states price * quantity"
    return Price(number_expression(price), (price.name,), "likely", reason, quantity, amount)


def _is_left_after(
    discount: ColumnProfile, price: ColumnProfile, amount: pl.Series, quantity: ColumnProfile, product: ColumnProfile
) -> bool:
    """Whether price * quantity is what is left after the discount of the line."""
    return discount.name != price.name and is_after_discount(
        amount, values_of(quantity), values_of(discount).abs(), product.texts
    )


def _undiscounted(lines: Assigned, price: ColumnProfile, amounts: LineAmounts) -> ColumnProfile:
    """The price before the discount, if another column states it in each row, under the same name with further words.

    It is higher where the line or its order has a discount, and only there. Otherwise it is a list price, which nobody paid."""
    discount = assigned_column(lines, amounts.discount)
    if discount is None:
        return price
    paid = floats_of(price)
    is_discounted = _of_orders(lines, discount, np.nan_to_num(floats_of(discount)) != 0, amounts)

    def is_before_discount(other: ColumnProfile) -> bool:
        before = floats_of(other)
        is_stated = not (np.isnan(before) & ~np.isnan(paid)).any()
        is_lower = _of_orders(lines, discount, is_below(paid, before), amounts)
        agree, either = (is_lower & is_discounted).sum(), (is_lower | is_discounted).sum()
        return bool(is_stated and is_reduced(paid, before) and agree >= _WITH_DISCOUNT * either)

    named = (one for one in lines.scores.kind.columns.values() if words(price.name) < words(one.name))
    return next((one for one in named if is_before_discount(one)), price)


def _of_orders(lines: Assigned, discount: ColumnProfile, marked: Flags, amounts: LineAmounts) -> Flags:
    """The marked rows; if the discount is that of the order, all rows of their orders: it may be for some of the lines only."""
    order = assigned_column(lines, amounts.order_key)
    if order is None or not is_per_order(lines, discount.name):
        return marked
    rows = pl.DataFrame({"order": order.texts, "marked": marked})
    return rows.select(pl.col("marked").any().over("order"))["marked"].to_numpy()


def _by_total(total: ColumnProfile, quantity: ColumnProfile, price: ColumnProfile, formula: Formula) -> Price:
    """The stated total counts, not the price that contradicts it."""
    note = f"{formula.text} differs from {total.name} in {counted(formula.exceptions, 'row')} of {formula.rows:,}"
    reason = f"{note}; the total is taken as right, and {price.name} as wrong there"
    expression = f"per({number_expression(total)}, {number_expression(quantity)})"
    columns = (total.name, quantity.name)
    stated = f"num({total.name})"
    return Price(expression, columns, "likely", reason, quantity, values_of(total), formula, (note,), stated_amount=stated)


def _of_total_and_quantity(
    lines: Assigned, total: ColumnProfile, quantity: ColumnProfile, formulas: Sequence[Formula], amounts: LineAmounts
) -> Price:
    """The total of the line before its discount, divided by the quantity."""
    kind = lines.scores.kind
    discount, product = (assigned_column(lines, name) for name in (amounts.discount, amounts.product))
    if product is not None and unit_or_line(values_of(total), values_of(quantity), product.texts) == "unit":
        reason = f"the same for any {quantity.name} of a product: it is the price of a unit"
        amount = values_of(total) * values_of(quantity)
        return Price(number_expression(total), (total.name,), "likely", reason, quantity, amount)
    reason = "no column is a unit price: the total of the line divided by the quantity"
    before = _before(kind, total, discount, formulas) if discount is not None else None
    if before is not None:
        total, reason = before[0], f"{reason}; {before[1].sentence}"
    elif discount is not None and product is not None and discount.name != total.name:
        values = [values_of(one) for one in (total, quantity, discount)]
        if is_after_discount(values[0], values[1], values[2].abs(), product.texts):
            return _with_discount_added(f"num({total.name})", (total.name,), values[0], quantity, discount)
    expression = f"per({number_expression(total)}, {number_expression(quantity)})"
    formula, stated = before[1] if before else None, f"num({total.name})"
    columns = (total.name, quantity.name)
    return Price(expression, columns, "likely", reason, quantity, values_of(total), formula, stated_amount=stated)


def _before(
    kind: KindProfile, total: ColumnProfile, discount: ColumnProfile, formulas: Sequence[Formula]
) -> tuple[ColumnProfile, Formula] | None:
    """The total before the discount, if a sum shows that the total is after it: net + discount = gross."""
    less, net = first_alike(kind, discount), first_alike(kind, total)
    is_negative = float(values_of(less).fill_null(0).sum()) < 0
    for one in formulas:
        if one.form != "sum" or not is_a_handful(one.exceptions, one.rows) or less.name not in one.operands:
            continue
        other = next(name for name in one.operands if name != less.name)
        before, after = (other, one.total) if is_negative else (one.total, other)
        if net.name in (before, after):
            return kind.columns[before] if before != net.name else total, one
    return None


def _with_discount_added(
    left: str, columns: tuple[str, ...], amount: pl.Series, quantity: ColumnProfile, discount: ColumnProfile
) -> Price:
    """`left` is the amount of the line after its discount as an expression, `amount` its values."""
    sign = "-" if float(values_of(discount).fill_null(0).sum()) < 0 else "+"
    before = f"{left} {sign} coalesce({number_expression(discount, always=True)}, 0)"
    reason = f"without {discount.name} the same product has other prices: {columns[0]} is what is left after it"
    return Price(
        f"per({before}, {number_expression(quantity)})",
        tuple(dict.fromkeys((*columns, discount.name, quantity.name))),
        "likely",
        reason,
        quantity,
        amount + values_of(discount).abs().fill_null(0),
        stated_amount=before,
    )


def _product(formulas: Sequence[Formula], price: str) -> Formula | None:
    found = (
        one for one in formulas if one.form == "product" and price in one.operands and is_a_handful(one.exceptions, one.rows)
    )
    return next(found, None)
