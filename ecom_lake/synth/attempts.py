"""Payment attempts of a full shop that brought no money: cards that were declined, and boletos that nobody has paid yet.

They come on top of the payments of an order, so that the payments of a seed stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags, Ints
from ecom_lake.synth.orders import Orders
from ecom_lake.synth.payments import Payments
from ecom_lake.synth.randomness import chance
from ecom_lake.synth.text import money, timestamps, whole

_DECLINED, _OPEN = 0.03, 0.02
"""Shares of the paid orders with a declined card, and with an open boleto."""
_STATED = 0.9
"""Share of the payments whose status is stated; the others are paid too."""
_MOST_PAYMENTS = 16


@dataclass(frozen=True)
class Attempts:
    order: Ints
    """Position of the order in its slice; ascending."""
    sequence: Ints
    amount: Ints
    """In cents: that of the order's last payment."""
    failed: Flags
    """Failed if true, pending if not."""


def make_attempts(seed: int, orders: Orders, payments: Payments) -> Attempts:
    """At most one attempt per order, numbered after its payments."""
    last = np.flatnonzero(np.append(payments.order[1:] != payments.order[:-1], True)[: len(payments.order)])
    drawn = chance(seed, "payment attempt", orders.number[payments.order[last]])
    tried = drawn < _DECLINED + _OPEN
    mine = last[tried]
    return Attempts(payments.order[mine], payments.sequence[mine] + 1, payments.amount[mine], drawn[tried] < _DECLINED)


def payment_statuses(seed: int, orders: Orders, payments: Payments) -> pl.Series:
    """`paid`, or an empty text."""
    number = orders.number[payments.order] * _MOST_PAYMENTS + payments.sequence
    stated = chance(seed, "status of the payment is stated", number) < _STATED
    return pl.Series(["", "Paid"]).gather(stated.astype(np.int64))


def attempt_rows(orders: Orders, attempts: Attempts) -> pl.DataFrame:
    failed = attempts.failed.astype(np.int64)
    return pl.DataFrame(
        {
            "order_id": orders.ids.gather(attempts.order),
            "sequence": whole(attempts.sequence),
            "method": pl.Series(["boleto", "credit_card"]).gather(failed),
            "instalments": pl.Series(["1"]).gather(np.zeros(len(failed), dtype=np.int64)),
            "amount": money(attempts.amount),
            "status": pl.Series(["pending", "failed"]).gather(failed),
            "paid_at": timestamps(orders.purchased[attempts.order]),
        }
    )
