"""Orders with and without a discount, from hand-written silver rows."""

from __future__ import annotations

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, product


@pytest.fixture(scope="module")
def shop() -> HandShop:
    """Ana buys twice, bob once, and one order is anonymous; one line of order 2 has a discount, and the canceled order too."""
    orders: list[Row] = [
        order("1", "2018-01-01 10:00:00", customer_id="ana"),
        order("2", "2018-01-20 10:00:00", customer_id="ana"),
        order("3", "2018-01-21 10:00:00", customer_id="bob"),
        order("4", "2018-01-31 10:00:00", customer_id=None),
        order("5", "2018-01-31 10:00:00", customer_id="bob", status="canceled"),
        order("6", "2018-01-31 10:00:00", customer_id="eve"),
    ]
    items = [
        item("1", "10.00"),
        item("2", "10.00", 1, quantity=4, discount="8.00"),
        item("2", "30.00", 2, product_id="b"),
        item("3", "30.00", product_id="b"),
        item("4", "10.00", discount="1.00"),
        item("5", "10.00", discount="5.00"),
    ]
    return HandShop(orders=orders, order_items=items, products=[product("p", "toys"), product("b", "books")])


COLUMNS = ("member", "orders", "orders_with_discount", "units_with_discount", "net_sales_with_discount", "discounts")


def test_orders_with_and_without_a_discount_by_dimension(shop: HandShop) -> None:
    rows = shop.table("discount_sensitivity")
    assert rows.filter(dimension="all").select(COLUMNS).rows() == [("all", 4, 2, 6, 71, 9)]
    assert rows.filter(dimension="category").select(COLUMNS).rows() == [("books", 2, 0, 0, 0, 0), ("toys", 3, 2, 5, 41, 9)]
    assert rows.filter(dimension="purchases").select(COLUMNS).rows() == [
        ("1", 1, 0, 0, 0, 0),
        ("2", 2, 1, 5, 62, 8),
        ("anonymous", 1, 1, 1, 9, 1),
    ]


def test_rates_and_averages(shop: HandShop) -> None:
    [whole] = shop.table("discount_sensitivity").filter(dimension="all").to_dicts()
    assert (whole["share_with_discount"], whole["discount_rate"]) == (2 / 4, 9 / 80)
    assert (whole["units_per_order_with_discount"], whole["units_per_order_without_discount"]) == (6 / 2, 2 / 2)
    assert (whole["aov_with_discount"], whole["aov_without_discount"]) == (71 / 2, 40 / 2)


def test_a_shop_without_discounts_has_no_averages_of_them() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a")])
    columns = ("share_with_discount", "discount_rate", "aov_with_discount", "aov_without_discount")
    assert set(shop.rows("discount_sensitivity", *columns)) == {(0, None, None, 10)}
    assert shop.broken() == set()


def test_a_discount_without_an_amount_counts_and_has_no_rate() -> None:
    """A survey states only whether there was a discount, or, as in the last order, not even that."""
    items = [item("a", "8.00", is_discounted=True), item("b", quantity=3, is_discounted=False), item("c", "6.00")]
    shop = HandShop(orders=[order("a"), order("b"), order("c")], order_items=items)
    [whole] = shop.table("discount_sensitivity").filter(dimension="all").to_dicts()
    assert (whole["orders"], whole["orders_with_discount"], whole["discounts"], whole["discount_rate"]) == (3, 1, None, None)
    assert (whole["aov_with_discount"], whole["aov_without_discount"]) == (8, 18)
    assert (whole["units_per_order_with_discount"], whole["units_per_order_without_discount"]) == (1, 2)
    assert shop.broken() == set()


def test_the_identities_hold(shop: HandShop) -> None:
    assert shop.broken() == set()


def test_a_shop_that_states_no_discounts_has_no_sales_by_discount() -> None:
    unstated = HandShop(orders=[order("1")], order_items=[item("1")])
    assert unstated.answer("all-sales-by", by="discounted", top=10) == []
    assert [row[1] for row in unstated.answer("all-sales-by", by="status", top=10)] == ["delivered"]
    stated = HandShop(orders=[order("1")], order_items=[item("1", is_discounted=False)])
    assert [row[1] for row in stated.answer("all-sales-by", by="discounted", top=10)] == ["no"]
