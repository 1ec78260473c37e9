"""Small random shops with edge cases: nothing sold, no customer, amounts of zero and of the maximum, orders of one second."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, payment, product, review

_PRICES = ("0.00", "0.01", "9.99", "1000000000.00", "33.33")
_STATUSES = ("delivered", "canceled", "returned", "shipped", "unavailable", "unknown")
_PAID = ("paid", "pending", "failed", "unknown")


def random_shop(seed: int) -> HandShop:
    random = Random(seed)
    orders = [_order(random, number) for number in range(random.choice((0, 1, 2, 5, 12)))]
    ids = [row["order_id"] for row in orders]
    return HandShop(
        orders=orders,
        order_items=[line for row in orders for line in _lines(random, row)],
        payments=[payment(order_id, _price(random), status=random.choice(_PAID)) for order_id in ids if random.random() < 0.7],
        reviews=[
            review(order_id, random.choice((1.0, 3.5, 5.0)), review_id=order_id) for order_id in ids if random.random() < 0.5
        ],
        customers=[customer(f"c{number}") for number in range(4)],
        products=[product("p"), product("q", "ßooks")] if random.random() < 0.8 else [],
    )


def _order(random: Random, number: int) -> Row:
    last = random.choice((0, 86_400, 40 * 86_400, 400 * 86_400))
    placed = datetime(2018, 1, 31, 23, 59, 59) + timedelta(seconds=random.randrange(last + 1))
    status = random.choice(_STATUSES)
    return order(
        f"o{number}",
        f"{placed}",
        customer_id=random.choice((None, "c0", "c1", "c2")),
        status=status,
        is_valid=status not in ("canceled", "unavailable") and random.random() < 0.9,
        state=random.choice((None, "SP", "são")),
    )


def _lines(random: Random, placed: Row) -> list[Row]:
    """The lines of an order that is not valid are not valid either."""
    return [
        item(
            placed["order_id"],
            _price(random),
            line,
            random.choice((1, 2, 7)),
            product_id=random.choice("pqr"),
            is_valid=placed["is_valid"] and random.random() < 0.8,
        )
        for line in range(1, random.choice((0, 1, 1, 3)) + 1)
    ]


def _price(random: Random) -> str:
    return random.choice(_PRICES)
