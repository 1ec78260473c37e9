"""The figures on KPI cards, and the breakdown below them: what no order states is not known, and is not 0."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ecom_lake.publish.dashboard.breakdown_explorer import OPTIONS, explorer
from ecom_lake.publish.dashboard.figures import figures
from ecom_lake.publish.dashboard.options import read_options
from ecom_lake_tests.builders.hand_release import HandRelease
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product

TABLES = ("fct_orders", "fct_sales", "dim_product")


def release(folder: Path, customers: Sequence[str | None]) -> HandRelease:
    """An order of 10.00 of a product of its own for each customer; None for an order that states none."""
    numbers = [str(number) for number in range(len(customers))]
    shop = HandShop(
        products=[product(number) for number in numbers],
        orders=[order(number, customer_id=who) for number, who in zip(numbers, customers, strict=True)],
        order_items=[item(number, "10.00", product_id=number) for number in numbers],
    )
    return HandRelease(folder, **{table: shop.table(table).to_dicts() for table in TABLES})


@pytest.mark.parametrize(
    ("customers", "shown"), [([None, None], "not known"), ([None, "ann"], "1"), (["ann", "ann"], "1"), ([], "0")]
)
def test_customers_that_no_order_states_are_not_known(tmp_path: Path, customers: list[str | None], shown: str) -> None:
    cards = {card.name: card.value for card in figures(release(tmp_path, customers).view("overview"))}
    assert (cards["orders"], cards["customers"]) == (str(len(customers)), shown)


def test_a_member_whose_orders_state_no_customer_has_no_number_of_them(tmp_path: Path) -> None:
    options = read_options(OPTIONS, {"by": "product", "measure": "customers"})
    found = explorer(release(tmp_path, [None, "ann"]).view("sales", options))
    assert found.table is not None
    place = [heading.text for heading in found.table.headings].index("Customers")
    assert {row.label: row.cells[place].text for row in found.table.rows} == {"toys · 0": "–", "toys · 1": "1"}
