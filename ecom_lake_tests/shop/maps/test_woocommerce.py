"""WooCommerce orders by hand: every row repeats its order, decimals follow a comma, and words of the shop become statuses."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ecom_lake_tests.shop.maps.mapped_export import Mapped, mapped

EXPORT = """\
\ufeffOrder Number;Order Status;Order Date;Email (Billing);Payment Method Title;Cart Discount Amount;Order Shipping Amount;\
Order Total Amount;SKU;Item #;Item Name;Quantity;Item Cost;Item Cost Before Discount;First Name (Billing)
11;Completed;2024-01-05 23:30;a@example.com;PayPal;1,00;5,00;34,00;A;1;Apples;3;6,77;7,00;First
11;Completed;2024-01-05 23:30;a@example.com;PayPal;1,00;5,00;34,00;B;2;Bread;1;8,70;9,00;First
12;On hold;2024-01-06 08:00;;Direct bank transfer;0,00;0,00;1.234,50;C;1;Cabinet;1;1.234,50;1.234,50;Second
13;Failed;2024-01-06 09:00;b@example.com;PayPal;0,00;0,00;7,00;;1;Apples;1;7,00;7,00;Third
14;Refunded;2024-01-06 10:00;b@example.com;PayPal;0,00;0,00;7,00;A;1;Apples;1;7,00;7,00;Third
15;Wrapped as gift;2024-01-06 11:00;b@example.com;PayPal;0,00;0,00;7,00;A;1;Apples;1;7,00;7,00;Third
"""
DISCOUNTED = """\
Order Number;Order Status;Order Date;Cart Discount Amount;Order Total Amount;SKU;Item Name;Quantity;Item Cost
21;Completed;2024-01-05 23:30;2,00;18,00;A;Apples;1;9,00
21;Completed;2024-01-05 23:30;2,00;18,00;B;Bread;1;9,00
22;Completed;2024-01-05 23:30;1,00;20,00;A;Apples;3;6,67
23;Completed;2024-01-05 23:30;0,00;14,00;A;Apples;2;7,00
24;Completed;2024-01-05 23:30;;14,00;A;Apples;2;7,00
"""
"""Without the price before the discount: `Item Cost` is what was paid for a unit."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    folder = tmp_path_factory.mktemp("woocommerce")
    (folder / "export").mkdir()
    (folder / "export" / "orders-2024-01-07.csv").write_text(EXPORT, encoding="utf-8", newline="\r\n")
    return mapped("woocommerce", folder / "export", folder)


def test_an_order_is_one_row_and_its_status_is_a_word_of_the_lake(shop: Mapped) -> None:
    assert shop.rows("orders").select("order_id", "status").rows() == [
        ("11", "delivered"),
        ("12", "created"),
        ("13", "canceled"),
        ("14", "returned"),
        ("15", "Wrapped as gift"),
    ]
    assert shop.facets["orders"].not_listed == {"status": {"Wrapped as gift": 1}}


def test_discount_and_shipping_of_an_order_are_shared_over_its_lines(shop: Mapped) -> None:
    """1.00 and 5.00 by 21.00 to 9.00."""
    lines = shop.rows("order_items").select("order_id", "line", "product_id", "quantity", "unit_price", "discount", "freight")
    assert lines.rows()[:3] == [
        ("11", "1", "A", "3", "7", "0.7", "3.5"),
        ("11", "2", "B", "1", "9", "0.3", "1.5"),
        ("12", "1", "C", "1", "1234.5", "0", "0"),
    ]
    assert lines["product_id"].to_list()[3] == "Apples", "a line without a SKU is the product of its name"


def test_a_price_after_the_discount_gets_its_part_of_the_discount_back(tmp_path: Path) -> None:
    """Order 21 was 2 x 10.00 less 2.00; 22 was 3 x 7.00 less 1.00, whose price after the discount the plugin rounds to 6.67."""
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "orders-2024-01-07.csv").write_text(DISCOUNTED, encoding="utf-8")
    found = mapped("woocommerce", tmp_path / "export", tmp_path)
    assert found.rows("order_items").select("order_id", "product_id", "unit_price", "discount").rows() == [
        ("21", "A", "10", "1"),
        ("21", "B", "10", "1"),
        ("22", "A", "7.0033", "1"),
        ("23", "A", "7", "0"),
        ("24", "A", "7", None),
    ]
    lines = found.silver("order_items")
    net = lines.select("order_id", net=pl.col("gross_sales") - pl.col("discount")).group_by("order_id").sum().sort("order_id")
    assert net["net"].to_list() == [Decimal("18.00"), Decimal("20.01"), Decimal("14.00"), Decimal("14.00")]


def test_guests_are_nobody_and_money_of_orders_on_hold_is_pending(shop: Mapped) -> None:
    assert shop.rows("orders")["customer_id"].is_null().to_list() == [False, True, False, False, False]
    assert shop.rows("payments").select("order_id", "amount", "status").rows() == [
        ("11", "34", "paid"),
        ("12", "1234.5", "pending"),
        ("14", "7", "paid"),
        ("15", "7", "paid"),
    ]
