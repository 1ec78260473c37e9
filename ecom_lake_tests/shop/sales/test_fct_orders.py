"""Orders, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment, review


def test_lines_payments_and_reviews_do_not_multiply_each_other() -> None:
    shop = HandShop(
        orders=[order("a")],
        order_items=[item("a", "10.00", 1, freight="1.00"), item("a", "20.00", 2, quantity=2, freight="2.00", discount="5.00")],
        payments=[payment("a", "30.00", 1), payment("a", "18.00", 2, instalments=4), payment("a", "0.00", 3)],
        reviews=[review("a", 1, "r1"), review("a", 5, "r2")],
    )
    made = shop.row("fct_orders")
    assert {name: made[name] for name in ("items", "units", "payment_count", "instalments")} == {
        "items": 2,
        "units": 3,  # 1 + 2
        "payment_count": 3,
        "instalments": 4,
    }
    assert {name: str(made[name]) for name in ("gross_sales", "discounts", "net_sales", "freight", "gmv", "payments")} == {
        "gross_sales": "50.00",  # 10 + 2 * 20
        "discounts": "5.00",
        "net_sales": "45.00",
        "freight": "3.00",
        "gmv": "48.00",
        "payments": "48.00",  # 30 + 18 + 0; two lines would make it 96, two reviews 192
    }


def test_orders_are_numbered_by_time_and_id_and_purchases_by_day() -> None:
    def placed(order_id: str, ordered_at: str, **more: str) -> Row:
        return order(order_id, ordered_at, customer_id="ana", **more)

    shop = HandShop(
        orders=[
            placed("3", "2018-01-01 09:00:00"),
            placed("2", "2018-01-01 20:00:00"),
            placed("x", "2018-01-05 10:00:00", status="canceled"),
            placed("5", "2018-01-11 10:00:00"),
            placed("4", "2018-01-11 10:00:00"),
            placed("1", "2018-03-02 00:00:00"),
            order("0", "2018-01-02 10:00:00", customer_id="bob"),
        ]
    )
    columns = ("order_number", "is_first_order", "purchase_number", "opens_purchase", "gap_days")
    assert {row[0]: row[1:] for row in shop.rows("fct_orders", "order_id", *columns)} == {
        "3": (1, True, 1, True, None),
        "2": (2, False, 1, False, None),
        "x": (None, False, None, False, None),
        "4": (3, False, 2, True, 10),  # the id breaks the tie; since 1 January
        "5": (4, False, 2, False, None),
        "1": (5, False, 3, True, 50),  # 20 days of January, 28 of February, 2 of March
        "0": (1, True, 1, True, None),
    }


def test_late_compares_days_of_delivered_orders() -> None:
    promised = "2018-01-20 00:00:00"
    shop = HandShop(
        orders=[
            order("a", "2018-01-10 23:59:00", promised_at=promised, delivered_at="2018-01-20 18:00:00"),
            order("b", "2018-01-10 23:59:00", promised_at=promised, delivered_at="2018-01-21 00:00:01"),
            order("c", "2018-01-10 23:59:00", promised_at=promised, delivered_at="2018-01-11 00:01:00"),
            order("d", promised_at=promised),
            order("e", delivered_at="2018-01-21 00:00:00"),
            order("f", promised_at=promised, delivered_at="2018-01-25 00:00:00", status="shipped"),
        ]
    )
    assert shop.rows("fct_orders", "is_late", "delay_days", "lead_days") == [
        (False, 0, 10),
        (True, 1, 11),
        (False, -9, 1),
        (None, None, None),
        (None, None, 11),
        (None, None, None),
    ]


def test_stages_are_differences_of_dates() -> None:
    shop = HandShop(
        orders=[
            order(
                "a",
                "2018-01-10 23:00:00",
                approved_at="2018-01-11 01:00:00",
                shipped_at="2018-01-14 08:00:00",
                delivered_at="2018-01-13 08:00:00",
            )
        ]
    )
    assert shop.rows("fct_orders", "approval_days", "handling_days", "transit_days", "lead_days") == [(1, 3, -1, 3)]


@pytest.mark.parametrize(
    "reviews",
    [
        [review("a", 1, "r9", created_at="2018-02-09"), review("a", 5, "r1", answered_at="2018-02-01", created_at="2018-01-01")],
        [
            review("a", 1, "r9", answered_at="2018-02-01", created_at="2018-01-01"),
            review("a", 5, "r1", answered_at="2018-02-01", created_at="2018-01-02"),
        ],
        [review("a", 1, "r9", answered_at="2018-02-01"), review("a", 5, "r1", answered_at="2018-02-01", created_at="2018-01-02")],
        [review("a", 1, "r1", answered_at="2018-02-01"), review("a", 5, "r9", answered_at="2018-02-01")],
        [review("a", 1, "r1"), review("a", 5, "r9")],
    ],
    ids=["never answered is not latest", "created later", "created some time", "greater id", "only ids"],
)
def test_the_latest_review_counts(reviews: list[Row]) -> None:
    for given in (reviews, reviews[::-1]):
        made = HandShop(orders=[order("a")], reviews=given).row("fct_orders")
        [latest] = [one["review_id"] for one in reviews if one["score"] == 5]
        assert (made["review_score"], made["review_id"]) == (5, latest)


def test_an_invalid_order_keeps_its_amounts() -> None:
    shop = HandShop(orders=[order("a", status="canceled"), order("b", is_valid=False)], order_items=[item("a"), item("b")])
    assert shop.rows("fct_orders", "is_valid", "net_sales") == [(False, Decimal("10.00"))] * 2
    assert shop.rows("fct_sales", "is_valid") == [(False,)] * 2


def test_refused_lines_do_not_count_and_an_order_with_only_these_is_invalid() -> None:
    shop = HandShop(
        orders=[order("partly", customer_id="ana"), order("wholly", "2018-01-09 10:00:00", customer_id="ana")],
        order_items=[
            item("partly", "10.00", 1),
            item("partly", "90.00", 2, is_valid=False),
            item("wholly", "50.00", 1, is_valid=False),
        ],
    )
    assert shop.rows("fct_orders", "order_id", "is_valid", "items", "net_sales", "order_number") == [
        ("partly", True, 1, Decimal("10.00"), 1),
        ("wholly", False, 1, Decimal("50.00"), None),
    ]


def test_a_valid_order_without_lines_counts() -> None:
    shop = HandShop(orders=[order("a")])
    made = shop.row("fct_orders")
    assert (made["is_valid"], made["items"], made["units"], made["gmv"], made["cogs"]) == (True, 0, 0, Decimal("0.00"), None)


def test_a_missing_payment_is_zero_only_in_a_shop_with_payments() -> None:
    assert HandShop(orders=[order("a")]).rows("fct_orders", "payment_count", "payments") == [(None, None)]
    shop = HandShop(orders=[order("a"), order("b")], payments=[payment("a", "9.00")])
    assert shop.rows("fct_orders", "payment_count", "payments") == [(1, Decimal("9.00")), (0, Decimal("0.00"))]


def test_pending_and_failed_payments_are_no_payments() -> None:
    shop = HandShop(
        orders=[order("paid"), order("tried"), order("waiting"), order("unknown"), order("none")],
        payments=[
            payment("paid", "9.00"),
            payment("tried", "7.00", 1, status="failed", instalments=6),
            payment("tried", "7.00", 2, status="failed"),
            payment("tried", "8.00", 3, instalments=2),
            payment("waiting", "5.00", status="pending"),
            payment("unknown", "4.00", status="unknown"),
        ],
    )
    columns = ("order_id", "payment_count", "payments", "instalments", "pending_payments", "failed_payments")
    assert [tuple(map(str, row)) for row in shop.rows("fct_orders", *columns)] == [
        ("none", "0", "0.00", "None", "None", "None"),
        ("paid", "1", "9.00", "1", "0.00", "0.00"),
        ("tried", "1", "8.00", "2", "0.00", "14.00"),
        ("unknown", "1", "4.00", "1", "None", "None"),
        ("waiting", "0", "0.00", "None", "5.00", "0.00"),
    ]
    assert shop.broken() == set()


def test_tax_and_discounts_are_null_where_no_line_states_them() -> None:
    shop = HandShop(
        orders=[order("a"), order("b"), order("c"), order("d")],
        order_items=[
            item("a", line=1, tax="1.25", is_discounted=False),
            item("a", line=2, tax="0.75", is_discounted=True),
            item("b", line=1, tax="0.50"),
            item("b", line=2, is_discounted=False),
            item("c", discount="1.00"),
        ],
    )
    assert shop.rows("fct_orders", "order_id", "tax", "is_discounted") == [
        ("a", Decimal("2.00"), True),
        ("b", Decimal("0.50"), False),
        ("c", None, True),  # the source states no flag, but an amount
        ("d", None, None),
    ]
    assert shop.rows("fct_orders", "net_sales")[0] == (Decimal("20.00"),)


def test_an_order_has_its_shipping_method_and_coupon() -> None:
    shop = HandShop(orders=[order("a", shipping_method="express", coupon_code="MAY10")])
    assert shop.rows("fct_orders", "shipping_method", "coupon_code") == [("express", "MAY10")]
