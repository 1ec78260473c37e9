"""Which columns are personal: a value of theirs says who a customer is, where they live, or what they wrote.

Here: the decision for every name that text columns share, and for the other personal ones. A contract decides otherwise with
`personal=` on the column. A text column for which neither decides is an error when its contract is read, so that none is added
without a decision. Why these, and where they are shown: docs/decisions/0016. Not here: who leaves them out (they ask a table
for its `shareable` columns, or `is_shareable` of a column that stands in no contract).
"""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.contracts.columns import TEXT, Column
from ecom_lake.engine.contracts.definition_error import DefinitionError


def _names(**groups: str) -> frozenset[str]:
    return frozenset(name for names in groups.values() for name in names.split())


PERSONAL = _names(
    ids_of_persons_and_of_what_leads_to_one="customer_id customer_key order_id review_id",
    who_they_are="email phone birth_date age age_group gender",
    where_they_live_more_closely_than_by_state="city zip street address",
    what_they_wrote_or_the_source_wrote_of_them="title comment source_segment",
)
IMPERSONAL = _names(
    goods="product_id name category brand level items antecedent consequent abc_class from_category to_category",
    sellers_and_regions="seller_id state region country",
    how_an_order_was_made="channel status source_status method",
    groups_of_persons="segment from_segment to_segment rfm_code loyalty_tier persona activity_status buyers subscriber"
    " population form exposure outcome dimension member",
    reasons_and_statements="top_reasons statement wording sentence reason action caveat owner topic rule insight_id row_key"
    " role gain_basis",
    measures_and_periods="driver step metric unit definition period_type horizon grain month_name weekday_name measure",
    models="model model_version rival champion candidate baseline direction requirement predicts trained_on code_version curve"
    " label kind series said spend_method margin_source",
    tables_and_files="table_name column_name layer type meaning example source severity file content_hash",
)


def decided(column: Column, table: str) -> Column:
    """The column with a decision; its own, else that of its name. A column that is no text is personal only where one says so."""
    if column.personal is not None:
        return column
    if column.kind == TEXT and column.name not in PERSONAL | IMPERSONAL:
        raise DefinitionError(
            f"{table} has a text column `{column.name}`, and nobody has decided whether it is personal: write personal=True or "
            "personal=False on it, or put its name into ecom_lake/engine/contracts/personal.py."
        )
    return replace(column, personal=column.name in PERSONAL)


def is_shareable(name: str, is_text: bool) -> bool:
    """Whether a column that stands in no contract may be shown: one of text only where its name is known as impersonal."""
    return name in IMPERSONAL if is_text else name not in PERSONAL
