"""Reviews of each month, from hand-written silver rows."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake_tests.builders.hand_shop import HandShop, Row, order, review, some

JAN, FEB, MAR = date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)


def test_reviews_have_the_hand_computed_summary() -> None:
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
        "reviews_before_delivery": 1,  # of delivered orders
    }
    assert some(march, "month", "reviews", "avg_score", "nps_proxy", "median_answer_hours") == {
        "month": MAR,
        "reviews": 1,
        "avg_score": 4.0,
        "nps_proxy": 0.0,  # a 4 is passive
        "median_answer_hours": 1.0,
    }


def test_scores_with_decimals_are_rounded_down() -> None:
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


def test_only_the_latest_review_of_an_order_counts_and_a_3_detracts() -> None:
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
        (JAN, 3, 4.0, -50.0),  # the two latest have no promoter and one detractor
        (FEB, 1, 1.0, -100.0),
    ]


def test_a_month_without_a_latest_review_has_no_proxy() -> None:
    shop = HandShop(
        orders=[order("a")],
        reviews=[
            review("a", 5, "old", created_at="2018-01-01", answered_at="2018-01-02"),
            review("a", 1, "new", created_at="2018-02-01", answered_at="2018-02-02"),
        ],
    )
    assert shop.rows("review_summary", "month", "latest_reviews", "nps_proxy") == [(JAN, 0, None), (FEB, 1, -100.0)]
