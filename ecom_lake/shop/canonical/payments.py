from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Integer, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary

STATUSES = ("paid", "pending", "failed", "unknown")


class Payments(Silver, monthly=True):
    """One row per order and payment."""

    order_id = vocabulary.order_id.replace(key=True)
    sequence = Integer("Number of the payment in its order; gaps are kept as delivered.", key=True, at_least=0)
    month = vocabulary.month
    method = vocabulary.payment_method
    instalments = vocabulary.instalments.replace(at_least=1)
    amount = vocabulary.amount.replace(at_least=0, at_most=MOST_AT_ONCE)
    status = Text(
        "Status of the payment: a pending or failed payment is never counted as a payment; one with an unknown status is.",
        one_of=STATUSES,
    )
    paid_at = Timestamp("Time of the payment.", nullable=True)
