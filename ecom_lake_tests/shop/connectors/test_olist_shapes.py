"""Olist's rows one by one: the silver row of each hand-written delivered row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests import catalog
from ecom_lake_tests.shop.connectors.frames import SPECS, delivered, one, silver

ORDER = {
    "order_id": " o1 ",
    "customer_id": "c1",
    "order_status": "delivered",
    "order_purchase_timestamp": "2017-10-02 10:56:33",
    "order_approved_at": "2017-10-02 11:07:15",
    "order_delivered_carrier_date": "2017-10-04 19:55:00",
    "order_delivered_customer_date": "2017-10-10 21:25:13",
    "order_estimated_delivery_date": "2017-10-18 00:00:00",
}
ALIAS = {
    "customer_id": "c1",
    "customer_unique_id": "person",
    "customer_zip_code_prefix": "03149",
    "customer_city": "São Paulo",
    "customer_state": "SP",
}


def test_an_order_has_the_customer_and_the_address_of_its_alias() -> None:
    order = one("orders", ORDER, customers=delivered("customers", ALIAS, {**ALIAS, "customer_id": "c2"}))
    assert order == {
        "order_id": "o1",
        "customer_id": "person",
        "ordered_at": datetime(2017, 10, 2, 10, 56, 33),
        "month": datetime(2017, 10, 1).date(),
        "approved_at": datetime(2017, 10, 2, 11, 7, 15),
        "shipped_at": datetime(2017, 10, 4, 19, 55),
        "delivered_at": datetime(2017, 10, 10, 21, 25, 13),
        "promised_at": datetime(2017, 10, 18),
        "status": "delivered",
        "source_status": "delivered",
        "is_valid": True,
        "is_timeline_sound": True,
        "city": "sao paulo",
        "state": "SP",
        "region": "Sudeste",
        "country": "BR",
        "zip": "03149",
        "channel": None,
        "shipping_method": None,
        "coupon_code": None,
        "currency": None,
        "source_sequence": 1,
        "source_record": 1,
    }


def test_an_order_without_an_alias_is_refused_and_not_anonymous() -> None:
    conformed = silver("orders", delivered("orders", {**ORDER, "customer_id": " "}), customers=delivered("customers", ALIAS))
    assert conformed.bad["rule"].to_list() == ["customer_id_missing"]


@pytest.mark.parametrize("person", [None, " "])
def test_an_order_without_a_known_customer_has_its_alias_as_customer(person: str | None) -> None:
    assert one("orders", {**ORDER, "customer_id": " c9 "})["customer_id"] == "c9"
    unnamed = delivered("customers", {**ALIAS, "customer_unique_id": person})
    assert one("orders", ORDER, customers=unnamed)["customer_id"] == "c1"


@pytest.mark.parametrize(
    ("delivered_status", "status", "is_valid"),
    [
        ("shipped", "shipped", True),
        (" Canceled", "canceled", False),
        ("unavailable", "unavailable", False),
        ("lost at sea", "unknown", True),
        (None, "unknown", True),
    ],
)
def test_a_status_is_translated_to_a_canonical_one(delivered_status: str | None, status: str, is_valid: bool) -> None:
    order = one("orders", {**ORDER, "order_status": delivered_status})
    assert (order["status"], order["is_valid"]) == (status, is_valid)


@pytest.mark.parametrize(
    ("change", "is_sound"),
    [
        ({"order_approved_at": None, "order_delivered_carrier_date": None}, True),
        ({"order_approved_at": "2017-10-02 10:56:33"}, True),
        ({"order_delivered_carrier_date": "2017-10-02 11:00:00"}, False),
        ({"order_approved_at": None, "order_delivered_carrier_date": "2017-10-02 10:56:32"}, False),
        ({"order_delivered_carrier_date": None, "order_delivered_customer_date": "2017-10-02 11:00:00"}, False),
        ({"order_estimated_delivery_date": "2016-01-01 00:00:00"}, True),
    ],
)
def test_a_timeline_is_sound_unless_a_stage_precedes_an_earlier_one(change: dict[str, str | None], is_sound: bool) -> None:
    assert one("orders", {**ORDER, **change})["is_timeline_sound"] is is_sound


def test_an_unreadable_timestamp_refuses_the_order_and_is_not_null() -> None:
    bad = silver("orders", delivered("orders", {**ORDER, "order_approved_at": "31/02/2017"})).bad
    assert bad.row(0) == (1, 1, "approved_at_unreadable", "approved_at", "31/02/2017")


def test_gross_sales_are_computed_from_the_rounded_price() -> None:
    """1.00495 is published as 1.0050, which rounds to 1.01."""
    line = one(
        "order_items", {"order_id": "o1", "order_item_id": "1", "product_id": "p", "price": "1.00495", "freight_value": "0"}
    )
    assert (line["unit_price"], line["gross_sales"]) == (Decimal("1.0050"), Decimal("1.01"))


def test_a_line_is_one_unit_at_its_price() -> None:
    line = one(
        "order_items",
        {"order_id": "o1", "order_item_id": "1", "product_id": "p", "seller_id": "s", "price": "1.3449", "freight_value": "8.72"},
    )
    assert (line["line"], line["quantity"], line["product_id"], line["seller_id"]) == (1, 1, "p", "s")
    assert (line["unit_price"], line["gross_sales"]) == (Decimal("1.3449"), Decimal("1.34"))
    assert (line["discount"], line["freight"], line["unit_cost"]) == (Decimal(0), Decimal("8.72"), None)
    assert (line["is_valid"], line["is_returned"]) == (True, None)


@pytest.mark.parametrize(
    ("method", "instalments", "expected"),
    [
        ("credit_card", "8", ("credit_card", 8)),
        ("not_defined", "1", ("unknown", 1)),
        (None, None, ("unknown", None)),
        ("credit_card", " ", ("credit_card", None)),
        (" Boleto ", "0", ("boleto", 1)),
        ("voucher", "0.0", ("voucher", 1)),
    ],
)
def test_a_payment_has_a_method_and_a_number_of_instalments(
    method: str | None, instalments: str | None, expected: tuple[str, int | None]
) -> None:
    row = {"order_id": "o1", "payment_sequential": "2", "payment_type": method, "payment_installments": instalments}
    payment = one("payments", {**row, "payment_value": "0.00"})
    assert (payment["method"], payment["instalments"]) == expected
    assert (payment["sequence"], payment["amount"], payment["paid_at"]) == (2, Decimal(0), None)


def test_unreadable_instalments_are_not_null() -> None:
    row = {"order_id": "o1", "payment_sequential": "1", "payment_installments": "few", "payment_value": "1"}
    assert silver("payments", delivered("order_payments", row)).bad["rule"].to_list() == ["instalments_unreadable"]


def test_a_review_of_white_space_has_no_text() -> None:
    row = {
        "review_id": "r",
        "order_id": "o",
        "review_score": "4",
        "review_comment_title": " \r\n ",
        "review_creation_date": "2018-01-18",
    }
    review = one("reviews", {**row, "review_comment_message": " muito\r\nbom \n"})
    assert (review["title"], review["comment"]) == (None, "muito\nbom")
    assert (review["score"], review["is_score_imputed"]) == (4.0, False)
    assert (review["created_at"], review["answered_at"]) == (datetime(2018, 1, 18), None)


@pytest.mark.parametrize(
    ("category", "expected"),
    [("beleza_saude", "health_beauty"), (" pc_gamer", "pc_gamer"), ("nada", "nada"), ("", "unknown"), (None, "unknown")],
)
def test_a_category_is_in_english_where_it_is_known(category: str | None, expected: str) -> None:
    translation = delivered(
        "product_category_name_translation",
        {"product_category_name": "beleza_saude", "product_category_name_english": "health_beauty"},
        {"product_category_name": "nada", "product_category_name_english": " "},
    )
    row = {"product_id": "p", "product_category_name": category}
    assert one("products", row, product_category_name_translation=translation)["category"] == expected


@pytest.mark.parametrize(("weight", "expected"), [("0", None), ("0.0", None), (None, None), ("225", 225.0)])
def test_a_weight_of_zero_is_unknown(weight: str | None, expected: float | None) -> None:
    product = one(
        "products", {"product_id": "p", "product_weight_g": weight, "product_length_cm": "16", "product_photos_qty": "1"}
    )
    assert (product["weight_g"], product["length_cm"], product["photos"]) == (expected, 16.0, 1)


def test_a_seller_has_a_clean_address() -> None:
    row = {"seller_id": "s", "seller_zip_code_prefix": "4195", "seller_city": "sp / sp", "seller_state": "SP"}
    seller = one("sellers", row)
    assert (seller["seller_id"], seller["zip"], seller["city"], seller["state"]) == ("s", "04195", None, "SP")


@pytest.mark.parametrize("table", [spec.contract.name for spec in SPECS.values() if isinstance(spec, RowByRow)])
def test_an_empty_input_gives_an_empty_table(table: str) -> None:
    assert silver(table, delivered(SPECS[table].source)).good.is_empty()


def test_every_column_that_a_spec_reads_is_delivered() -> None:
    tables = {delivered.name: delivered.columns for delivered in OLIST.delivered}
    for spec in SPECS.values():
        columns = set(tables[spec.source])
        if isinstance(spec, RowByRow):
            for lookup in spec.lookups:
                assert lookup.on in columns & set(tables[lookup.source])
    assert OLIST.customer_key in tables["orders"]
    assert all("order_id" in tables[line.source] for line in OLIST.lines)


def test_everything_absent_is_a_canonical_column_or_table_or_a_gold_table() -> None:
    columns = {f"{table}.{column}" for table, spec in SPECS.items() for column in spec.contract.columns}
    assert set(OLIST.absent) <= columns | (set(catalog.silver()) - set(SPECS)) | set(catalog.gold())
