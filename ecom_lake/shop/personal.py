"""Which column names of an online shop are personal: a value says who a customer is, where they live, or what they wrote.

Here: the decision for every name that text columns share, and for the other personal ones. A contract decides otherwise with
`personal=` on the column. Why these, and where they are shown: docs/decisions/0016. Not here: how a decision is applied
(engine/contracts/personal.py).
"""

from __future__ import annotations

from ecom_lake.engine.contracts.delivered import PERSON


def _names(**groups: str) -> frozenset[str]:
    return frozenset(name for names in groups.values() for name in names.split())


IDS = {"customer_id": PERSON, "order_id": "order", "review_id": "review", "refund_id": "refund"}
"""The columns of the canonical tables that lead to a person, and the kind of id that each holds, the owner's first."""
PERSONAL = _names(
    ids_of_persons_and_of_what_leads_to_one="customer_id customer_key order_id review_id refund_id coupon_code",
    who_they_are="email phone birth_date age age_group gender",
    where_they_live_more_closely_than_by_state="city zip street address",
    what_they_wrote_or_the_source_wrote_of_them="title comment source_segment",
)
IMPERSONAL = _names(
    goods="product_id name category brand size colour level items antecedent consequent abc_class from_category to_category",
    sellers_and_regions="seller_id state region country",
    how_an_order_was_made="channel shipping_method currency status source_status method",
    groups_of_persons="segment from_segment to_segment rfm_code loyalty_tier persona activity_status buyers subscriber"
    " population form exposure outcome dimension member",
    reasons_and_statements="top_reasons statement wording sentence reason action caveat owner topic rule insight_id row_key"
    " kpi event note"
    " role gain_basis",
    measures_and_periods="driver step metric unit definition period_type horizon grain month_name weekday_name measure",
    models="model model_version rival champion candidate baseline direction requirement predicts trained_on code_version curve"
    " label kind series said spend_method margin_source",
    tables_and_files="table_name read_as column_name layer type meaning example source severity file content_hash",
)
