"""The measures of the semantic model, by display folder. Each is stated once: DAX, SQL, meaning and format."""

from __future__ import annotations

from ecom_lake.publish.powerbi.measures import customers, delivery, growth, orders, profit, retention, sales, trust
from ecom_lake.publish.powerbi.measures.measure import Measure

MEASURES: tuple[Measure, ...] = (
    *sales.MEASURES,
    *growth.MEASURES,
    *orders.MEASURES,
    *customers.MEASURES,
    *retention.MEASURES,
    *profit.MEASURES,
    *delivery.MEASURES,
    *trust.MEASURES,
)
