from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class Draft(Gold):
    """One row per month."""

    month = vocabulary.month.replace(key=True)
    orders = Count("Number of valid orders.")
    net_sales = vocabulary.net_sales
