"""Refunds of a full shop: of returned lines, of damaged goods in part, and of canceled orders that were paid."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Ints
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.orders import CANCELED, DELIVERED, Orders
from ecom_lake.synth.payments import Payments
from ecom_lake.synth.randomness import chance
from ecom_lake.synth.sales import Sales
from ecom_lake.synth.text import DAY, NEVER, money, timestamps, whole

REASONS = ("returned", "damaged", "order canceled")
_RETURNED, _DAMAGED, _CANCELED = range(len(REASONS))
_IS_DAMAGED, _PERCENT_BACK = 0.02, 25
_LATEST = 40
"""Days from the delivery or the cancellation within which the money is given back."""


@dataclass(frozen=True)
class Refunds:
    """One element per refund, at most one of each line and one of each whole order."""

    order: Ints
    """Position of the order in its slice."""
    line: Ints
    """0 for a refund of the whole order."""
    second: Ints
    amount: Ints
    """In cents."""
    reason: Ints


def make_refunds(seed: int, orders: Orders, lines: Lines, sales: Sales, payments: Payments) -> Refunds:
    """The refunds of exported lines, and of what was paid for canceled orders; their times are a function of the order."""
    returned = np.flatnonzero(sales.returned)
    number = orders.number[lines.order]
    delivered = (orders.status[lines.order] == DELIVERED) & ~sales.returned
    damaged = np.flatnonzero(delivered & (chance(seed, "line is damaged", number) < _IS_DAMAGED))
    paid = np.bincount(payments.order, weights=payments.amount, minlength=len(orders)).astype(np.int64)
    canceled = np.flatnonzero((orders.status == CANCELED) & (paid > 0))
    parts = (
        (lines.order[returned], lines.line[returned], sales.net[returned], _RETURNED),
        (lines.order[damaged], lines.line[damaged], sales.net[damaged] * _PERCENT_BACK // 100, _DAMAGED),
        (canceled, np.zeros(len(canceled), dtype=np.int64), paid[canceled], _CANCELED),
    )
    order, line, amount = (np.concatenate([part[at] for part in parts]) for at in range(3))
    reason = np.concatenate([np.full(len(part[0]), part[3], dtype=np.int64) for part in parts])
    settled = np.where(orders.delivered == NEVER, orders.purchased, orders.delivered)[order]
    days = chance(seed, "days until the refund", orders.number[order]) * _LATEST
    made = Refunds(order, line, settled + ((1 + days) * DAY).astype(np.int64), amount, reason)
    by_order = np.lexsort((line, order))
    return Refunds(*(getattr(made, field.name)[by_order] for field in fields(made)))


def refund_rows(orders: Orders, refunds: Refunds) -> pl.DataFrame:
    ids = orders.ids.gather(refunds.order)
    line = whole(refunds.line)
    return pl.DataFrame(
        {
            "refund_id": pl.select(pl.concat_str(ids.str.head(12), line, separator="-")).to_series(),
            "order_id": ids,
            "refunded_at": timestamps(refunds.second),
            "amount": money(refunds.amount),
            "line": pl.select(pl.when(line == "0").then(pl.lit("")).otherwise(line)).to_series(),
            "reason": pl.Series(REASONS).gather(refunds.reason),
        }
    )
