"""The canonical files of a tiny shop, and the totals of its rows.

Here: from a shape to rows, in plain Python without code of the lake. Not here: building the shop (built.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.tiny_shops.shape import Shape

FIRST_MONTH, LAST_MONTH = "2022-01", "2023-12"
_NOON = datetime(2022, 1, 31, 12)
_GAPS = {"one second": timedelta(0), "one day": timedelta(minutes=7), "one month": timedelta(hours=15)}
_STATUSES = ("delivered", "canceled", "returned", "shipped", "unavailable", "whatever")

Row = Mapping[str, object]


@dataclass(frozen=True)
class Export:
    files: Mapping[str, Sequence[Row]]
    without: Sequence[str]
    first_month: str
    last_month: str

    def land(self, shop: CanonicalShop) -> None:
        shop.say(self.without, self.first_month, self.last_month)
        for name, rows in self.files.items():
            shop.land(f"{name}.csv", _text(rows, _HEADERS.get(name, ())))

    @property
    def totals(self) -> dict[str, float | None]:
        """Metrics of `kpi_summary` computed from the rows; None if the denominator is zero, or all orders are anonymous."""
        lines, placed = self.files.get("order_items", ()), self.files["orders"]
        refused = {row["order_id"] for row in lines if row["is_valid"] == "no"}
        canceled = [row for row in placed if row["status"] in ("canceled", "unavailable")]
        sold = {row["order_id"]: row for row in placed if row not in canceled and row["order_id"] not in refused}
        kept = [row for row in lines if row["order_id"] in sold]
        people = {row["customer_id"] for row in sold.values()} - {""}
        gross = sum((Decimal(str(row["unit_price"])) * int(str(row["quantity"])) for row in kept), Decimal(0))
        discounts = sum((Decimal(str(row["discount"])) for row in kept), Decimal(0))
        scores = [float(str(row["score"])) for row in self.files.get("reviews", ()) if row["order_id"] in sold]
        late = [str(row["delivered_at"]) > str(row["promised_at"]) for row in sold.values() if row["status"] == "delivered"]
        returned = [row["status"] == "returned" for row in sold.values() if row["status"] in ("delivered", "returned")]
        has_rate = {"delivered", "returned"} <= {row["status"] for row in placed} and bool(returned)
        return {
            "orders": len(sold),
            "customers": len(people) if people or not sold else None,
            "anonymous_orders": sum(row["customer_id"] == "" for row in sold.values()),
            "gross_sales": float(gross),
            "discounts": float(discounts),
            "net_sales": float(gross - discounts),
            **self._paid_and_given_back({str(order_id) for order_id in sold}, gross - discounts),
            "aov": float(gross - discounts) / len(sold) if sold else None,
            "cancel_rate": len(canceled) / len(placed) if placed else None,
            "return_rate": sum(returned) / len(returned) if has_rate else None,
            "late_rate": sum(late) / len(late) if late else None,
            "avg_review": sum(scores) / len(scores) if scores else None,
        }

    def _paid_and_given_back(self, sold: Collection[str], net_sales: Decimal) -> dict[str, float | None]:
        """None for what the shop does not know: payments, their statuses or refunds."""
        payments, refunds = self.files.get("payments", ()), self.files.get("refunds", ())
        paid = _sum(row for row in payments if row["order_id"] in sold and row["status"] != "pending")
        pending = _sum(row for row in payments if row["order_id"] in sold and row["status"] == "pending")
        given_back = _sum(row for row in refunds if row["order_id"] in sold)
        return {
            "payments": float(paid) if payments else None,
            "pending_payments": float(pending) if any(row["status"] for row in payments) else None,
            "refunds": float(given_back) if refunds else None,
            "net_sales_after_refunds": float(net_sales - given_back) if refunds else None,
        }


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((Decimal(str(row["amount"])) for row in rows), Decimal(0))


_HEADERS = {
    "refunds": ("refund_id", "order_id", "refunded_at", "amount"),
    "payments": ("order_id", "sequence", "amount"),
    "reviews": ("review_id", "order_id", "score"),
}
"""Of the files that may have no rows."""


def export_of(shape: Shape) -> Export:
    count = int(shape.orders)
    orders = [_order(shape, number) for number in range(count)]
    files: dict[str, Sequence[Row]] = {"orders": orders, **_dimensions(shape, count)}
    without = ["orders.ordered_at"] if shape.dates == "undated" else []
    if shape.products != "no lines":
        files["order_items"] = [line for number in range(count) for line in _lines(shape, number)]
    optional = (
        ("payments", shape.payments, _payment),
        ("refunds", shape.refunds, _refund),
        ("reviews", shape.reviews, _review),
    )
    for name, kind, row in optional:
        if kind == "declared absent":
            without.append(name)
        elif kind != "no file":
            files[name] = [] if kind == "no rows" else [row(shape, number) for number in range(count)]
    last = LAST_MONTH if shape.dates in ("a year apart", "every 15 days") else FIRST_MONTH
    return Export(files, without, FIRST_MONTH, last)


def _order(shape: Shape, number: int) -> Row:
    placed = _placed(shape, number)
    status = _status(shape, number)
    arrived = placed + timedelta(days=3) if status in ("delivered", "returned") else None
    address = {"city": f"City {number % 3}", "state": f"S{number % 2}"} if shape.profiles == "full" else {}
    return {
        "order_id": f"o{number}",
        "customer_id": _customer(shape, number),
        **({} if shape.dates == "undated" else {"ordered_at": placed}),
        "delivered_at": arrived or "",
        "promised_at": placed + timedelta(days=1 if shape.status == "late" else 9) if arrived else "",
        "status": status,
        **address,
    }


def _placed(shape: Shape, number: int) -> datetime:
    if shape.dates == "a year apart":
        return datetime(2022 + number % 2, 12 if number % 2 else 1, 1 + number % 28, 12)
    if shape.dates == "every 15 days":
        return datetime(2022, 1, 1, 12) + timedelta(days=15 * number)
    return (datetime(2022, 1, 1) if shape.dates == "one month" else _NOON) + number * _GAPS.get(shape.dates, timedelta(0))


def _status(shape: Shape, number: int) -> str:
    if shape.status == "mixed":
        return _STATUSES[number % len(_STATUSES)]
    return {"late": "delivered", "on its way": "shipped", "lines invalid": "delivered"}.get(shape.status, shape.status)


def _customer(shape: Shape, number: int) -> str:
    if shape.customers == "one":
        return "c0"
    if shape.customers == "anonymous" or (shape.customers == "one and anonymous" and number > 0):
        return ""
    return f"c{number // 2 if shape.customers == 'each twice' else number}"


def _lines(shape: Shape, number: int) -> list[Row]:
    goods = range(number % 3 + 1) if shape.products == "many" else [0]
    return [_line(shape, number, at, (number + at) % 5 if shape.products == "many" else 0) for at in goods]


def _line(shape: Shape, number: int, at: int, product: int) -> Row:
    most = str(MOST_AT_ONCE)
    price, quantity, discount, freight = {
        "ordinary": (f"{9 + product}.99", "2", "1.50", "4.20"),
        "free": ("0", "1", "0", "0"),
        "maximum": (most, "1", "0", most) if number % 2 else ("1", most, "0", most),
        "discounted to zero": ("20", "1", "20", "0"),
        "one cent": ("0.01", "1", "0", "0.01"),
    }[shape.money]
    return {
        "order_id": f"o{number}",
        "line": at + 1,
        "product_id": f"p{product}",
        "unit_price": price,
        "quantity": quantity,
        "discount": discount,
        "freight": freight,
        "seller_id": {"none": "", "one": "s0", "many": f"s{number % 4}"}[shape.sellers],
        "is_valid": "no" if shape.status == "lines invalid" else "yes",
    }


def _payment(shape: Shape, number: int) -> Row:
    status = shape.payments if number % 2 else ""
    paid = {"order_id": f"o{number}", "sequence": 1, "amount": _paid(shape), "status": status}
    return {**paid, "method": "card", "instalments": 1 + number % 3}


def _paid(shape: Shape) -> str:
    return "0" if shape.money in ("free", "discounted to zero") else str(MOST_AT_ONCE) if shape.money == "maximum" else "12.34"


def _refund(shape: Shape, number: int) -> Row:
    """What was paid is given back, of some orders after the last month of the shop."""
    given = {} if shape.dates == "undated" else {"refunded_at": _placed(shape, number) + timedelta(days=5 * number)}
    return {"refund_id": "whole", "order_id": f"o{number}", "amount": _paid(shape), **given}


def _review(shape: Shape, number: int) -> Row:
    score = 1 if shape.reviews == "worst" else 5
    return {"review_id": f"r{number}", "order_id": f"o{number}", "score": score, "created_at": _NOON + timedelta(days=5)}


def _dimensions(shape: Shape, count: int) -> dict[str, Sequence[Row]]:
    is_full = shape.profiles == "full"
    people = [f"c{number}" for number in range(count)]
    profile = {"age": 30, "gender": "female", "state": "S1", "is_subscriber": "yes", "registered_at": "2021-01-01"}
    goods = {} if shape.products == "no category" or not is_full else {"unit_cost": "1.00", "weight_g": 0, "brand": "Acme"}
    files: dict[str, Sequence[Row]] = {}
    if shape.customers not in ("guests", "anonymous"):
        files["customers"] = [{"customer_id": person, **(profile if is_full else {})} for person in people]
    if shape.products not in ("no lines", "no category"):
        files["products"] = [{"product_id": f"p{at}", "category": f"kind {at % 2}", **goods} for at in range(5)]
    if shape.sellers != "none":
        files["sellers"] = [{"seller_id": f"s{at}", **({"city": "City 1"} if is_full else {})} for at in range(4)]
    return files


def _text(rows: Sequence[Row], header: Sequence[str]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]) if rows else header)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()
