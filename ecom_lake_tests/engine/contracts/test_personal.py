"""Every text column is declared personal or not, and personal values are in no preview, example, evidence or page."""

from __future__ import annotations

import pytest

from ecom_lake.engine.contracts.columns import Integer, Key, Text
from ecom_lake.engine.contracts.personal import is_shareable, with_decisions
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop.domain import SHOP
from ecom_lake.shop.personal import IMPERSONAL, PERSONAL
from ecom_lake_tests import catalog


def test_a_text_column_without_a_decision_is_an_error() -> None:
    class Leads(Gold):
        """One row per brand."""

        shoe_brand = Key("Brand of the person's shoes.")

    with pytest.raises(ValueError, match="leads has a text column `shoe_brand` that is not declared as personal or not"):
        with_decisions(Leads.table, SHOP)
    assert Leads.table.shareable == [], "no column is shown before the decision"


def test_the_column_decides_whether_it_is_personal_otherwise_its_name() -> None:
    class Leads(Gold):
        """One row per lead."""

        customer_id = Key("The person.")
        city = Text("City of the shop.", personal=False)
        nickname = Text("What friends call the person.", personal=True)
        height = Integer("Height of the person.", personal=True)
        age = Integer("Age of the person.")
        segment = Text("The segment.")
        orders = Integer("Their orders.")

    assert with_decisions(Leads.table, SHOP).shareable == ["city", "segment", "orders"]


def test_every_column_of_every_contract_has_a_decision() -> None:
    columns = [column for layer in (catalog.silver(), catalog.gold()) for t in layer.values() for column in t.columns.values()]
    assert len(columns) > 700
    assert {column.personal for column in columns} == {True, False}
    assert not PERSONAL & IMPERSONAL
    assert {column.name for column in columns} >= IMPERSONAL, "IMPERSONAL has a name that no column has"


@pytest.mark.parametrize(
    ("table", "hidden"),
    [
        ("silver.customers", {"customer_id", "age", "gender", "city", "zip", "source_segment"}),
        ("silver.reviews", {"review_id", "order_id", "title", "comment"}),
        ("silver.refunds", {"refund_id", "order_id", "reason"}),
        ("silver.order_index", {"order_id", "customer_key"}),
        ("silver.places", set()),
        ("gold.fct_orders", {"order_id", "customer_id", "review_id", "coupon_code", "city", "zip"}),
        ("gold.dim_customer", {"customer_id", "city", "zip", "age", "age_group", "gender", "source_segment"}),
        ("gold.kpi_monthly", set()),
        ("gold.seller_scorecard", set()),
    ],
)
def test_personal_columns_of_a_table(table: str, hidden: set[str]) -> None:
    layer, name = table.split(".")
    contract = (catalog.silver() if layer == "silver" else catalog.gold())[name]
    assert contract.columns.keys() - contract.shareable == hidden


def test_a_text_column_without_a_contract_is_shown_only_if_its_name_is_known() -> None:
    assert is_shareable(SHOP, "segment", True)
    assert is_shareable(SHOP, "of_orders", False)
    assert not is_shareable(SHOP, "who", True)
    assert not is_shareable(SHOP, "order_id", True)
    assert not is_shareable(SHOP, "age", False)
