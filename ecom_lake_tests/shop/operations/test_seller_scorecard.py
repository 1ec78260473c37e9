"""Sellers' scores, from hand-written silver rows."""

from __future__ import annotations

from decimal import Decimal

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, review, seller


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


def test_sellers_have_the_hand_computed_scores() -> None:
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


def test_a_score_is_the_mean_of_the_known_percentiles() -> None:
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


def test_a_single_seller_is_not_scored() -> None:
    good = ("delivered", False, 5)
    assert shop_of(sold_by("only", good, good)).rows("seller_scorecard", "late_rate", "score", "rank") == [(0.0, None, None)]


def test_an_order_of_two_sellers_counts_once_for_each() -> None:
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


def test_a_seller_without_a_known_status_is_not_compared_by_cancellations() -> None:
    stated = shop_of(
        sold_by("known", ("delivered", False, 5), ("delivered", False, 5), ("canceled", None, None)),
        sold_by("unknown", ("unknown", None, 1), ("unknown", None, 1)),
        sold_by("other", ("delivered", False, 3), ("delivered", False, 3)),
    )
    names = ("seller_id", "cancel_rate", "cancel_percentile", "score")
    assert stated.rows("seller_scorecard", *names) == [
        ("known", 1 / 3, 0.0, round((1.0 + 1.0 + 0.0) / 3, 6)),
        ("other", 0.0, 1.0, round((1.0 + 0.5 + 1.0) / 3, 6)),
        ("unknown", None, None, 0.0),  # by reviews only, which are the worst
    ]
    assert not stated.broken("seller_scorecard")
