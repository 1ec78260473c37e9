from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Integer, Key, Money, Month, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver


class Payments(Silver, monthly=True):
    """One row per order and payment."""

    order_id = Key("The order.")
    sequence = Integer("Number of the payment within the order; gaps are as delivered.", key=True, at_least=0)
    month = Month("Month in which the order was placed, as its first day.")
    method = Text("How it was paid; `unknown` where the source does not say.")
    instalments = Integer("Number of instalments; 1 is paid at once.", at_least=1)
    amount = Money("Amount paid.", at_least=0, at_most=MOST_AT_ONCE)
    paid_at = Timestamp("When it was paid.", nullable=True)
