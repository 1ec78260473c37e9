"""A synthetic shop that fills every column of silver: costs, discounts, returns, refunds, refused lines, guests, ties, gaps."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import (
    HandShop,
    Row,
    customer,
    event,
    item,
    order,
    payment,
    product,
    refund,
    review,
    seller,
    target,
)

FIRST = datetime(2017, 1, 1, 8)
STATUSES = ["delivered"] * 14 + ["shipped", "in_transit", "returned", "canceled", "unavailable", "processing", "unknown"]


def busy_shop(orders: int = 900, seed: int = 4, anonymous: int = 30) -> HandShop:
    """`anonymous` orders without a customer are added to the others, which do not depend on their number."""
    dice = Random(seed)
    rows: dict[str, list[Row]] = {"orders": [], "order_items": [], "payments": [], "refunds": [], "reviews": []}
    for number in range(orders):
        placed = FIRST + timedelta(days=int(425 * dice.random() ** 0.7), hours=dice.choice([0, 5, 14]))
        _add_order(rows, dice, f"o{dice.randrange(10**6):06}{number}", placed)
    dice = Random(seed + 1)
    for number in range(anonymous):
        placed = FIRST + timedelta(days=dice.randrange(1, 425), hours=dice.choice([0, 5, 14]))
        _add_order(rows, dice, f"anonymous {number}", placed, is_anonymous=True)
    return HandShop(
        ShopSettings(seller_min_orders=20),
        customers=[customer(f"c{n}", age=20 + n % 50, registered_at="2017-02-01 10:00:00") for n in range(0, 300, 2)],
        products=[product(f"p{n}", CATEGORIES[n % 5], unit_cost=f"{1 + n / 7:.4f}" if n % 9 else None) for n in range(32)],
        targets=[
            target(f"2018-0{month}-01", kpi, value)
            for month in (1, 2, 3)
            for kpi, value in (("net_sales", 900.0), ("late_rate", 0.0))
        ],
        events=[event("2018-01-30", "Sale", ends_on="2018-02-01"), event("2018-01-30", "Outage")],
        sellers=[seller(f"s{n}") for n in range(9)],
        **rows,
    )


CATEGORIES = ("toys", "books", "garden", "music", "unknown")


def _add_order(rows: dict[str, list[Row]], dice: Random, order_id: str, placed: datetime, is_anonymous: bool = False) -> None:
    status = dice.choice(STATUSES)
    approved = placed + timedelta(days=dice.randrange(3))
    shipped = approved + timedelta(days=dice.randrange(4))
    arrived = shipped + timedelta(days=dice.randrange(1, 16), hours=2)
    rows["orders"].append(
        order(
            order_id,
            str(placed),
            customer_id=None if is_anonymous else f"c{int(300 * dice.random() ** 2)}",
            status=status,
            approved_at=str(approved),
            shipped_at=str(shipped) if status != "processing" else None,
            delivered_at=str(arrived) if dice.random() < 0.95 else None,
            promised_at=f"{placed + timedelta(days=12):%Y-%m-%d}" if dice.random() < 0.9 else None,
            state=dice.choice(["SP", "SP", "RJ", "MG", None]),
            city=dice.choice(["rio", "natal"]),
            channel=dice.choice(["web", "app"]),
        )
    )
    for line in range(1, dice.choice([0, 1, 1, 1, 2, 2, 3, 4]) + 1):
        rows["order_items"].append(_line(dice, order_id, line))
    for part in range(1, dice.choice([0, 1, 1, 1, 2, 3]) + 1):
        paid = {"method": dice.choice(["card", "voucher", "boleto"]), "instalments": dice.choice([1, 1, 3])}
        paid["status"] = dice.choice(["paid", "paid", "paid", "unknown", "pending", "failed"])
        rows["payments"].append(payment(order_id, f"{dice.randrange(9_999) / 100:.2f}", part, **paid))
        if paid["status"] == "paid" and dice.random() < 0.2:
            returned = placed + timedelta(days=dice.randrange(60))
            rows["refunds"].append(refund(order_id, rows["payments"][-1]["amount"], str(returned), f"{part}"))
    for nth in range(dice.choice([0, 1, 1, 1, 2])):
        created = arrived - timedelta(days=dice.choice([-2, -1, 3]))
        answered = created + timedelta(days=dice.randrange(40), minutes=dice.randrange(999))
        dates = {"created_at": dice.choice([None] + [str(created)] * 9), "answered_at": dice.choice([None] + [str(answered)] * 5)}
        rows["reviews"].append(review(order_id, dice.choice([1, 2, 3, 4, 5, 5, 5]), f"{nth}{order_id}", **dates))


def _line(dice: Random, order_id: str, line: int) -> Row:
    price = f"{100 + dice.randrange(4_000) / 100:.2f}" if dice.random() < 0.1 else f"{5 + dice.randrange(20)}.50"
    return item(
        order_id,
        price,
        line,
        quantity=dice.choice([1, 1, 2, 3]),
        discount=dice.choice(["0.00", "0.00", "1.25"]),
        freight=f"{dice.randrange(900) / 100:.2f}",
        product_id=f"p{int(30 * dice.random() ** 2)}" if dice.random() < 0.98 else "unlisted",
        seller_id=dice.choice([None, *[f"s{n}" for n in range(8)]]),
        is_valid=dice.random() < 0.95,
        is_returned=dice.choice([None, None, None, False, False, True]),
    )
