"""The amounts of the lines of a full shop: units, price, discount, cost and returns.

All amounts are integers; the amount of a line is rounded half away from zero to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from ecom_lake.synth.arrays import Flags, Floats, Ints
from ecom_lake.synth.goods import UNKNOWN, Goods
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.orders import DELIVERED, RETURNED, Orders
from ecom_lake.synth.randomness import chance, one_of

NOT_STATED = -1
_UNITS = (0.84, 0.1, 0.03, 0.02, 0.01)
"""Shares of the lines with one unit, two, three …"""
_PERCENT_OFF = (0, 5, 10, 15, 20, 30)
_OFF = (0.75, 0.05, 0.08, 0.05, 0.04, 0.03)
_PART_OF_A_CENT, _OWN_COST = 0.1, 0.1
"""Shares of the lines with a unit price of four decimals, and with their own unit cost."""
_SENT_BACK_WHOLE, _SENT_BACK = 0.03, 0.03
"""Shares of the delivered orders that are returned whole, and of the other delivered lines that are returned."""
_PERCENT_TAX, _TAX_NOT_STATED = 18, 0.05
_DISCOUNT_IS_STATED = 0.01
"""Share of the lines without a discount for which the source states that there was one, without an amount."""
_MOST_LINES = 64


@dataclass(frozen=True)
class Sales:
    """One element per line. Unit price and cost are in hundredths of a cent, amounts in cents."""

    quantity: Ints
    unit_price: Ints
    gross: Ints
    discount: Ints
    line_cost: Ints
    """The unit cost of the line; UNKNOWN if the cost of the product applies."""
    cogs: Ints
    """UNKNOWN if neither line nor product has a cost."""
    returned_flag: Ints
    """1 or 0 on lines of delivered orders; NOT_STATED if the order has the status, or is not delivered."""
    returned: Flags
    tax: Ints
    """In cents, on top of the price; NOT_STATED on some lines."""
    discount_is_stated: Flags
    """Whether the source states a discount without its amount."""

    def __getitem__(self, which: Flags) -> Sales:
        return Sales(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def net(self) -> Ints:
        return self.gross - self.discount

    @property
    def is_discounted(self) -> Flags:
        return (self.discount > 0) | self.discount_is_stated


def with_returns(seed: int, orders: Orders) -> Orders:
    """The orders, with the status RETURNED for orders that were returned whole."""
    whole = (orders.status == DELIVERED) & (chance(seed, "order is sent back", orders.number) < _SENT_BACK_WHOLE)
    return replace(orders, status=np.where(whole, RETURNED, orders.status))


def make_sales(seed: int, orders: Orders, lines: Lines, goods: Goods) -> Sales:
    """The amounts of the lines; `orders` must include the returns."""
    number = orders.number[lines.order] * _MOST_LINES + lines.line

    def draw(what: str) -> Floats:
        return chance(seed, f"line's {what}", number)

    quantity = 1 + one_of(draw("units"), _UNITS)
    part = np.where(draw("price has four decimals") < _PART_OF_A_CENT, 1 + draw("part of a cent") * 99, 0).astype(np.int64)
    unit_price = lines.price * 100 + part
    gross = to_cents(unit_price * quantity)
    discount = to_cents(gross * np.array(_PERCENT_OFF)[one_of(draw("discount"), _OFF)])
    usual_cost = goods.costs(lines.product)
    own_cost = np.where(usual_cost < 0, unit_price * 6 // 10, usual_cost * 105 // 100)
    line_cost = np.where(draw("own cost") < _OWN_COST, own_cost, UNKNOWN)
    cost = np.where(line_cost < 0, usual_cost, line_cost)
    status = orders.status[lines.order]
    by_itself = (status == DELIVERED) & (draw("way back") < _SENT_BACK)
    return Sales(
        quantity=quantity,
        unit_price=unit_price,
        gross=gross,
        discount=discount,
        line_cost=line_cost,
        cogs=np.where(cost < 0, UNKNOWN, to_cents(cost * quantity)),
        returned_flag=np.where(status == DELIVERED, by_itself, NOT_STATED),
        returned=by_itself | (status == RETURNED),
        tax=np.where(draw("tax is stated") < _TAX_NOT_STATED, NOT_STATED, (gross - discount) * _PERCENT_TAX // 100),
        discount_is_stated=(discount == 0) & (draw("discount is stated") < _DISCOUNT_IS_STATED),
    )


def to_cents(hundredths: Ints) -> Ints:
    """Hundredths of a cent, rounded to cents; for amounts of 0 or more."""
    return (hundredths + 50) // 100
