from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Month, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver


class OrderIndex(Silver):
    """One row per order that counts: which delivered version of it wins, and the month in which it lies."""

    order_id = Key("The order.")
    ordered_at = Timestamp("When the order was placed, in the shop's own time.")
    month = Month("Month in which the order was placed, as its first day.")
    customer_key = Text("What the delivered order calls its customer.")
