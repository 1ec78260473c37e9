from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Refunds(Silver, monthly=True):
    """One row per order and refund, kept in the month of the order."""

    refund_id = vocabulary.refund_id.replace(key=True)
    order_id = vocabulary.order_id.replace(key=True)
    month = vocabulary.month
    refunded_at = vocabulary.refunded_at
    amount = vocabulary.amount.replace(at_least=0, at_most=MOST_AT_ONCE)
    line = vocabulary.line.replace(nullable=True)
    reason = vocabulary.refund_reason
