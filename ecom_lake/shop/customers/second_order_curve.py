from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class SecondOrderCurve(Gold, group="customers"):
    """One row per day since the first purchase: the Kaplan-Meier estimate of the time to the second, as of the as-of date."""

    day = Integer("Days since the first purchase.", key=True, at_least=0)
    at_risk = Count("Persons watched that long who had not bought again before.", at_least=1)
    events = Count("Those who bought again on the day.")
    censored = Count("Those whose watch ends on the day, with the as-of date.")
    survival = Share("Estimated share of people who have not bought again by the end of the day.")
    ci_low = Share(
        "Lower 95% bound (log-log, Greenwood's variance); NULL before the first event and once nobody is left.", nullable=True
    )
    ci_high = Share("Upper 95% bound, likewise.", nullable=True)

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_hold_the_estimate", "ci_low <= survival and survival <= ci_high", "The estimate is within its bounds."),
        Rule("events_among_those_at_risk", "events + censored <= at_risk", "Whoever buys or leaves on a day was watched then."),
    )
    identities = (
        agree(
            "everybody_is_watched",
            "On day 0 everybody is at risk, and the events are those who have two purchases.",
            "select coalesce(sum(at_risk) filter (where day = 0), 0), coalesce(sum(events), 0),"
            " coalesce(sum(events + censored), 0) from second_order_curve",
            "select count(*), count(*) filter (where purchases >= 2), count(*) from customer_metrics"
            " where first_order_date is not null",
        ),
        Identity(
            "who_is_left_is_watched_on",
            "select a.day from second_order_curve as a join second_order_curve as b on b.day = a.day + 1"
            " where b.at_risk <> a.at_risk - a.events - a.censored",
            "Each day's people are those of the day before without its events and those whose watch ended.",
        ),
        Identity(
            "survival_is_the_product",
            "select a.day, a.survival from second_order_curve as a left join second_order_curve as b on b.day = a.day - 1"
            " where (b.day is null) <> (a.day = 0)"
            " or abs(a.survival - coalesce(b.survival, 1) * (1 - a.events::double / a.at_risk)) > 0.0000000002",
            "Each day's survival is that of the day before times the share who did not buy again on the day.",
        ),
    )
