"""Random shops of a few orders, as unusual as silver allows: every contract passes, and a reference implementation agrees.

The reference below implements METRICS.md in Python, independently of the SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecom_lake.shop.canonical.orders import STATUSES
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, item, order, payment, product, review

START = datetime(2018, 1, 1)
Rows = dict[str, list[Row]]


@st.composite
def shops(draw: st.DrawFn) -> Rows:
    """Up to eight orders of three customers, close enough in time to share days, months and minutes."""
    rows: Rows = {"orders": [], "order_items": [], "payments": [], "reviews": []}
    rows["products"] = [product(name, category) for name, category in CATEGORIES.items() if category != "unknown"]
    for number in range(draw(st.integers(0, 8))):
        order_id = f"o{draw(st.integers(0, 99)):02}{number}"
        placed = START + timedelta(days=draw(st.integers(0, 100)), hours=draw(st.sampled_from([0, 0, 23])))
        days = draw(st.none() | st.integers(0, 30))
        arrived = None if days is None else placed + timedelta(days)
        rows["orders"].append(
            order(
                order_id,
                str(placed),
                customer_id=draw(st.sampled_from(["ana", "bob", "eve"])),
                status=draw(st.sampled_from(STATUSES)),
                city=draw(st.sampled_from(["rio", "natal", "recife"])),
                delivered_at=arrived and str(arrived),
                promised_at=str(placed + timedelta(15)),
            )
        )
        rows["order_items"] += [draw(_lines(order_id, line)) for line in range(1, draw(st.integers(0, 3)) + 1)]
        rows["payments"] += [payment(order_id, draw(_money), part) for part in range(draw(st.integers(0, 2)))]
        for review_id in "ab"[: draw(st.integers(0, 2))]:
            answered = draw(st.none() | st.sampled_from(["2018-03-01 10:00:00", "2018-03-02 10:00:00"]))
            rows["reviews"].append(review(order_id, draw(st.integers(1, 5)), f"{review_id}{order_id}", answered_at=answered))
    return rows


CATEGORIES = {"ball": "toys", "doll": "toys", "book": "books", "unheard of": "unknown"}
_money = st.decimals(0, 50, places=2).map(str)


@st.composite
def _lines(draw: st.DrawFn, order_id: str, line: int) -> Row:
    price, quantity = draw(_money), draw(st.integers(1, 3))
    return item(
        order_id,
        price,
        line=line,
        quantity=quantity,
        discount=draw(st.sampled_from([Decimal(0), Decimal(price)])),
        freight=draw(_money),
        is_valid=draw(st.sampled_from([True, True, True, False])),
        is_returned=draw(st.none() | st.booleans()),
        product_id=draw(st.sampled_from(["ball", "doll", "book", "unheard of"])),
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(shops(), st.none() | st.dates(START.date(), date(2018, 4, 30)))
def test_the_numbers_agree_with_the_reference_implementation(rows: Rows, as_of: date | None) -> None:
    shop = HandShop(ShopSettings(as_of=as_of), **rows)
    assert shop.broken() == set()
    sales = list(_sales(rows))
    numbered = shop.table("fct_orders").filter("is_valid").sort("ordered_at", "order_id")
    assert numbered["order_id"].to_list() == [sale["order_id"] for sale in sales]
    for name in ("net_sales", "gmv", "order_number", "purchase_number", "gap_days", "review_score", "is_late"):
        assert numbered[name].to_list() == [sale[name] for sale in sales], name
    _months_agree(shop, sales)
    _people_agree(shop, sales)
    latest = {row["customer_id"]: row["city"] for row in sorted(rows["orders"], key=_by_time)}
    assert shop.rows("dim_customer", "customer_id", "city") == sorted(latest.items())


def _sales(rows: Rows) -> Iterator[dict[str, Any]]:
    """The valid orders with their numbers, sorted by time and id."""
    seen: dict[str, list[date]] = defaultdict(list)
    for placed in sorted(rows["orders"], key=_by_time):
        lines = _of(placed, rows["order_items"])
        good = [line for line in lines if line["is_valid"]]
        if not placed["is_valid"] or (lines and not good):
            continue
        days = seen[placed["customer_id"]]
        day = datetime.fromisoformat(placed["ordered_at"]).date()
        net = sum((line["gross_sales"] - Decimal(line["discount"]) for line in good), Decimal(0))
        arrived = placed["delivered_at"] if placed["status"] == "delivered" else None
        yield {
            **placed,
            "day": day,
            "lines": good,
            "net_sales": net,
            "gmv": net + sum((Decimal(line["freight"]) for line in good), Decimal(0)),
            "order_number": len(days) + 1,
            "purchase_number": len({*days, day}),
            "gap_days": (day - days[-1]).days or None if days else None,
            "review_score": _latest_score(_of(placed, rows["reviews"])),
            "is_late": arrived[:10] > placed["promised_at"][:10] if arrived else None,
        }
        days.append(day)


def _by_time(placed: Row) -> tuple[str, str]:
    return placed["ordered_at"], placed["order_id"]


def _of(placed: Row, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["order_id"] == placed["order_id"]]


def _latest_score(reviews: list[Row]) -> float | None:
    latest = max(reviews, key=lambda row: (row["answered_at"] or "", row["review_id"]), default=None)
    return None if latest is None else float(latest["score"])


def _months_agree(shop: HandShop, sales: list[dict[str, Any]]) -> None:
    months = shop.table("kpi_monthly")
    for month, orders, customers, new, net in months.select("month", "orders", "customers", "new_customers", "net_sales").rows():
        own = [sale for sale in sales if sale["day"].replace(day=1) == month]
        assert orders == len(own)
        assert customers == len({sale["customer_id"] for sale in own})
        assert new == len([sale for sale in own if sale["order_number"] == 1])
        assert net == sum((sale["net_sales"] for sale in own), Decimal(0))


def _people_agree(shop: HandShop, sales: list[dict[str, Any]]) -> None:
    today = shop.table("dim_date").filter("is_as_of")["date"].to_list()
    until = [sale for sale in sales if today and sale["day"] <= today[0]]
    bounds = _bounds(shop, [sale["gap_days"] for sale in until if sale["gap_days"]])
    expected = []
    for person in sorted({sale["customer_id"] for sale in until}):
        own = [sale for sale in until if sale["customer_id"] == person]
        net = sum((sale["net_sales"] for sale in own), Decimal(0))
        recency = (today[0] - max(sale["day"] for sale in own)).days
        categories = {CATEGORIES[line["product_id"]] for sale in own for line in sale["lines"]} - {"unknown"}
        expected.append(
            (person, len(own), len({sale["day"] for sale in own}), net, len(categories), recency, _activity(recency, bounds))
        )
    columns = ("customer_id", "orders", "purchases", "net_sales", "categories", "recency_days", "activity_status")
    assert shop.rows("customer_metrics", *columns) == expected


def _activity(recency: int, bounds: tuple[float | None, float | None]) -> str | None:
    active, at_risk = bounds
    if active is None or at_risk is None:
        return None
    return "active" if recency <= active else "at risk" if recency <= at_risk else "lapsed"


def _bounds(shop: HandShop, gaps: list[int]) -> tuple[float | None, float | None]:
    """DuckDB's quantiles, so that both sides interpolate between two days in the same way."""
    quantiles = "round(quantile_cont(gap::double, 0.5), 6), round(quantile_cont(gap::double, 0.8), 6)"
    asked = f"select {quantiles} from (select unnest(?::bigint[]) as gap)"
    active, at_risk = shop.con.execute(asked, [gaps]).fetchall()[0]
    return active, at_risk
