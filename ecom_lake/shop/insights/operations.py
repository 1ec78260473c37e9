"""Rules about deliveries, sellers and reviews.

Gains: of late deliveries, the net sales per month of the orders delivered late beyond the baseline's rate. These sales are not
lost; better deliveries would protect them. For late first deliveries and low scores: the missing orders at the lower bound of the
interval, if the association were causal. Late orders are delivered last, so late rates are compared in settled months only.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule
from ecom_lake.shop.settling import SETTLES_IN_DAYS

_OWNER = "operations"
_LATE_GAIN = "Orders delivered late beyond the baseline's rate, at the average order value{per}: sales to protect, not lost."
_SETTLED = (
    f"Only months that ended at least {SETTLES_IN_DAYS} days before the as-of date are compared: late orders are delivered last."
)

RULES = (
    InsightRule(
        id="late-in-state",
        topic="Delivery",
        kind="descriptive",
        table="delivery_performance",
        column="late_rate",
        unit="share",
        sql="late_in_state.sql",
        days="late_in_state_days.sql",
        headline="{value} of the deliveries to {state} of orders placed in {month} were late, {compared:above|below} the "
        "{baseline} of all other states.",
        reason="{hits} of {trials} deliveries were late, compared with {rest_hits} of {rest_trials} in all other states.",
        silent="No state had a clearly higher late delivery rate than all others in the last settled month.",
        action="Promise later delivery dates there, or change the carrier.",
        owner=_OWNER,
        caveat=_SETTLED,
        gain_basis=_LATE_GAIN.format(per=""),
        most=2,
    ),
    InsightRule(
        id="late-in-month",
        topic="Delivery",
        kind="descriptive",
        table="kpi_monthly",
        column="late_rate",
        unit="share",
        sql="late_in_month.sql",
        days="late_in_month_days.sql",
        headline="{value} of the deliveries of orders placed in {month} were late, {compared:up|down} from {baseline} in "
        "{before}.",
        reason="{hits} of {trials} deliveries were late, compared with {rest_hits} of {rest_trials}.",
        silent="{value} of the deliveries of orders placed in {month} were late, compared with {baseline} in {before}: not a "
        "clear change.",
        action="Check which stage of delivery takes longer: approval, handling or transit.",
        owner=_OWNER,
        caveat=_SETTLED,
        gain_basis=_LATE_GAIN.format(per=""),
        least_n=100,
    ),
    InsightRule(
        id="late-seller",
        topic="Delivery",
        kind="descriptive",
        table="seller_scorecard",
        column="late_rate",
        unit="share",
        # The others are compared in the months in which the seller sold, so that a strike of the carriers does not count.
        sql="late_seller.sql",
        days="late_seller_months.sql",
        noise_of="months",
        headline="{value} of the {n} deliveries of seller {seller_id} were late, {compared:above|below} the {baseline} of all "
        "other sellers.",
        reason="{hits} deliveries were late. The other sellers are compared in the same months.",
        silent="No seller's orders are delivered late clearly more often than those of all other sellers.",
        action="Contact the seller, and show later delivery dates for their products until it improves.",
        owner=_OWNER,
        caveat="Over the whole history. The carrier may be responsible.",
        gain_basis=_LATE_GAIN.format(per=" of the seller, per month of the history"),
        most=3,
    ),
    InsightRule(
        id="worst-reviews",
        topic="Reviews",
        kind="descriptive",
        table="review_summary",
        column="share_1",
        unit="share",
        sql="worst_reviews.sql",
        days="worst_reviews_days.sql",
        headline="{value} of {month} reviews gave one star, {compared:up|down} from {baseline} in {before}.",
        reason="{hits} of {trials} reviews, compared with {rest_hits} of {rest_trials}.",
        silent="{value} of {month} reviews gave one star, compared with {baseline} in {before}: not a clear change.",
        action="Read these reviews product by product.",
        owner="customer care",
        caveat="Reviews count in the month in which they were written.",
        gain_basis="Not estimated: the cost of a bad review has not been measured.",
        least_n=100,
    ),
    InsightRule(
        id="late-and-coming-back",
        topic="Delivery",
        kind="descriptive",
        table="delivery_effect",
        column="adjusted_rd",
        unit="points",
        sql="late_and_coming_back.sql",
        headline="{rate_exposed:share} of {exposed} ordered again within {days_watched} days, {compared:above|below} the "
        "{rate_unexposed:share} of comparable customers.",
        reason="The difference is {value} percentage points (95% interval {low} to {high}), measured on {n} customers who were "
        "observed for all {days_watched} days.",
        silent="Late deliveries and low review scores show no clear link with fewer repeat orders.",
        action="Promise delivery dates that can be kept, and contact customers who give their first order a low score.",
        owner=_OWNER,
        caveat="An association, adjusted for known differences between the customers; unknown differences may explain it.",
        gain_basis="If the association were causal: the orders missing at the lower bound of the interval, at the average order "
        "value, per month of the history.",
    ),
)
