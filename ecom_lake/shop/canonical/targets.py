from __future__ import annotations

from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary

ADDED_UP = ("net_sales", "gross_profit", "orders", "units", "customers", "new_customers")
"""KPIs that grow during a month: the share of the target that is expected by a day is that of the days that have passed."""
HELD = ("aov", "avg_review")
"""KPIs that a month should reach on any day."""
KEPT_BELOW = ("late_rate", "return_rate", "cancel_rate")
"""KPIs that a month should stay below on any day."""


class Targets(Silver):
    """One row per month and KPI that the shop has set a target for."""

    month = vocabulary.month.replace(key=True)
    kpi = vocabulary.kpi.replace(one_of=(*ADDED_UP, *HELD, *KEPT_BELOW), key=True)
    target = vocabulary.target
