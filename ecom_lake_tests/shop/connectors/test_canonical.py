"""Canonical rows: defaults of empty fields, derived columns, refused rows; and one customer from several rows."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.contracts.connector import Connector, Merged
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.canonical.people import merge_customers
from ecom_lake.shop.exports.canonical import COMPUTED, FILES
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.shop.connectors.frames import ByHand, accounted, fates_of

HAND = ByHand(CANONICAL)
ORDER = {"order_id": " o1 ", "customer_id": " ana ", "ordered_at": "2017-10-02 10:56:33"}
LINE = {"order_id": "o1", "line": "1", "product_id": "p", "unit_price": "12.50"}
MINIMAL = {
    "orders": ORDER,
    "order_items": LINE,
    "payments": {"order_id": "o1", "sequence": "1", "amount": "12.50"},
    "refunds": {"refund_id": "f1", "order_id": "o1", "refunded_at": "2017-10-20", "amount": "2.50"},
    "reviews": {"review_id": "r1", "order_id": "o1", "score": "4.5"},
    "products": {"product_id": "p"},
    "sellers": {"seller_id": "s"},
    "places": {"zip": "01037", "lat": "-23.5", "lng": "-46.6"},
}


def test_a_file_has_its_contracts_columns_and_no_others() -> None:
    assert {file.contract.name for file in FILES} == set(catalog.silver()) - {"order_index"}
    for file in FILES:
        assert set(file.delivered.columns) - set(file.more) == set(file.contract.columns) - (set(COMPUTED) - set(file.required))
        assert set(file.required) | set(file.defaults) >= {
            name for name, column in file.contract.columns.items() if not column.nullable and name not in COMPUTED
        }


@pytest.mark.parametrize("table", MINIMAL)
def test_a_row_of_the_required_columns_alone_is_good(table: str) -> None:
    file = next(file for file in FILES if file.contract.name == table)
    assert set(MINIMAL[table]) == set(file.required)
    row = HAND.one(table, MINIMAL[table])
    empty = {name for name, value in row.items() if value is None}
    assert empty == {name for name, column in file.contract.columns.items() if column.nullable and not MINIMAL[table].get(name)}


def test_an_order_has_the_values_of_its_file() -> None:
    order = HAND.one("orders", {**ORDER, "status": "Delivered", "delivered_at": "2017-10-09", "channel": "app", "city": "Natal "})
    assert order == {
        "order_id": "o1",
        "customer_id": "ana",
        "ordered_at": datetime(2017, 10, 2, 10, 56, 33),
        "month": datetime(2017, 10, 1).date(),
        "approved_at": None,
        "shipped_at": None,
        "delivered_at": datetime(2017, 10, 9),
        "promised_at": None,
        "status": "delivered",
        "source_status": "Delivered",
        "is_valid": True,
        "is_timeline_sound": True,
        "city": "Natal",
        "state": None,
        "region": None,
        "country": None,
        "zip": None,
        "channel": "app",
        "shipping_method": None,
        "coupon_code": None,
        "currency": None,
        "source_sequence": 1,
        "source_record": 1,
    }


@pytest.mark.parametrize(
    ("said", "valid", "returned", "status", "is_valid"),
    [
        ("DELIVERED", None, None, "delivered", True),
        (" In Transit ", None, None, "in_transit", True),
        ("in-transit", "", "", "in_transit", True),
        ("Cancelled", None, None, "canceled", False),
        ("canceled", "yes", "yes", "canceled", False),
        ("unavailable", "1", None, "unavailable", False),
        ("delivered", "No", None, "delivered", False),
        ("delivered", "0", "true", "returned", False),
        ("delivered", None, "Yes", "returned", True),
        (None, None, "1", "returned", True),
        ("delivered", None, "no", "delivered", True),
        ("lost at sea", None, None, "unknown", True),
        (None, None, None, "unknown", True),
    ],
)
def test_the_status_is_derived_from_the_delivered_status_and_the_flags(
    said: str | None, valid: str | None, returned: str | None, status: str, is_valid: bool
) -> None:
    order = HAND.one("orders", {**ORDER, "status": said, "is_valid": valid, "is_returned": returned})
    assert (order["status"], order["is_valid"]) == (status, is_valid)


@pytest.mark.parametrize(
    ("table", "change", "rule", "value"),
    [
        ("orders", {"is_returned": "perhaps"}, "status_not_one_of", "is_returned perhaps"),
        ("orders", {"is_valid": "perhaps"}, "is_valid_unreadable", "perhaps"),
        ("orders", {"delivered_at": "soon"}, "delivered_at_unreadable", "soon"),
        ("order_items", {"unit_price": "twelve"}, "unit_price_unreadable", "twelve"),
        ("order_items", {"unit_price": "-1"}, "unit_price_out_of_range", "-1"),
        ("order_items", {"quantity": "0"}, "quantity_out_of_range", "0"),
        ("order_items", {"quantity": "1.5"}, "quantity_unreadable", "1.5"),
        ("order_items", {"discount": "12.51"}, "discount_within_gross", "12.51, 12.50"),
        ("order_items", {"unit_price": "1000000", "quantity": "1000000"}, "gross_sales_out_of_range", "1000000000000.00"),
        ("order_items", {"is_returned": "perhaps"}, "is_returned_unreadable", "perhaps"),
        ("order_items", {"tax": "-0.01"}, "tax_out_of_range", "-0.01"),
        ("order_items", {"is_discounted": "perhaps"}, "is_discounted_unreadable", "perhaps"),
        ("payments", {"instalments": "few"}, "instalments_unreadable", "few"),
        ("payments", {"status": "declined"}, "status_not_one_of", "declined"),
        ("refunds", {"refunded_at": "soon"}, "refunded_at_unreadable", "soon"),
        ("refunds", {"refunded_at": " "}, "refunded_at_missing", " "),
        ("refunds", {"amount": "-2.50"}, "amount_out_of_range", "-2.50"),
        ("reviews", {"score": "0"}, "score_out_of_range", "0"),
        ("products", {"weight_g": "heavy"}, "weight_g_unreadable", "heavy"),
        ("places", {"lat": "91"}, "lat_out_of_range", "91"),
    ],
)
def test_an_impossible_value_is_refused_and_shown(table: str, change: dict[str, str], rule: str, value: str | None) -> None:
    bad = HAND.silver(table, HAND.delivered(table, {**MINIMAL[table], **change})).bad
    assert bad.select("rule", "value").rows() == [(rule, value)]


def test_stages_out_of_order_make_a_timeline_unsound() -> None:
    assert HAND.one("orders", {**ORDER, "shipped_at": "2017-10-02 10:56:32"})["is_timeline_sound"] is False
    assert HAND.one("orders", {**ORDER, "promised_at": "2016-01-01"})["is_timeline_sound"] is True


def test_an_order_without_a_customer_is_anonymous_and_has_nobodys_address() -> None:
    nobody = HAND.delivered("customers", {"customer_id": " ", "city": "natal", "state": "RN"})
    order = HAND.one("orders", {**ORDER, "customer_id": " "}, customers=nobody)
    assert _of(order, "order_id", "customer_id", "city", "state") == ("o1", None, None, None)


def test_an_order_without_an_address_has_that_of_its_customer() -> None:
    ana = HAND.delivered("customers", {"customer_id": "ana", "city": "natal", "state": "RN", "country": "BR", "zip": "59000"})
    address = ("city", "state", "region", "country", "zip")
    assert _of(HAND.one("orders", ORDER, customers=ana), *address) == ("natal", "RN", None, "BR", "59000")
    assert _of(HAND.one("orders", {**ORDER, "state": "SP"}, customers=ana), *address) == (None, "SP", None, None, None)


@pytest.mark.parametrize(
    ("order", "customer", "address"),
    [
        ({"region": "Norte", "country": "BR"}, {}, (None, None, "Norte", "BR", None)),
        ({"country": "BR"}, {"city": "natal", "state": "RN", "country": "BR"}, ("natal", "RN", None, "BR", None)),
        ({"country": " br "}, {"city": "natal", "region": "Nordeste", "country": "BR"}, ("natal", None, "Nordeste", "br", None)),
        ({"country": "BR"}, {"city": "natal", "zip": "59000"}, ("natal", None, None, "BR", "59000")),
        ({"country": "PT"}, {"city": "natal", "state": "RN", "country": "BR"}, (None, None, None, "PT", None)),
        ({"region": "Norte"}, {"city": "natal", "region": "Nordeste", "country": "BR"}, (None, None, "Norte", None, None)),
        ({"country": "BR", "city": "belem"}, {"city": "natal", "state": "RN"}, ("belem", None, None, "BR", None)),
    ],
    ids=["alone", "same country", "another spelling", "customer without country", "abroad", "another region", "own city"],
)
def test_an_order_keeps_its_region_and_country(
    order: dict[str, str], customer: dict[str, str], address: tuple[str | None, ...]
) -> None:
    """The customer's address completes the order's, unless it is in another region or country."""
    ana = HAND.delivered("customers", {"customer_id": "ana", **customer})
    assert _of(HAND.one("orders", {**ORDER, **order}, customers=ana), "city", "state", "region", "country", "zip") == address


def test_the_amounts_of_an_order_line() -> None:
    line = HAND.one("order_items", {**LINE, "unit_price": "1.33335", "quantity": "3", "discount": "0.5", "unit_cost": "0.7"})
    assert _of(line, "unit_price", "gross_sales", "discount", "unit_cost") == tuple(
        map(Decimal, ("1.3334", "4.00", "0.5", "0.7"))
    )
    assert _of(HAND.one("order_items", {**LINE, "unit_price": "0.005"}), "gross_sales") == (Decimal("0.01"),)


@given(st.decimals(0, 100_000, places=4), st.integers(1, 9_999))
def test_gross_sales_are_price_times_quantity_rounded_half_away_from_zero(price: Decimal, quantity: int) -> None:
    line = HAND.one("order_items", {**LINE, "unit_price": f"{price}", "quantity": f"{quantity}"})
    assert line["gross_sales"] == (price * quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_flags_of_an_order_line() -> None:
    assert _of(HAND.one("order_items", LINE), "is_valid", "is_returned") == (True, None)
    assert _of(HAND.one("order_items", {**LINE, "is_valid": "no", "is_returned": "Yes"}), "is_valid", "is_returned") == (
        False,
        True,
    )


@pytest.mark.parametrize(
    ("discount", "stated", "is_discounted"),
    [
        (None, None, None),
        ("0", None, False),
        ("0.00", " ", False),
        ("0", "Yes", True),
        (None, "yes", True),
        (None, "no", False),
        ("2.50", None, True),
        ("2.50", "no", True),  # the amount decides
    ],
)
def test_a_line_is_discounted_by_its_amount_or_by_what_the_source_states(
    discount: str | None, stated: str | None, is_discounted: bool | None
) -> None:
    line = HAND.one("order_items", {**LINE, "discount": discount, "is_discounted": stated})
    assert _of(line, "is_discounted", "discount") == (is_discounted, Decimal(discount or 0))


@pytest.mark.parametrize(
    ("stated", "status"), [(None, "unknown"), (" ", "unknown"), (" PAID ", "paid"), ("Pending", "pending"), ("failed", "failed")]
)
def test_the_status_of_a_payment_that_is_not_stated_is_unknown(stated: str | None, status: str) -> None:
    assert HAND.one("payments", {**MINIMAL["payments"], "status": stated})["status"] == status


def test_a_refund_has_a_date_except_in_a_shop_without_dates() -> None:
    undated = CANONICAL.undated
    assert undated is not None
    row = {**MINIMAL["refunds"], "refunded_at": None}
    assert HAND.silver("refunds", HAND.delivered("refunds", row)).bad["rule"].to_list() == ["refunded_at_missing"]
    assert ByHand(undated).one("refunds", row)["refunded_at"] is None
    assert ByHand(undated).one("refunds", MINIMAL["refunds"])["refunded_at"] == datetime(2017, 10, 20)


@pytest.mark.parametrize("connector", [CANONICAL, CANONICAL.undated], ids=["dated", "undated"])
def test_an_order_in_another_currency_than_the_shops_is_refused(connector: Connector) -> None:
    assert connector.of_shop is not None
    stated = ByHand(connector.of_shop(connector, ShopSettings(currency_code="EUR")))
    rows = stated.delivered("orders", *({**ORDER, "currency": code} for code in ("EUR", " eur", "USD", "")))
    judged = stated.silver("orders", rows)
    assert judged.bad.select("source_record", "rule", "value").rows() == [(3, "currency_not_one_of", "USD")]
    assert judged.good["currency"].to_list() == ["EUR", "EUR", None]
    unstated = ByHand(connector.of_shop(connector, ShopSettings()))
    assert unstated.silver("orders", rows).bad.is_empty()


def test_flags_are_case_insensitive_and_empty_fields_are_null() -> None:
    assert HAND.one("payments", {**MINIMAL["payments"], "method": " Card "})["method"] == "card"
    assert HAND.one("payments", {**MINIMAL["payments"], "method": " ", "instalments": " "})["instalments"] is None
    assert HAND.one("reviews", {**MINIMAL["reviews"], "comment": " so\r\nso "})["comment"] == "so\nso"
    assert _of(HAND.one("products", {"product_id": "p", "category": " ", "weight_g": "0.0"}), "category", "weight_g") == (
        "unknown",
        None,
    )


def merge(*rows: dict[str, Any]) -> Merged:
    merged = merge_customers(HAND.delivered("customers", *rows).lazy(), pl.LazyFrame())
    assert accounted(merged) == len(rows)
    return merged


def person(customer_id: str | None, gender: str | None = None, sequence: int = 1, **more: str) -> dict[str, Any]:
    return {"customer_id": customer_id, "gender": gender, "source_sequence": sequence, **more}


@pytest.mark.parametrize(
    ("genders", "expected"),
    [
        (["Female"], "female"),
        ([" F ", "female", None], "female"),
        (["m", "Male"], "male"),
        (["female", "male"], "unknown"),
        (["female", "unknown"], "female"),
        (["Unknown", ""], "unknown"),
        ([None, " "], None),
        (["non-binary"], "non-binary"),
    ],
)
def test_a_customer_has_the_gender_that_all_their_rows_agree_on(genders: list[str | None], expected: str | None) -> None:
    merged = merge(*(person("ana", gender) for gender in genders))
    assert merged.rows.select("customer_id", "gender").rows() == [("ana", expected)]


def test_a_later_delivery_is_a_correction_and_not_a_conflict() -> None:
    merged = merge(
        person("ana", "female", city="natal"),
        person(" ana ", "male", sequence=2, city="recife", age="30"),
        person("ana", "male", sequence=2, city="olinda", is_subscriber="yes"),
        person("bob", "male"),
    )
    kept = merged.rows.select("customer_id", "gender", "city", "age", "is_subscriber", "source_sequence", "source_record").rows()
    assert kept == [("ana", "male", "olinda", None, True, 2, 3), ("bob", "male", None, None, None, 1, 4)]
    assert fates_of(merged) == {(1, "superseded", 1), (2, "collapsed", 1)}


def test_an_invalid_row_does_not_replace_a_valid_one() -> None:
    merged = merge(
        person("ana", "female", age="30"),
        person("ana", "male", sequence=2, age="old"),
        person(" ", sequence=2),
        person("bob", sequence=2, registered_at="2017-01-01 10:00:00", prior_purchases="3", purchase_frequency_days="30"),
    )
    assert merged.rows.select("customer_id", "gender", "age").rows() == [("ana", "female", 30), ("bob", None, None)]
    assert merged.refused.select("source", "source_record", "rule", "column", "value").rows() == [
        ("customers", 2, "age_unreadable", "age", "old"),
        ("customers", 3, "customer_id_missing", "customer_id", " "),
    ]
    bob = merged.rows.row(1, named=True)
    assert _of(bob, "registered_at", "prior_purchases", "purchase_frequency_days") == (datetime(2017, 1, 1, 10), 3, 30)


def _of(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
