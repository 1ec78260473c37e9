from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Integer
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

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


class ReviewRisk(Gold, extra="models"):
    """One row per valid order that was shipped recently and is not yet reviewed: the probability that a review has a score of
    2 or less, from what was known at shipping. Empty where no model is better than the seller's past: review_risk_fit has
    the reason."""

    order_id = vocabulary.order_id.replace(key=True)
    shipped_on = Date("Day on which the order was handed to the carrier.")
    as_of = vocabulary.as_of
    followed_days = Integer("Days after shipping within which a review is expected.", at_least=1, unit="days")
    probability = vocabulary.probability
    decile = vocabulary.decile
    top_reasons = vocabulary.top_reasons

    rules = (
        Rule("reasons_of_the_top_decile", "top_reasons IS NULL OR decile = 1", "Only the top decile has reasons."),
        Rule(
            "shipped_within_the_days_followed",
            "date_diff('day', shipped_on, as_of) >= 0 AND date_diff('day', shipped_on, as_of) < followed_days",
            "The order was shipped by the as-of date and within the follow-up days.",
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
            "Exactly the recently shipped orders without a review have a score, or none has.",
        ),
    )
