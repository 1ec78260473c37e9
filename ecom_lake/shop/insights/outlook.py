"""Rules about what to expect and what to test next.

Gains: none. A forecast is not an opportunity, and what a campaign or an experiment would bring has not been measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

RULES = (
    InsightRule(
        id="next-month",
        topic="Outlook",
        kind="predictive",
        table="sales_forecast",
        column="forecast",
        unit="money",
        sql="next_month.sql",
        headline="{period} revenue is forecast at {value}, {compared:above|below} the {baseline} of {month}.",
        reason="The 80% prediction interval is {low} to {high}.",
        silent="{period} revenue is forecast at {value}, compared with {baseline} in {month}: not a clear change.",
        action="Plan stock and staff for the whole range, not only for the forecast.",
        owner="management",
        caveat="model_rivals lists how often such intervals contained the actual value in this shop.",
        gain_basis="Not estimated: a forecast is not an opportunity.",
        least_n=6,
    ),
    InsightRule(
        id="likely-lost",
        topic="Outlook",
        kind="predictive",
        table="model_cards",
        column="value",
        unit="lift",
        sql="churn_list.sql",
        headline="The churn model's top 10% of customers includes {value} times as many customers who {outcome} as a random 10%; "
        "ranking by {naive} alone finds {baseline} times as many.",
        reason="{method} was tested on later orders that it was not trained on (95% interval {low} to {high} times).",
        silent="The churn list is not clearly better than ranking customers by a single column.",
        unexamined="No churn list is published; model_cards gives the reason.",
        action="Use the list for the next campaign, and keep a control group to measure the effect of the campaign.",
        owner="marketing",
        caveat="The list ranks customers; it does not show what would keep them.",
        gain_basis="Not estimated: only an experiment can measure what a campaign to the list would bring.",
        least_effect=0.02,
    ),
    InsightRule(
        id="first-experiment",
        topic="What could be tried",
        kind="assumed",
        table="experiment_plan",
        column="n_per_arm",
        unit="count",
        sql="first_experiment.sql",
        headline="A campaign to “{segment}” can be measured in {days_needed} days with {value} customers in each of two groups, "
        "if it raises the share who order by {assumed:percent} (from {baseline_rate:share} to {treated_rate:share}).",
        reason="Measured: {baseline_rate:share} order within {setting.churn_days} days without a campaign. Assumed: an effect "
        "of {assumed:percent}. The plan has {setting.power:.0%} power at a {setting.test_alpha:.0%} significance level.",
        silent="This shop has too few customers to measure a campaign that raises orders by {assumed:percent}.",
        action="Write the plan down before the start: the outcome, the customers and the duration.",
        owner="marketing",
        caveat="The effect is an assumption (setting experiment_uplift).",
        gain_basis="Not estimated: the effect is assumed, not measured.",
    ),
)
