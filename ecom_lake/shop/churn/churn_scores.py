from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date, Integer, Key, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

FORMS = ("second order", "next order")

_PEOPLE = """
    (select customer_id, case when count(distinct order_date) = 1 then 'second order' else 'next order' end as form
    from fct_orders
    where is_valid and order_date <= (select max(date) from dim_date where is_as_of)
    group by customer_id)
"""


class ChurnScores(Gold, group="models", extra="models"):
    """One row per person in scope: their risk of not ordering in the days to come. Empty where a model is no better
    than going by recency: churn_fit says so."""

    customer_id = Key("The person.")
    as_of = Date("The shop's today: what was known by its end counts.")
    horizon_days = Integer("Days after it that are looked at.", at_least=1)
    form = Text("Of people with one purchase a second order is awaited, of others a next one.", one_of=FORMS)
    probability = Share(
        "Probability that there is no valid order within those days; NULL where it did not prove better than a constant rate on"
        " days of the past: the reason in model_cards says so.",
        nullable=True,
    )
    decile = Integer(
        "Tenth of the form's people by falling risk: 1 has the highest risk; equal people are in the same one.",
        at_least=1,
        at_most=10,
    )
    top_reasons = Text(
        "What makes an order less likely than of a typical person, most telling first; NULL outside the first tenth.",
        nullable=True,
    )

    rules = (Rule("reasons_of_the_top_decile", "top_reasons IS NULL OR decile = 1", "Only the top decile has reasons."),)
    needs = ("orders.ordered_at",)
    identities = (
        Identity(
            "a_form_has_all_of_its_people",
            f"""
            select coalesce(s.customer_id, p.customer_id) as customer_id
            from churn_scores as s
            full join {_PEOPLE} as p on p.customer_id = s.customer_id and p.form = s.form
            where p.customer_id is null or (s.customer_id is null and p.form in (select form from churn_scores))
            """,
            "Whoever has a score has bought as often as the form says, and a form is there with all of its people or not at all.",
        ),
    )
