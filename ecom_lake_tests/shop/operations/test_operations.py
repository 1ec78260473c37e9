"""Delivery, returns, statuses, payments, sellers and reviews, from silver rows written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment, product, review, seller

JAN, FEB, MAR = date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)


def of(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


# delivery_performance


def delivered(order_id: str, state: str | None, approved: int, shipped: int, came: int, **more: Any) -> Row:
    """Placed on the 1st of January at noon, approved, shipped and delivered so many days later; promised for the 11th."""
    dates = {f"{stage}_at": f"2018-01-{1 + days:02} 09:00:00" for stage, days in (("approved", approved), ("shipped", shipped))}
    came_at = {"delivered_at": f"2018-01-{1 + came:02} 23:00:00", "promised_at": "2018-01-11 00:00:00"}
    return order(order_id, "2018-01-01 12:00:00", state=state, **{**dates, **came_at, **more})


def test_stages_of_delivery_by_hand() -> None:
    shop = HandShop(
        orders=[
            delivered("1", "SP", 0, 2, 5),
            delivered("2", "SP", 1, 4, 10),  # on the promised day, though hours after its midnight: not late
            delivered("3", "SP", 2, 3, 15),  # 5 days late
            delivered("no promise", "SP", 1, 1, 2, promised_at=None),
            delivered("no date", "SP", 0, 0, 0, delivered_at=None),
            delivered("canceled", "SP", 9, 9, 9, status="canceled"),
            delivered("under way", "SP", 9, 9, 9, status="shipped"),  # its date of delivery is not believed
            delivered("elsewhere", None, 3, 3, 3),
        ]
    )
    made = shop.table("delivery_performance").to_dicts()
    assert [(row["month"], row["state"]) for row in made] == [(JAN, "SP"), (JAN, "unknown")]
    assert {name: value for name, value in made[0].items() if name not in ("month", "state")} == pytest.approx(
        {
            "delivered_orders": 5,
            "timed_orders": 4,
            "promised_orders": 3,
            "late_orders": 1,
            "late_rate": 1 / 3,
            "avg_lead_days": (5 + 10 + 15 + 2) / 4,
            "p90_lead_days": 13.5,  # of 2 5 10 15: 0.9 * 3 = 2.7: 10 + 0.7 * 5
            "avg_approval_days": (0 + 1 + 2 + 1 + 0) / 5,
            "avg_handling_days": (2 + 3 + 1 + 0 + 0) / 5,
            "avg_transit_days": (3 + 6 + 12 + 1) / 4,
            "avg_delay_days_when_late": 5.0,
        }
    )
    assert of(made[1], "delivered_orders", "late_rate", "avg_delay_days_when_late") == {
        "delivered_orders": 1,
        "late_rate": 0.0,
        "avg_delay_days_when_late": None,
    }


def test_without_dates_of_delivery_there_are_no_rates() -> None:
    made = HandShop(orders=[order("a")]).row("delivery_performance")
    assert made["delivered_orders"] == 1
    rates = ("late_rate", "avg_lead_days", "p90_lead_days", "avg_transit_days", "avg_delay_days_when_late")
    assert of(made, *rates) == dict.fromkeys(rates)


# returns_leakage


@pytest.fixture(scope="module")
def leaking() -> HandShop:
    return HandShop(
        products=[product("ball", "toys"), product("doll", "toys"), product("book", "books")],
        orders=[
            order("kept", state="SP"),
            order("partly", state="SP"),
            order("returned", state="RJ", status="returned"),
            order("unknown", state="RJ", status="unknown"),
            order("on its way", status="shipped"),
            order("canceled", state="SP", status="canceled"),
        ],
        order_items=[
            item("kept", "10.00", product_id="ball", is_returned=False),
            item("partly", "20.00", 1, product_id="ball", discount="1.00", is_returned=True),
            item("partly", "30.00", 2, product_id="doll", is_returned=False),
            item("partly", "5.00", 3, product_id="book", is_returned=False),
            item("returned", "40.00", product_id="book"),
            item("unknown", "50.00", product_id="book"),
            item("on its way", "60.00", product_id="doll", is_returned=False),
            item("canceled", "99.00", product_id="ball", is_returned=True),
        ],
    )


def test_leakage_by_hand(leaking: HandShop) -> None:
    names = ("member", "orders", "delivered_orders", "returned_orders", "return_rate", "returned_sales", "unknown_status_orders")
    rows = leaking.table("returns_leakage")
    made = {dimension: rows.filter(dimension=dimension).select(names).rows() for dimension in ("product", "category", "state")}
    assert made["product"] == [
        ("ball", 2, 1, 1, 1 / 2, Decimal("19.00"), 0),
        ("book", 3, 1, 1, 1 / 2, Decimal("40.00"), 1),
        ("doll", 2, 1, 0, 0.0, Decimal("0.00"), 0),
    ]
    assert made["category"] == [
        ("books", 3, 1, 1, 1 / 2, Decimal("40.00"), 1),
        ("toys", 3, 1, 1, 1 / 2, Decimal("19.00"), 0),  # of the order `partly` a toy came back: it is returned
    ]
    assert made["state"] == [
        ("RJ", 2, 0, 1, 1.0, Decimal("40.00"), 1),
        ("SP", 2, 1, 1, 1 / 2, Decimal("19.00"), 0),
        ("unknown", 1, 0, 0, None, Decimal("0.00"), 0),  # a missing state, and nothing delivered yet
    ]
    assert leaking.row("returns_leakage", dimension="state", member="RJ")["share"] == 40 / 59


# order_status_sales


def test_statuses_by_hand() -> None:
    shop = HandShop(
        orders=[
            order("1", "2018-01-01 10:00:00"),
            order("2", "2018-01-11 10:00:00"),
            order("3", "2018-01-21 10:00:00", status="canceled"),
            order("refused", "2018-01-21 10:00:00"),
            order("later", "2018-02-01 10:00:00", status="shipped"),
        ],
        order_items=[
            item("1", "10.00", discount="2.00"),
            item("2", "20.00"),
            item("3", "30.00"),
            item("refused", "5.00", is_valid=False),
            item("later", "40.00"),
        ],
        numbers=ShopSettings(as_of=date(2018, 1, 31)),
    )
    names = ("status", "orders", "valid_orders", "net_sales", "valid_net_sales", "share", "median_age_days")
    assert shop.rows("order_status_sales", *names) == [
        ("canceled", 1, 0, Decimal("30.00"), Decimal("0.00"), 30 / 103, 10.0),
        ("delivered", 3, 2, Decimal("33.00"), Decimal("28.00"), 33 / 103, 20.0),  # of 30 20 10
        ("shipped", 1, 1, Decimal("40.00"), Decimal("40.00"), 40 / 103, None),  # placed after the as-of date
    ]


# payment_mix


def test_payments_by_hand() -> None:
    shop = HandShop(
        orders=[order("1"), order("2"), order("3", "2018-02-10 10:00:00"), order("4", status="canceled"), order("5")],
        payments=[
            payment("1", "60.00", 1, method="card", instalments=4),
            payment("1", "10.00", 2, method="voucher"),
            payment("1", "5.00", 3, method="voucher"),
            payment("2", "25.00", 1, method="card", instalments=1),
            payment("3", "0.00", 1, method="voucher"),
            payment("4", "99.00", 1, method="card"),
        ],
    )
    names = ("month", "method", "orders", "payment_count", "payments", "share", "avg_installments")
    assert shop.rows("payment_mix", *names) == [
        (JAN, "card", 2, 2, Decimal("85.00"), 0.85, 2.5),
        (JAN, "voucher", 1, 2, Decimal("15.00"), 0.15, 1.0),
        (FEB, "voucher", 1, 1, Decimal("0.00"), None, 1.0),
    ]


# seller_scorecard


def sold_by(name: str, *orders: tuple[str, bool | None, int | None], price: str = "10.00") -> dict[str, list[Row]]:
    """Orders of one seller: status, whether late, and the review's score."""
    rows: dict[str, list[Row]] = {"orders": [], "order_items": [], "reviews": []}
    for number, (status, late, score) in enumerate(orders):
        order_id = f"{name}{number}"
        came = None if late is None else "2018-01-20" if late else "2018-01-15"
        rows["orders"].append(order(order_id, status=status, delivered_at=came, promised_at="2018-01-15"))
        rows["order_items"].append(item(order_id, price, seller_id=name))
        rows["reviews"] += [review(order_id, score, f"r{order_id}")] if score else []
    return rows


