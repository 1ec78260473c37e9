"""Wrong edits of the gold SQL are stopped: a few of them here, by contracts alone; `make mutations` tries all, with the tests."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders.busy_shop import busy_shop
from ecom_lake_tests.builders.hand_shop import HandShop
from ecom_lake_tests.project import PROJECT
from ecom_lake_tests.shop.mutations import stopped_by_the_shop, stopping_tests
from ecom_lake_tests.shop.wrong_edits import MUTATIONS, Mutation

STOPPED = {
    ("fct_orders", "payments once for each line"),
    ("fct_orders", "freight left out of gmv"),
    ("kpi_monthly", "people counted once for each order"),
    ("kpi_monthly", "anonymous orders are customers"),
    ("kpi_breakdown", "anonymous orders are customers"),
    ("customer_metrics", "anonymous orders are a customer"),
    ("customer_metrics", "recency from the first order"),
    ("product_performance", "the share that ends there, not before"),
    ("category_performance", "refused lines counted"),
    ("product_journey", "any later purchase"),
    ("discount_sensitivity", "orders without lines counted"),
    ("first_product_value", "categories counted by line"),
    ("delivery_performance", "late among all delivered"),
    ("returns_leakage", "kept lines leak"),
    ("order_status_sales", "valid orders alone"),
    ("payment_mix", "payments of canceled orders"),
    ("payment_mix", "failed payments paid"),
    ("fct_refunds", "the month of the order"),
    ("fct_refunds", "refunds of canceled orders lost"),
    ("fct_payments", "pending payments paid"),
    ("seller_scorecard", "the late are best"),
    ("review_summary", "the month of the answer"),
}


@pytest.fixture(scope="module")
def shop() -> HandShop:
    made = busy_shop()
    assert made.broken() == set()
    return made


@pytest.mark.parametrize("edit", [edit for edit in MUTATIONS if (edit.table, edit.what) in STOPPED], ids=lambda edit: edit.what)
def test_a_wrong_edit_never_reaches_a_reader(shop: HandShop, edit: Mutation) -> None:
    assert stopped_by_the_shop(shop, edit) is not None
    assert shop.broken() == set()


def test_the_tests_that_may_stop_an_edit_exist() -> None:
    """pytest runs nothing if one of them is missing, and the edit would survive."""
    assert [file for edit in MUTATIONS for file in stopping_tests(edit.table) if not (PROJECT / file).is_file()] == []


def test_the_text_of_every_edit_is_still_in_its_query() -> None:
    assert [edit for edit in MUTATIONS if edit.sql() == ""] == []
    assert {(edit.table, edit.what) for edit in MUTATIONS} > STOPPED
    assert len({(edit.table, edit.what) for edit in MUTATIONS}) == len(MUTATIONS)
