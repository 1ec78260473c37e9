"""Shopify's order export by hand: what belongs to an order is on its first row, and is shared over its lines to the cent."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake_tests.shop.maps.mapped_export import Mapped, mapped

LINE = {"Lineitem quantity": "1", "Lineitem price": "10.00", "Lineitem name": "Mug", "Lineitem sku": "MUG"}
PAID = {
    "Email": "a@example.com",
    "Financial Status": "paid",
    "Paid at": "2024-01-05 23:40:00 -0500",
    "Fulfillment Status": "unfulfilled",
    "Subtotal": "10.00",
    "Shipping": "0.00",
    "Taxes": "0.00",
    "Total": "10.00",
    "Discount Amount": "0.00",
    "Created at": "2024-01-05 23:30:00 -0500",
    "Payment Method": "Shopify Payments",
    "Refunded Amount": "0.00",
    "Source": "web",
}
RECORDS: tuple[dict[str, str], ...] = (
    {
        **PAID,
        **LINE,
        "Name": "#1001",
        "Email": "A@example.com",
        "Lineitem quantity": "2",
        "Lineitem discount": "1.00",
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": "2024-01-08 09:00:00 -0500",
        "Shipping": "4.99",
        "Discount Amount": "3.00",
        "Total": "26.99",
        "Shipping Zip": "'01234",
        "Shipping City": "Springfield",
        "Shipping Province": "MA",
        "Shipping Country": "US",
    },
    {**LINE, "Name": "#1001", "Email": "A@example.com", "Created at": PAID["Created at"], "Lineitem name": "Tea",
     "Lineitem sku": "", "Lineitem price": "5.00", "Lineitem discount": "0.00"},
    {**PAID, **LINE, "Name": "#1002", "Email": "", "Cancelled at": "2024-01-06 08:00:00 -0500", "Financial Status": "voided"},
    {**PAID, **LINE, "Name": "#1003", "Financial Status": "refunded", "Fulfillment Status": "fulfilled",
     "Refunded Amount": "10.00"},
    {**PAID, **LINE, "Name": "#1004", "Financial Status": "partially_refunded", "Fulfillment Status": "fulfilled",
     "Refunded Amount": "2.50"},
    {**PAID, **LINE, "Name": "#1005", "Financial Status": "pending", "Paid at": ""},
    {**PAID, **LINE, "Name": "#1006"},
    {**PAID, **LINE, "Name": "#1007", "Financial Status": "partially_paid", "Outstanding Balance": "4.00"},
    {**PAID, **LINE, "Name": "#1008", "Financial Status": "expired", "Paid at": "", "Outstanding Balance": "10.00"},
)  # fmt: skip


WITH_TAX: tuple[dict[str, str], ...] = (
    {**PAID, **LINE, "Name": "#2001", "Lineitem price": "119.00", "Subtotal": "119.00", "Shipping": "5.00", "Taxes": "19.80",
     "Total": "124.00"},
    {**PAID, **LINE, "Name": "#2002", "Lineitem price": "119.00", "Lineitem quantity": "2", "Subtotal": "190.40",
     "Taxes": "30.40", "Total": "190.40", "Discount Amount": "47.60"},
    {**PAID, **LINE, "Name": "#2003", "Lineitem price": "9.99", "Lineitem quantity": "1", "Subtotal": "29.97", "Taxes": "4.79",
     "Total": "29.97"},
    {**LINE, "Name": "#2003", "Lineitem price": "9.99", "Lineitem quantity": "1", "Lineitem sku": "TEA"},
    {**LINE, "Name": "#2003", "Lineitem price": "9.99", "Lineitem quantity": "1", "Lineitem sku": "CUP"},
    {**PAID, **LINE, "Name": "#2004", "Lineitem price": "100.00", "Subtotal": "100.00", "Taxes": "19.00", "Total": "119.00"},
    {**PAID, **LINE, "Name": "#2005", "Lineitem price": "119.00", "Subtotal": "119.00", "Shipping": "", "Taxes": "19.00",
     "Total": "119.00"},
)  # fmt: skip
"""Taxes of 19% in the prices; of #2004 on top of them."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    return exported(tmp_path_factory.mktemp("shopify"), RECORDS)


