from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class OrderIndex(Silver):
    """One row per order: the delivered version that is used, and the month of the order."""

    order_id = vocabulary.order_id.replace(key=True)
    ordered_at = vocabulary.ordered_at
    month = vocabulary.month
    customer_key = Text("Identifier of the customer in the delivered order.")
