"""Rows that are broken on purpose: each kind with its file, its defect and its expected fate.

A broken row is always an additional row: a changed copy of a good row, written right after it. An oddity is a valid order with
unusual values. Therefore no total depends on the number of broken rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import DELIVERED, SHIPPED, UNKNOWN, Orders
from ecom_lake.synth.randomness import ids, stream
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.text import DAY
from ecom_lake.synth.truths import Broken, Fate
from ecom_lake.synth.write import (
    CUSTOMERS,
    ORDER_ITEMS,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    REVIEWS,
    SELLERS,
    Delivery,
    Table,
    record,
    with_inserted,
)

Row = dict[str, str]
Fresh = Callable[[str], str]
"""Returns an id that no good row has; within one broken row, the same purpose gives the same id."""

_REFUSED = "refused order"


@dataclass(frozen=True)
class Kind:
    name: str
    table: Table
    fate: Fate
    why: str


@dataclass(frozen=True)
class BrokenRow(Kind):
    damage: Callable[[Table, Row, Fresh], str]
    """Returns the text of the broken record for a good row."""


@dataclass(frozen=True)
class _Planned:
    number: int
    """Number among the rows of its kind."""
    month: int
    """Index of the first month in which it may be written."""
    where: float
    """Position in the slice, as a share."""


@dataclass(frozen=True)
class New:
    """A placeholder for a fresh id."""

    purpose: str


def _changed(**fields: str | New) -> Callable[[Table, Row, Fresh], str]:
    """Returns a function that writes a well-formed record with other values."""

    def damage(table: Table, row: Row, fresh: Fresh) -> str:
        values = {name: fresh(value.purpose) if isinstance(value, New) else value for name, value in fields.items()}
        return record(table, {**row, **values})

    return damage


def _order(purpose: str, **fields: str) -> Callable[[Table, Row, Fresh], str]:
    """A new order of a customer who is not in the customers file."""
    return _changed(order_id=New(purpose), customer_id=New(f"customer of {purpose}"), **fields)


def _short(table: Table, row: Row, fresh: Fresh) -> str:
    return record(table, {**row, table.columns[0]: fresh("short record")}).rsplit(",", 2)[0]


def _long(table: Table, row: Row, fresh: Fresh) -> str:
    return record(table, {**row, table.columns[0]: fresh("long record")}) + ",surplus"


def _stray_quote(table: Table, row: Row, fresh: Fresh) -> str:
    return f'"{fresh("stray quote")}"x,' + ",".join(row[name] for name in table.columns[1:])


def _never_closed(table: Table, row: Row, fresh: Fresh) -> str:
    well_formed = record(
        table, {**row, "review_id": fresh("unclosed quote"), "review_comment_title": "", "review_comment_message": "0"}
    )
    return well_formed.replace('"0"', '"0 defeitos')


def _same(table: Table, row: Row, fresh: Fresh) -> str:
    return record(table, row)


_NO_ORDER = "The order was never delivered: the row is pending."
_ORDER_REFUSED = "Its order was refused."
_FIELDS = "The record does not have as many fields as the header."
_TWICE = "The same row twice: the later one counts."

BROKEN_ROWS = (
    BrokenRow("short_record", CUSTOMERS, "rejected", _FIELDS, _short),
    BrokenRow("missing_key", CUSTOMERS, "quarantined", "An alias of a person without its id.", _changed(customer_id="")),
    BrokenRow("short_record", ORDERS, "rejected", _FIELDS, _short),
    BrokenRow(
        "unreadable_date",
        ORDERS,
        "quarantined",
        "The order date is not a date.",
        _order(_REFUSED, order_purchase_timestamp="2017-13-45 25:61:00"),
    ),
    BrokenRow(
        "date_outside_months",
        ORDERS,
        "quarantined",
        "Ordered long before the shop's first month.",
        _order("early order", order_purchase_timestamp="1901-01-15 12:00:00"),
    ),
    BrokenRow(
        "missing_key",
        ORDERS,
        "quarantined",
        "An order without an id.",
        _changed(order_id="", customer_id=New("keyless customer")),
    ),
    BrokenRow("repeated_row", ORDERS, "superseded", _TWICE, _same),
    BrokenRow("long_record", ORDER_ITEMS, "rejected", _FIELDS, _long),
    BrokenRow(
        "unreadable_price",
        ORDER_ITEMS,
        "quarantined",
        "The price has a letter in it.",
        _changed(order_item_id="21", price="12.9O"),
    ),
    BrokenRow("negative_price", ORDER_ITEMS, "quarantined", "A price below zero.", _changed(order_item_id="22", price="-19.90")),
    BrokenRow("missing_key", ORDER_ITEMS, "quarantined", "A line without a number.", _changed(order_item_id="")),
    BrokenRow("child_without_order", ORDER_ITEMS, "pending", _NO_ORDER, _changed(order_id=New("absent order"))),
    BrokenRow("child_of_refused_order", ORDER_ITEMS, "quarantined", _ORDER_REFUSED, _changed(order_id=New(_REFUSED))),
    BrokenRow("repeated_row", ORDER_ITEMS, "superseded", _TWICE, _same),
    BrokenRow("stray_quote", PAYMENTS, "rejected", "Text after a closing quote.", _stray_quote),
    BrokenRow(
        "negative_amount",
        PAYMENTS,
        "quarantined",
        "A payment below zero.",
        _changed(payment_sequential="29", payment_value="-5.00"),
    ),
    BrokenRow("child_without_order", PAYMENTS, "pending", _NO_ORDER, _changed(order_id=New("absent order"))),
    BrokenRow("child_of_refused_order", PAYMENTS, "quarantined", _ORDER_REFUSED, _changed(order_id=New(_REFUSED))),
    BrokenRow("repeated_row", PAYMENTS, "superseded", _TWICE, _same),
    BrokenRow(
        "score_out_of_range",
        REVIEWS,
        "quarantined",
        "A score of 9; the maximum is 5.",
        _changed(review_id=New("nine"), review_score="9"),
    ),
    BrokenRow(
        "child_without_order", REVIEWS, "pending", _NO_ORDER, _changed(review_id=New("orphan"), order_id=New("absent order"))
    ),
    BrokenRow("repeated_row", REVIEWS, "superseded", _TWICE, _same),
    BrokenRow("missing_key", PRODUCTS, "quarantined", "A product without an id.", _changed(product_id="")),
    BrokenRow("repeated_row", PRODUCTS, "superseded", _TWICE, _same),
    BrokenRow("repeated_row", SELLERS, "superseded", _TWICE, _same),
)
"""Spread over all months; those of products and sellers are in the first month."""

UNCLOSED = BrokenRow(
    "unclosed_quote",
    REVIEWS,
    "rejected",
    "The last record of the last reviews file opens a quote that is never closed; no other record is affected.",
    _never_closed,
)
"""At most one, at the end of a file: everything after an unclosed quote belongs to it."""

UNKNOWN_STATUS = Kind(
    "unknown_status",
    ORDERS,
    "published",
    "A status that is not in the list, instead of shipped: kept as unknown, and counted as a sale.",
)
BACKWARD = Kind("backward_timeline", ORDERS, "published", "Shipped before it was ordered: the times are kept.")


class Breakage:
    def __init__(self, options: SynthOptions, months: tuple[Month, ...]) -> None:
        self._options = options
        self._done: Counter[Kind] = Counter()
        self._last_review: Row | None = None
        self._planned = {kind: self._plan(kind, months) for kind in (*BROKEN_ROWS, UNKNOWN_STATUS, BACKWARD)}

    def with_oddities(self, month: Month, orders: Orders) -> Orders:
        strange = self._some(UNKNOWN_STATUS, month, orders.status == SHIPPED)
        backward = self._some(BACKWARD, month, orders.status == DELIVERED)
        return replace(
            orders,
            status=np.where(strange, UNKNOWN, orders.status),
            shipped=np.where(backward, orders.purchased - DAY, orders.shipped),
        )

    def insert_broken(self, table: Table, month: Month, rows: pl.DataFrame, texts: pl.Series) -> pl.Series:
        """The records, with the broken ones of this month inserted."""
        if not len(rows):
            return texts
        if table is REVIEWS:
            self._last_review = rows.row(-1, named=True)
        inserted = []
        for kind in BROKEN_ROWS:
            for plan in self._due(kind, month) if kind.table is table else ():
                position = int(plan.where * len(rows))
                inserted.append((position, kind.damage(table, rows.row(position, named=True), self._fresh(plan.number))))
        return with_inserted(texts, inserted) if inserted else texts

    def write_unclosed_quote(self, delivery: Delivery) -> int:
        """Appends the record to the last reviews file, and returns the number of records written."""
        if not self._options.broken or self._last_review is None:
            return 0
        delivery.write(REVIEWS, pl.Series([UNCLOSED.damage(REVIEWS, self._last_review, self._fresh(0))]))
        self._done[UNCLOSED] += 1
        return 1

    def truths(self) -> tuple[Broken, ...]:
        done = ((kind, self._done[kind]) for kind in (*BROKEN_ROWS, UNCLOSED, UNKNOWN_STATUS, BACKWARD))
        return tuple(Broken(kind.table.file, kind.name, count, kind.fate, kind.why) for kind, count in done if count)

    def _plan(self, kind: Kind, months: tuple[Month, ...]) -> list[_Planned]:
        rng = stream(self._options.seed, f"broken {kind.table.file} {kind.name}")
        weight = np.array([month.orders for month in months])
        when = np.sort(rng.choice(len(months), size=self._options.broken, p=weight / weight.sum()))
        if kind.table in (PRODUCTS, SELLERS):
            when[:] = 0
        where = rng.random(self._options.broken)
        months_and_shares = enumerate(zip(when, where, strict=True))
        return [_Planned(number, int(month), float(share)) for number, (month, share) in months_and_shares]

    def _due(self, kind: Kind, month: Month, most: int | None = None) -> list[_Planned]:
        """Removes and returns the planned rows up to this month, at most `most`."""
        plan = self._planned[kind]
        due = sum(one.month <= month.index for one in plan)
        due = due if most is None else min(due, most)
        taken, self._planned[kind] = plan[:due], plan[due:]
        self._done[kind] += len(taken)
        return taken

    def _some(self, kind: Kind, month: Month, candidates: Flags) -> Flags:
        """Flags for the first candidates, as many as are due."""
        chosen = np.flatnonzero(candidates)
        chosen = chosen[: len(self._due(kind, month, len(chosen)))]
        some = np.zeros(len(candidates), dtype=np.bool_)
        some[chosen] = True
        return some

    def _fresh(self, number: int) -> Fresh:
        return lambda purpose: str(ids(self._options.seed, f"broken: {purpose}", np.array([number]))[0])
