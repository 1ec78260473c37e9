from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

FORMS = ("second order", "next order")

_PEOPLE = """
    (select customer_id, case when count(distinct order_date) = 1 then 'second order' else 'next order' end as form
    from fct_orders
    where is_valid and customer_id is not null and order_date <= (select as_of from reporting_period)
    group by customer_id)
"""


class ChurnScores(Gold, extra="models"):
    """One row per customer in scope: the probability of no valid order within horizon_days. Empty where no model is better
    than ranking by recency: churn_fit has the reason."""

    customer_id = vocabulary.customer_id.replace(key=True)
    as_of = vocabulary.as_of
    horizon_days = vocabulary.horizon_days
    form = Text("second order for customers with one purchase, next order for all others.", one_of=FORMS)
    probability = vocabulary.probability
    decile = vocabulary.decile
    top_reasons = vocabulary.top_reasons

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
            "Each customer with a score has the form that fits their purchases, and a form contains all of its "
            "customers or none.",
        ),
    )
