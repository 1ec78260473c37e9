"""The marks of delivered tables agree with the decision which columns are personal."""

from __future__ import annotations

import pytest

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.shop.exports import canonical, olist
from ecom_lake.shop.personal import PERSONAL

TABLES = [*canonical.DELIVERED, *canonical.UNDATED_DELIVERED, *olist.DELIVERED]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_mark_is_of_a_column_and_no_id_is_emptied(table: Delivered) -> None:
    assert {*table.ids, *table.personal} <= set(table.columns)
    assert set(table.ids).isdisjoint(table.personal)
    assert not table.personal or table.ids, "a row without an id of a person is never found"


@pytest.mark.parametrize("table", [one for one in canonical.DELIVERED if one.ids], ids=lambda table: table.name)
def test_every_personal_column_of_a_canonical_table_is_an_id_or_emptied(table: Delivered) -> None:
    assert set(table.columns) & PERSONAL == {*table.ids, *table.personal}


def test_the_tables_about_persons_are_these() -> None:
    assert {table.name: dict(table.ids) for table in canonical.DELIVERED if table.ids} == {
        "orders": {"customer_id": "person", "order_id": "order"},
        "order_items": {"order_id": "order"},
        "payments": {"order_id": "order"},
        "refunds": {"order_id": "order", "refund_id": "refund"},
        "reviews": {"order_id": "order", "review_id": "review"},
        "customers": {"customer_id": "person"},
    }
    assert {table.name for table in olist.DELIVERED if table.ids} == {
        "customers",
        "orders",
        "order_items",
        "order_payments",
        "order_reviews",
    }
