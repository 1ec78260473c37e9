"""Rules about revenue: how it changed, which driver changed it, and cancellations.

Gains: of a fall, the net sales of the month before, or of the year before, that are missing now; of cancellations, the net
sales of the orders canceled beyond the rate of the baseline. A rise has no gain.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule
from ecom_lake.shop.settling import SETTLES_IN_DAYS

_OWNER = "management"
_PER_DAY = (
    "It was {baseline} in {month_before}. Per day it was {per_day:money}, against {per_day_before:money}: a larger difference "
    "than the months' weekdays and the shop's usual day-to-day variation explain."
)

RULES = (
    InsightRule(
        id="sales-on-month-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales",
        unit="money",
        sql="sales_change.sql",
        parameters={"months_back": 1},
        days="sales_days.sql",
        headline="{month} revenue {compared:rose|fell} {change} month over month to {value}.",
        reason=_PER_DAY,
        silent="{month} revenue was {value}, {change:signed change} month over month: not a clear change.",
        action="Find the driver of the change in kpi_bridge and act on it.",
        owner=_OWNER,
        caveat="Seasonal effects are not removed.",
        gain_basis="Net sales that are missing compared with the month before.",
        least_effect=0.02,
    ),
    InsightRule(
        id="sales-on-year-before",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="net_sales",
        unit="money",
        sql="sales_change.sql",
        parameters={"months_back": 12},
        days="sales_days.sql",
        headline="{month} revenue {compared:rose|fell} {change} year over year to {value}.",
        reason=_PER_DAY,
        silent="{month} revenue was {value}, {change:signed change} year over year: not a clear change.",
        action="Check the plan for this year against this growth rate.",
        owner=_OWNER,
        caveat="Only two months are compared: a campaign or a holiday in either of them affects the result.",
        gain_basis="Net sales that are missing compared with the same month of the year before.",
        least_effect=0.02,
    ),
    InsightRule(
        id="what-moved-sales",
        topic="What changed",
        kind="descriptive",
        table="kpi_bridge",
        column="effect",
        unit="money",
        # The split of a change into drivers is exact. What could be chance is the change itself, so that is what is tested.
        sql="sales_driver.sql",
        tested_by="sales-on-month-before",
        headline="{driver} {compared:raised|lowered} {month} revenue by {size:money}, the largest part of the month's "
        "{compared:rise|fall} from {sales_before:money} to {net_sales:money}.",
        reason="The change from {month_before} is split exactly into its drivers; kpi_bridge lists all of them.",
        silent="No driver is named for {month}, because the month-over-month change of revenue is not clear.",
        action="Review what was done to this driver in the month: campaigns, prices, product range.",
        owner=_OWNER,
        caveat="The split shows how much the driver contributed, not why it changed.",
        gain_basis="Net sales that the driver took away in the month.",
        least_effect=0.02,
    ),
    InsightRule(
        id="cancellations",
        topic="What changed",
        kind="descriptive",
        table="kpi_monthly",
        column="cancel_rate",
        unit="share",
        sql="cancellations.sql",
        days="cancellations_days.sql",
        headline="{value} of {month} orders were canceled or unavailable, {compared:up|down} from {baseline} in {before}.",
        reason="{hits} of {trials} orders, compared with {rest_hits} of {rest_trials}.",
        silent="{value} of {month} orders were canceled or unavailable, compared with {baseline} in {before}: not a clear "
        "change.",
        action="Check which products and sellers the canceled orders belong to.",
        owner="operations",
        caveat=f"Only months that ended at least {SETTLES_IN_DAYS} days before the as-of date are compared: newer orders may "
        "still be canceled.",
        gain_basis="Orders canceled beyond the rate of the three months before, at the month's average order value.",
        least_n=100,
    ),
)