def shop_of(*sellers: dict[str, list[Row]], fewest: int = 2) -> HandShop:
    rows = {table: [row for one in sellers for row in one[table]] for table in ("orders", "order_items", "reviews")}
    return HandShop(ShopSettings(seller_min_orders=fewest), **rows)


def test_sellers_by_hand() -> None:
    good, bad = ("delivered", False, 5), ("delivered", True, 1)
    shop = shop_of(
        sold_by("best", good, good),
        sold_by("middling", good, good, bad, bad, ("canceled", None, None)),
        sold_by("worst", bad, bad, ("canceled", None, 1)),
        sold_by("new", good),
    )
    names = ("seller_id", "placed_orders", "orders", "late_rate", "avg_review", "cancel_rate", "score", "rank")
    assert shop.rows("seller_scorecard", *names) == [
        ("best", 2, 2, 0.0, 5.0, 0.0, 1.0, 1),
        ("middling", 5, 4, 0.5, 3.0, 0.2, 0.5, 2),
        ("new", 1, 1, 0.0, 5.0, 0.0, None, None),  # too few orders
        ("worst", 3, 2, 1.0, 1.0, 1 / 3, 0.0, 3),  # the review of the canceled order is not counted
    ]


def test_equal_sellers_have_equal_percentiles_and_rank_by_sales_and_id() -> None:
    good = ("delivered", False, 5)
    shop = shop_of(sold_by("a", good, good), sold_by("b", good, good, good), sold_by("c", good, good), sold_by("d", good, good))
    assert shop.rows("seller_scorecard", "seller_id", "score", "rank") == [
        ("a", 1.0, 2),
        ("b", 1.0, 1),
        ("c", 1.0, 3),
        ("d", 1.0, 4),
    ]