def exported(folder: Path, records: Sequence[Mapping[str, str]]) -> Mapped:
    (folder / "export").mkdir()
    with (folder / "export" / "orders_export_1.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(name for record in (*RECORDS, *records) for name in record)))
        writer.writeheader()
        writer.writerows(records)
    return mapped("shopify", folder / "export", folder, zone="Europe/Berlin")


def column(shop: Mapped, table: str, name: str) -> list[Any]:
    return shop.rows(table)[name].to_list()


def test_an_order_is_one_row_with_its_status(shop: Mapped) -> None:
    statuses = dict(zip(column(shop, "orders", "order_id"), column(shop, "orders", "status"), strict=True))
    assert statuses == {
        "#1001": "shipped",
        "#1002": "canceled",
        "#1003": "returned",
        "#1004": "shipped",
        "#1005": "created",
        "#1006": "approved",
        "#1007": "approved",
        "#1008": "created",
    }


def test_times_are_those_of_the_shop_and_zips_lose_their_apostrophe(shop: Mapped) -> None:
    order = shop.rows("orders").row(0, named=True)
    assert (order["ordered_at"], order["shipped_at"]) == ("2024-01-06 05:30:00", "2024-01-08 15:00:00")
    assert (order["zip"], order["city"], order["state"], order["country"]) == ("01234", "Springfield", "MA", "US")


def test_a_customer_is_the_pseudonym_of_an_address_in_any_case_and_a_guest_is_nobody(shop: Mapped) -> None:
    first, guest, third, *_ = column(shop, "orders", "customer_id")
    assert first == third
    assert guest is None
    assert len(first) == 32 and "example" not in first
    assert column(shop, "customers", "customer_id") == [first]


def test_discount_and_shipping_of_an_order_are_shared_over_its_lines(shop: Mapped) -> None:
    """2.00 that no line states by 19.00 to 5.00, and shipping of 4.99 by 20.00 to 5.00; the cent left goes to the second line."""
    lines = shop.rows("order_items").filter(shop.rows("order_items")["order_id"] == "#1001")
    assert lines.select("line", "product_id", "quantity", "unit_price", "discount", "freight").rows() == [
        ("1", "MUG", "2", "10", "2.58", "3.99"),
        ("2", "Tea", "1", "5", "0.42", "1"),
    ]


def test_only_money_that_came_is_paid_and_voided_money_is_no_payment(shop: Mapped) -> None:
    assert shop.rows("payments").select("order_id", "amount", "status").rows() == [
        ("#1001", "26.99", "paid"),
        ("#1003", "10", "paid"),
        ("#1004", "10", "paid"),
        ("#1005", "10", "pending"),
        ("#1006", "10", "paid"),
        ("#1007", "6", "paid"),
        ("#1008", "10", "pending"),
    ]


def test_refunds_have_the_time_of_their_order_because_the_export_has_none(shop: Mapped) -> None:
    assert shop.rows("refunds").select("refund_id", "order_id", "amount", "refunded_at").rows() == [
        ("#1003", "#1003", "10", "2024-01-06 05:30:00"),
        ("#1004", "#1004", "2.5", "2024-01-06 05:30:00"),
    ]


def test_taxes_in_the_prices_are_no_sales(tmp_path: Path) -> None:
    """#2001 is 100.00 and 4.20 of shipping without tax; #2002 is 200.00 less 20%; of #2003, 29.97 contain 4.79; #2005 states no
    shipping."""
    lines = exported(tmp_path, WITH_TAX).silver("order_items").sort("order_id", "line")
    found = lines.with_columns(net=pl.col("gross_sales") - pl.col("discount"))
    assert found.select("order_id", "gross_sales", "discount", "net", "freight", "tax").rows() == [
        (order, *map(Decimal, amounts.split()))
        for order, amounts in (
            ("#2001", "100.00 0.00 100.00 4.20 19.80"),
            ("#2002", "200.00 40.00 160.00 0.00 30.40"),
            ("#2003", "8.39 0.00 8.39 0.00 1.60"),
            ("#2003", "8.39 0.00 8.39 0.00 1.60"),
            ("#2003", "8.40 0.00 8.40 0.00 1.59"),
            ("#2004", "100.00 0.00 100.00 0.00 19.00"),
            ("#2005", "100.00 0.00 100.00 0.00 19.00"),
        )
    ]
    assert sum(lines["tax"]) + sum(found["net"]) + sum(lines["freight"]) == Decimal("582.37")
