"""The contract of the order index, the one table of the engine itself: it assigns every order to its month."""

from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Month, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver


class OrderIndex(Silver):
    """One row per order: the delivered version that is used, and the month of the order."""

    order_id = Key("Identifier of the order.")
    ordered_at = Timestamp("Time when the order was placed, in the shop's time zone.")
    month = Month(
        "Calendar month, as its first day: the month in which the order was placed, unless the grain names another date."
    )
    customer_key = Text("Identifier of the customer in the delivered order.")