def test_a_score_is_the_mean_of_what_is_known() -> None:
    shop = shop_of(
        sold_by("reviewed", ("delivered", None, 5), ("delivered", None, 5)),
        sold_by("silent", ("delivered", None, None), ("delivered", None, None)),
        sold_by("disliked", ("delivered", None, 1), ("delivered", None, 1)),
    )
    names = ("seller_id", "late_percentile", "review_percentile", "cancel_percentile", "score")
    assert shop.rows("seller_scorecard", *names) == [
        ("disliked", None, 0.0, 1.0, 0.5),
        ("reviewed", None, 1.0, 1.0, 1.0),
        ("silent", None, None, 1.0, 1.0),
    ]


def test_alone_nobody_is_scored() -> None:
    good = ("delivered", False, 5)
    assert shop_of(sold_by("only", good, good)).rows("seller_scorecard", "late_rate", "score", "rank") == [(0.0, None, None)]


def test_an_order_of_two_sellers_counts_with_both_and_once_with_each() -> None:
    shop = HandShop(
        sellers=[seller("idle")],
        orders=[order("1", delivered_at="2018-01-20", promised_at="2018-01-15")],
        order_items=[
            item("1", "10.00", 1, seller_id="a"),
            item("1", "20.00", 2, seller_id="a"),
            item("1", "5.00", 3, seller_id="b"),
            item("1", "7.00", 4),
        ],
        reviews=[review("1", 2)],
    )
    names = ("seller_id", "orders", "net_sales", "late_rate", "avg_review", "cancel_rate")
    assert shop.rows("seller_scorecard", *names) == [
        ("a", 1, Decimal("30.00"), 1.0, 2.0, 0.0),
        ("b", 1, Decimal("5.00"), 1.0, 2.0, 0.0),
        ("idle", 0, Decimal("0.00"), None, None, None),
    ]


# review_summary


