"""The truths of an export of another shop system: the totals that its map must find, counted from what the export holds."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ecom_lake.synth.shapes.sold import Sold
from ecom_lake.synth.truths import decimal

_COUNTS = ("orders", "valid_orders", "anonymous_orders", "lines", "units", "refunds")
_MONEY = ("gross_sales", "discounts", "net_sales", "freight", "tax", "payments", "pending", "failed", "refunded")


@dataclass(frozen=True)
class ShapeTotals:
    """Of valid orders and lines, except `orders` and `anonymous_orders`, which count orders of any status.

    In a month, refunds are those given back in it, whenever the order was placed.
    """

    orders: int
    valid_orders: int
    anonymous_orders: int
    """Orders without a customer."""
    lines: int
    units: int
    gross_sales: str
    discounts: str
    net_sales: str
    freight: str
    tax: str
    payments: str
    """Paid, like `pending` and `failed` of valid orders and not."""
    pending: str
    failed: str
    refunds: int
    """Refunded lines; refunded is their amount."""
    refunded: str


@dataclass(frozen=True)
class ShapeTruths:
    options: dict[str, Any]
    totals: ShapeTotals
    months: dict[str, ShapeTotals]
    """By month; empty for a shop without dates."""
    customers: int
    """People with an order in the export, valid or not."""
    statuses: dict[str, int]
    """Orders by the canonical status that the map must find."""
    records: dict[str, int]
    """Records by file name, over all deliveries."""
    planted: dict[str, int]
    """Oddities, by name."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> ShapeTruths:
        content = json.loads(path.read_text(encoding="utf-8"))
        totals = ShapeTotals(**content.pop("totals"))
        months = {month: ShapeTotals(**found) for month, found in content.pop("months").items()}
        return cls(totals=totals, months=months, **content)


class ShapeTally:
    def __init__(self) -> None:
        self._months: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._people: set[int] = set()
        self._statuses: Counter[str] = Counter()

    def add(self, sold: Sold) -> None:
        known = sold.orders.filter(pl.col("customer_id").is_not_null())
        self._people.update(known["person"].to_list())
        self._statuses.update(dict(sold.orders["status"].value_counts().iter_rows()))
        valid = sold.orders.filter("is_valid").select("order")
        lines = sold.lines.filter("is_valid").join(valid, on="order", how="semi")
        paid = dict(sold.payments.group_by("status").agg(pl.sum("amount")).iter_rows())
        net = lines.select((pl.col("gross") - pl.col("discount")).sum()).item()
        self._months[sold.month].update(
            orders=len(sold.orders),
            valid_orders=len(valid),
            anonymous_orders=len(sold.orders) - len(known),
            lines=len(lines),
            units=int(lines["quantity"].sum()),
            gross_sales=int(lines["gross"].sum()),
            discounts=int(lines["discount"].sum()),
            net_sales=net,
            freight=int(lines["freight"].sum()),
            tax=int(lines["tax"].sum()),
            payments=paid.get("paid", 0),
            pending=paid.get("pending", 0),
            failed=paid.get("failed", 0),
        )
        by_month = sold.refunds.group_by(pl.col("refunded_at").dt.strftime("%Y-%m")).agg(pl.len(), pl.sum("amount"))
        for month, refunds, amount in by_month.iter_rows():
            self._months[month].update(refunds=refunds, refunded=amount)

    def truths(self, options: dict[str, Any], records: Counter[str], planted: Counter[str], has_dates: bool) -> ShapeTruths:
        return ShapeTruths(
            options=options,
            totals=_totals(sum(self._months.values(), Counter())),
            months={month: _totals(self._months[month]) for month in sorted(self._months)} if has_dates else {},
            customers=len(self._people),
            statuses=dict(sorted(self._statuses.items())),
            records=dict(records),
            planted=dict(planted),
        )


def _totals(counts: Counter[str]) -> ShapeTotals:
    values: dict[str, Any] = {name: counts[name] for name in _COUNTS} | {name: decimal(counts[name]) for name in _MONEY}
    return ShapeTotals(**values)
