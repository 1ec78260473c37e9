"""The star schema, from silver rows written by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.shop.marts.hand_shop import HandShop, Row, customer, item, monthly, order, payment, product, review, seller


def complete_months(shop: HandShop) -> list[str]:
    months = shop.table("dim_date").filter("is_complete_month")["month_start"].unique().sort()
    return [f"{month:%Y-%m}" for month in months]


def as_of(shop: HandShop) -> date:
    (day,) = shop.table("dim_date").filter("is_as_of")["date"]
    return day


# dim_date


def test_complete_months_are_the_longest_run_with_a_tenth_of_the_median() -> None:
    # Sorted: 1 1 2 20 20 20 20. The median is 20, a tenth of it 2: February is in, November and March are not.
    shop = HandShop(orders=monthly("2017-11", 1, 20, 20, 2, 1, 20, 20))
    assert complete_months(shop) == ["2017-12", "2018-01", "2018-02"]
    assert as_of(shop) == date(2018, 2, 28)


def test_the_median_is_that_of_the_months_with_orders_whatever_their_status() -> None:
    # Of 1, 12 and 12 the median is 12: January is out, and April is the later of two runs of one.
    # Were the empty March counted as 0, the median were 6.5, and January and February a run of two.
    orders = [{**row, "status": "canceled", "is_valid": False} for row in monthly("2018-01", 1, 12, 0, 12)]
    assert complete_months(HandShop(orders=orders)) == ["2018-04"]


def test_between_equally_long_runs_the_latest_wins() -> None:
    shop = HandShop(orders=monthly("2018-01", 20, 20, 1, 20, 20))
    assert complete_months(shop) == ["2018-04", "2018-05"]


@pytest.mark.parametrize(
    ("first", "last", "complete"),
    [
        ("2018-01-04", "2018-03-28", ["2018-01", "2018-02", "2018-03"]),
        ("2018-01-05", "2018-03-28", ["2018-02", "2018-03"]),
        ("2018-01-04", "2018-03-27", ["2018-01", "2018-02"]),
    ],
)
def test_the_datas_own_first_and_last_month_must_reach_their_edges(first: str, last: str, complete: list[str]) -> None:
    shop = HandShop(orders=[order("a", f"{first} 23:59:59"), order("b", "2018-02-14 12:00:00"), order("c", f"{last} 00:00:00")])
    assert complete_months(shop) == complete


def test_the_as_of_date_is_set_or_the_end_of_the_last_complete_month_or_the_last_order() -> None:
    orders = monthly("2018-01", 2, 2)
    assert as_of(HandShop(orders=orders)) == date(2018, 2, 28)
    assert as_of(HandShop(orders=orders, numbers=ShopSettings(as_of=date(2018, 1, 15)))) == date(2018, 1, 15)
    assert as_of(HandShop(orders=[order("a", "2018-01-10 10:00:00")])) == date(2018, 1, 10)


def test_snapshots_are_the_ends_of_complete_months_up_to_the_as_of_date() -> None:
    def snapshots(numbers: ShopSettings) -> list[date]:
        shop = HandShop(orders=monthly("2018-01", 2, 2, 2), numbers=numbers)
        return shop.table("dim_date").filter("is_snapshot_date")["date"].to_list()

    assert snapshots(ShopSettings()) == [date(2018, 1, 31), date(2018, 2, 28), date(2018, 3, 31)]
    assert snapshots(ShopSettings(as_of=date(2018, 2, 27))) == [date(2018, 1, 31)]
    assert snapshots(ShopSettings(as_of=date(2018, 2, 28))) == [date(2018, 1, 31), date(2018, 2, 28)]


def test_the_calendar_has_whole_years_of_orders_and_of_the_as_of_date() -> None:
    shop = HandShop(orders=[order("a", "2016-05-05 10:00:00")], numbers=ShopSettings(as_of=date(2018, 3, 1)))
    days = shop.table("dim_date")["date"].to_list()
    assert days == [date(2016, 1, 1) + timedelta(i) for i in range(366 + 365 + 365)]


def test_days_are_named_as_the_calendar_has_them_at_year_ends_too() -> None:
    # Python's own calendar is the judge, of 53-week years and of first days that lie in last year's week.
    shop = HandShop(orders=[order("a", "2015-05-05 10:00:00"), order("b", "2021-05-05 10:00:00")])
    columns = ("date", "iso_year", "iso_week", "weekday", "weekday_name", "month_name", "quarter", "is_weekend")
    for day, *told in shop.rows("dim_date", *columns):
        weekend, quarter = day.weekday() >= 5, (day.month + 2) // 3
        assert told == [*day.isocalendar(), f"{day:%A}", f"{day:%B}", quarter, weekend], day


# dim_customer, dim_product, dim_seller


def test_people_whom_only_orders_know_live_where_their_latest_order_went() -> None:
    shop = HandShop(
        customers=[customer("known", city="rio", country="PT"), customer("no address")],
        orders=[
            order("1", "2018-01-01 10:00:00", customer_id="known", city="recife"),
            order("2", "2018-01-01 10:00:00", customer_id="no address", city="natal"),
            order("4", "2018-01-02 10:00:00", customer_id="stranger", city="manaus", country="PE"),
            order("3", "2018-01-02 10:00:00", customer_id="stranger", city="belem"),
        ],
        numbers=ShopSettings(country="BR"),
    )
    assert shop.rows("dim_customer", "customer_id", "has_record", "city", "country") == [
        ("known", True, "rio", "PT"),
        ("no address", True, "natal", "BR"),
        ("stranger", False, "manaus", "PE"),
    ]


def test_people_of_one_age_share_a_group() -> None:
    # Four groups of eight people; a group's number is 4 * (number of younger people) // 8.
    ages = [20, 20, 20, 20, 30, 40, 50, 60, None]  # younger: 0 0 0 0 4 5 6 7, so groups 0 0 0 0 2 2 3 3
    shop = HandShop(customers=[customer(str(i), age=age) for i, age in enumerate(ages)])
    assert [group for (group,) in shop.rows("dim_customer", "age_group")] == [
        *["20-20"] * 4,
        *["30-40"] * 2,
        *["50-60"] * 2,
        None,
    ]


def test_products_and_sellers_that_only_lines_know_are_members_too() -> None:
    shop = HandShop(
        products=[product("p1", "toys", unit_cost="3.5")],
        sellers=[seller("s1", city="rio")],
        orders=[order("a")],
        order_items=[
            item("a", line=1, product_id="p1", seller_id="s1"),
            item("a", line=2, product_id="p2", seller_id="s2"),
            item("a", line=3, product_id="p2", seller_id=None),
        ],
    )
    assert shop.rows("dim_product", "product_id", "has_record", "category") == [("p1", True, "toys"), ("p2", False, "unknown")]
    assert shop.rows("dim_seller", "seller_id", "has_record", "city") == [("s1", True, "rio"), ("s2", False, None)]
    assert shop.rows("fct_sales", "line", "category") == [(1, "toys"), (2, "unknown"), (3, "unknown")]


# fct_sales


def test_a_line_is_costed_by_itself_or_its_product_and_rounded_half_away_from_zero() -> None:
    shop = HandShop(
        products=[product("p1", unit_cost="4.00"), product("p2")],
        orders=[order("a")],
        order_items=[
            item("a", "10.00", 1, quantity=3, product_id="p1", unit_cost="0.335", discount="2.50"),  # 3 * 0.335 = 1.005
            item("a", "10.00", 2, quantity=2, product_id="p1"),
            item("a", "10.00", 3, product_id="p2"),
        ],
    )
    assert shop.rows("fct_sales", "gross_sales", "net_sales", "cogs", "gross_profit") == [
        (Decimal("30.00"), Decimal("27.50"), Decimal("1.01"), Decimal("26.49")),
        (Decimal("20.00"), Decimal("20.00"), Decimal("8.00"), Decimal("12.00")),
        (Decimal("10.00"), Decimal("10.00"), None, None),
    ]
    order_row = shop.row("fct_orders")
    assert (order_row["cogs"], order_row["costed_sales"]) == (Decimal("9.01"), Decimal("47.50"))


def test_a_line_was_returned_if_it_says_so_or_its_order_does() -> None:
    orders = [order("a", status="returned"), order("b")]
    lines = [item("a", line=1), item("a", line=2, is_returned=False), item("b", line=1), item("b", line=2, is_returned=True)]
    shop = HandShop(orders=orders, order_items=lines)
    assert [returned for (returned,) in shop.rows("fct_sales", "is_returned")] == [True, False, False, True]
    assert shop.rows("fct_orders", "is_returned", "returned_units") == [(True, 1), (True, 1)]


def test_a_shop_that_never_names_a_return_does_not_know_of_returns() -> None:
    shop = HandShop(orders=[order("a")], order_items=[item("a")])
    assert shop.rows("fct_sales", "is_returned") == [(None,)]
    assert shop.rows("fct_orders", "is_returned", "returned_units", "returned_sales") == [(None, None, None)]


# fct_orders


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


def test_late_is_a_matter_of_days_and_of_delivered_orders() -> None:
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


def test_an_invalid_order_keeps_its_own_amounts() -> None:
    shop = HandShop(orders=[order("a", status="canceled"), order("b", is_valid=False)], order_items=[item("a"), item("b")])
    assert shop.rows("fct_orders", "is_valid", "net_sales") == [(False, Decimal("10.00"))] * 2
    assert shop.rows("fct_sales", "is_valid") == [(False,)] * 2


def test_refused_lines_do_not_count_and_an_order_of_nothing_else_is_not_valid() -> None:
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


def test_a_valid_order_without_lines_is_an_order() -> None:
    shop = HandShop(orders=[order("a")])
    made = shop.row("fct_orders")
    assert (made["is_valid"], made["items"], made["units"], made["gmv"], made["cogs"]) == (True, 0, 0, Decimal("0.00"), None)


def test_no_payment_is_zero_only_where_the_shop_knows_of_payments() -> None:
    assert HandShop(orders=[order("a")]).rows("fct_orders", "payment_count", "payments") == [(None, None)]
    shop = HandShop(orders=[order("a"), order("b")], payments=[payment("a", "9.00")])
    assert shop.rows("fct_orders", "payment_count", "payments") == [(1, Decimal("9.00")), (0, Decimal("0.00"))]