def test_reviews_by_hand() -> None:
    def written(order_id: str, score: int, created: str | None, answered: str | None, review_id: str = "r") -> Row:
        return review(order_id, score, review_id, created_at=created, answered_at=answered)

    came = "2018-02-05 12:00:00"
    shop = HandShop(
        orders=[
            order("early", delivered_at=came),
            order("after", delivered_at=came),
            order("never came", delivered_at=came, status="shipped"),
            order("canceled", status="canceled"),
            order("twice"),
        ],
        reviews=[
            written("early", 1, "2018-02-05 11:59:59", "2018-02-06 11:59:59"),  # 24 hours
            written("after", 5, "2018-02-05 12:00:00", "2018-02-07 12:30:00"),  # 48.5 hours
            written("never came", 5, "2018-02-01 00:00:00", None),
            written("canceled", 2, "2018-02-28 23:00:00", "2018-03-01 01:00:00"),  # 2 hours
            written("twice", 3, "2018-02-10 00:00:00", "2018-02-10 01:00:00", "older"),  # 1 hour
            written("twice", 4, "2018-03-10 00:00:00", "2018-03-10 01:00:00", "newer"),
            written("twice", 1, None, "2018-01-10 01:00:00", "undated"),
        ],
    )
    february, march = shop.table("review_summary").to_dicts()
    assert february == {
        "month": FEB,
        "reviews": 5,
        "avg_score": 16 / 5,
        "share_1": 0.2,
        "share_2": 0.2,
        "share_3": 0.2,
        "share_4": 0.0,
        "share_5": 0.4,
        "latest_reviews": 4,
        "nps_proxy": 0.0,  # two 5s; the 1 and the 2; the 3 is not the latest of its order
        "median_answer_hours": 13.0,  # of 1 2 24 48.5
        "reviews_before_delivery": 1,  # of what was delivered
    }
    assert of(march, "month", "reviews", "avg_score", "nps_proxy", "median_answer_hours") == {
        "month": MAR,
        "reviews": 1,
        "avg_score": 4.0,
        "nps_proxy": 0.0,  # a 4 is passive
        "median_answer_hours": 1.0,
    }


def test_scores_with_decimals_fall_into_the_share_below() -> None:
    shop = HandShop(
        orders=[order(name) for name in "abcde"],
        reviews=[
            review(name, score, f"r{name}", created_at="2018-01-01")
            for name, score in zip("abcde", (1.9, 2, 3.5, 4.9, 5), strict=True)
        ],
    )
    made = shop.row("review_summary")
    assert [made[f"share_{score}"] for score in range(1, 6)] == [0.2] * 5
    assert made["nps_proxy"] == pytest.approx(100 * (1 - 2) / 5)  # 3.5 and 4.9 are passive


def test_an_earlier_review_of_an_order_is_not_in_the_proxy_and_a_3_detracts() -> None:
    shop = HandShop(
        orders=[order("a"), order("b"), order("c")],
        reviews=[
            review("a", 5, "old", created_at="2018-01-01", answered_at="2018-01-02"),
            review("a", 1, "new", created_at="2018-02-01", answered_at="2018-02-02"),
            review("b", 4, "only", created_at="2018-01-01", answered_at="2018-01-02"),
            review("c", 3, "lonely", created_at="2018-01-01", answered_at="2018-01-02"),
        ],
    )
    assert shop.rows("review_summary", "month", "reviews", "avg_score", "nps_proxy") == [
        (JAN, 3, 4.0, -50.0),  # of the two latest none promotes and one detracts
        (FEB, 1, 1.0, -100.0),
    ]


def test_a_month_in_which_no_review_is_the_latest_has_no_proxy() -> None:
    shop = HandShop(
        orders=[order("a")],
        reviews=[
            review("a", 5, "old", created_at="2018-01-01", answered_at="2018-01-02"),
            review("a", 1, "new", created_at="2018-02-01", answered_at="2018-02-02"),
        ],
    )
    assert shop.rows("review_summary", "month", "latest_reviews", "nps_proxy") == [(JAN, 0, None), (FEB, 1, -100.0)]
