"""Payments: by card in instalments, by boleto, with vouchers; some orders have several payments.

Payments equal price plus freight to the cent, except for a few orders with a known cause.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Ints
from ecom_lake.synth.orders import Orders
from ecom_lake.synth.text import money, whole

_TYPES = {"credit_card": 0.755, "boleto": 0.195, "voucher": 0.035, "debit_card": 0.015}
_CARD, _VOUCHER = 0, 2
_PAYMENTS = {1: 0.97, 2: 0.024, 3: 0.004, 4: 0.002}
_INSTALMENTS = {1: 0.34, 2: 0.16, 3: 0.135, 4: 0.09, 5: 0.07, 6: 0.05, 7: 0.02, 8: 0.055, 10: 0.07, 12: 0.01}
_CAUSES = {"": 0.9977, "rounding": 0.0007, "interest": 0.0008, "overpaid": 0.0003, "underpaid": 0.0004, "no_payment": 0.0001}
_SAME, _ROUNDING, _INTEREST, _OVERPAID, _UNDERPAID, _NO_PAYMENT = range(len(_CAUSES))


@dataclass(frozen=True)
class Payments:
    order: Ints
    """Position of the order in its slice; ascending."""
    sequence: Ints
    type: Ints
    instalments: Ints
    amount: Ints
    """In cents."""


def make_payments(rng: np.random.Generator, owed: Ints) -> Payments:
    """`owed` is price plus freight by order, in cents."""
    n = len(owed)
    cause = rng.choice(len(_CAUSES), size=n, p=list(_CAUSES.values()))
    count = rng.choice(list(_PAYMENTS), size=n, p=list(_PAYMENTS.values()))
    count = np.select([cause == _NO_PAYMENT, cause != _SAME], [0, 1], default=count)
    paid = _paid(rng, owed, cause)
    order = np.repeat(np.arange(n), count)
    sequence = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count) + 1
    kind = rng.choice(len(_TYPES), size=len(order), p=list(_TYPES.values()))
    kind = np.where(sequence > 1, _VOUCHER, np.where(cause[order] == _INTEREST, _CARD, kind))
    instalments = rng.choice(list(_INSTALMENTS), size=len(order), p=list(_INSTALMENTS.values()))
    instalments = np.where(cause[order] == _INTEREST, np.maximum(instalments, 2), instalments)
    instalments = np.where((kind != _CARD) | (cause[order] == _OVERPAID), 1, instalments)
    return Payments(order, sequence, kind, instalments, _split(rng, paid, count, order, sequence))


def _paid(rng: np.random.Generator, owed: Ints, cause: Ints) -> Ints:
    n = len(owed)
    differences: dict[int, Ints] = {
        _ROUNDING: rng.choice([-5, -3, -1, 1, 2, 4], n),
        _INTEREST: (owed * rng.uniform(0.03, 0.12, n)).astype(np.int64),
        _OVERPAID: (owed * rng.uniform(0.05, 0.3, n)).astype(np.int64),
        _UNDERPAID: -(owed * rng.uniform(0.05, 0.3, n)).astype(np.int64),
    }
    return np.add(owed, np.select([cause == one for one in differences], list(differences.values()), 0))


def _split(rng: np.random.Generator, paid: Ints, count: Ints, order: Ints, sequence: Ints) -> Ints:
    """The amounts of the payments of each order: random parts that add up to the amount paid."""
    part = rng.uniform(0.2, 1, len(order))
    upto = np.cumsum(part)
    first = np.flatnonzero(sequence == 1)
    before = np.repeat(upto[first] - part[first], count[count > 0])
    whole_part = np.repeat(np.add.reduceat(part, first), count[count > 0]) if len(first) else part
    until = np.floor(paid[order] * ((upto - before) / whole_part)).astype(np.int64)
    until = np.where(sequence == count[order], paid[order], until)
    return until - np.where(sequence == 1, 0, np.append(0, until[:-1]))


def payment_rows(orders: Orders, payments: Payments) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_id": orders.ids.gather(payments.order),
            "payment_sequential": whole(payments.sequence),
            "payment_type": pl.Series(list(_TYPES)).gather(payments.type),
            "payment_installments": whole(payments.instalments),
            "payment_value": money(payments.amount),
        }
    )
