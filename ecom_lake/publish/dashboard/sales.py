"""The page "Sales": where the money went, on which days, by which members, how it was paid, and what became of the orders."""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.publish.dashboard.breakdown_explorer import Explorer, explorer
from ecom_lake.publish.dashboard.order_statuses import OrderStatuses, order_statuses
from ecom_lake.publish.dashboard.payment_methods import PaymentMethods, payment_methods
from ecom_lake.publish.dashboard.sales_calendar import SalesCalendar, sales_calendar
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.dashboard.waterfall import Waterfall, waterfall


@dataclass(frozen=True)
class Sales:
    waterfall: Waterfall | None
    calendar: SalesCalendar | None
    explorer: Explorer
    payments: PaymentMethods | None
    statuses: OrderStatuses | None


def sales(view: View) -> Sales:
    return Sales(waterfall(view), sales_calendar(view), explorer(view), payment_methods(view), order_statuses(view))
