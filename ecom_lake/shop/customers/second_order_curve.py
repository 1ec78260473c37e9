from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class SecondOrderCurve(Gold):
    """One row per day since the first purchase: the Kaplan-Meier estimate of the time to the second purchase, as of the as-of
    date."""

    day = Integer("Days since the first purchase.", key=True, at_least=0, unit="days")
    at_risk = Count("Customers followed up to this day without a second purchase before it.", at_least=1)
    events = Count("Customers whose second purchase is on this day.")
    censored = Count("Customers whose follow-up ends on this day, at the as-of date.")
    survival = Share("Estimated share of customers without a second purchase by the end of the day.")
    ci_low = vocabulary.ci_low.replace(nullable=True, at_least=0, at_most=1)
    ci_high = vocabulary.ci_high.replace(nullable=True, at_least=0, at_most=1)

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_hold_the_estimate", "ci_low <= survival and survival <= ci_high", "The estimate lies within its bounds."),
        Rule(
            "events_among_those_at_risk",
            "events + censored <= at_risk",
            "Events and censored customers of a day are among those at risk.",
        ),
    )
    identities = (
        agree(
            "everybody_is_watched",
            "On day 0 all customers are at risk, and the events are the customers with two or more purchases.",
            "select coalesce(sum(at_risk) filter (where day = 0), 0), coalesce(sum(events), 0),"
            " coalesce(sum(events + censored), 0) from second_order_curve",
            "select count(*), count(*) filter (where purchases >= 2), count(*) from customer_metrics"
            " where first_order_date is not null",
        ),
        Identity(
            "who_is_left_is_watched_on",
            "select a.day from second_order_curve as a join second_order_curve as b on b.day = a.day + 1"
            " where b.at_risk <> a.at_risk - a.events - a.censored",
            "Customers at risk are those of the day before, less its events and censored customers.",
        ),
        Identity(
            "survival_is_the_product",
            "select a.day, a.survival from second_order_curve as a left join second_order_curve as b on b.day = a.day - 1"
            " where (b.day is null) <> (a.day = 0)"
            " or abs(a.survival - coalesce(b.survival, 1) * (1 - a.events::double / a.at_risk)) > 0.0000000002",
            "Each day's survival is the previous day's, times the share of customers at risk without an event.",
        ),
    )
