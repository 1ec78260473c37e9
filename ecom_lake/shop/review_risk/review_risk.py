from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Integer, Key, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

_OPEN = """
    (select f.order_id
    from fct_orders as f
    join orders as o on o.order_id = f.order_id
    cross join (select max(as_of) as as_of, max(followed_days) as followed_days from review_risk) as t
    where f.is_valid and o.shipped_at::date > t.as_of - t.followed_days::integer and o.shipped_at::date <= t.as_of
        and not exists (
            select 1 from reviews as r
            where r.order_id = f.order_id and not r.is_score_imputed
                and coalesce(r.answered_at, r.created_at)::date <= t.as_of
        ))
"""


class ReviewRisk(Gold, group="models", extra="models"):
    """One row per valid order that was shipped lately and is not yet reviewed: how likely a bad review is, as far as was known
    when it was shipped. Empty where a model is no better than going by the seller's past: review_risk_fit says so."""

    order_id = Key("The order.")
    shipped_on = Date("Day on which the carrier took it.")
    as_of = Date("The shop's today: reviews that came by its end are there.")
    followed_days = Integer("Days after shipping within which a review is awaited; of older orders none is.", at_least=1)
    probability = Share(
        "Probability that its review, if there is one, has a score of 2 or less; NULL where it did not prove better than a"
        " constant rate on days of the past: the reason in model_cards says so.",
        nullable=True,
    )
    decile = Integer(
        "Tenth of the orders by falling risk: 1 has the highest risk; equal orders are in the same one.",
        at_least=1,
        at_most=10,
    )
    top_reasons = Text(
        "What makes a bad review likelier than of a typical order, most telling first; NULL outside the first tenth.",
        nullable=True,
    )

    rules = (
        Rule("reasons_of_the_top_decile", "top_reasons IS NULL OR decile = 1", "Only the top decile has reasons."),
        Rule(
            "shipped_within_the_days_followed",
            "date_diff('day', shipped_on, as_of) >= 0 AND date_diff('day', shipped_on, as_of) < followed_days",
            "The order was shipped by the as-of date, and within the days in which a review is awaited.",
        ),
    )
    needs = ("orders.ordered_at", "orders.shipped_at", "reviews.score")
    identities = (
        Identity(
            "all_open_orders_are_there",
            f"""
            select coalesce(s.order_id, p.order_id) as order_id
            from review_risk as s
            full join {_OPEN} as p on p.order_id = s.order_id
            where s.order_id is null or p.order_id is null
            """,
            "Exactly the orders that were shipped lately and are not reviewed have a score, or none has.",
        ),
    )
