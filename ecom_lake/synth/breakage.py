"""Rows that are broken on purpose: each kind with its file, how it is spoiled, and what must become of it.

A broken row is always one more, never a good row spoiled: it is made from a good row of its file and stands right after it. An
oddity is a good order that looks odd and counts all the same. So no total depends on how much is broken.
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
"""An id that no good row has, for a purpose; the same purpose gives the same id within one broken row's number."""

_REFUSED = "refused order"


@dataclass(frozen=True)
class Kind:
    name: str
    table: Table
    fate: Fate
    why: str


@dataclass(frozen=True)
class BrokenRow(Kind):
    spoil: Callable[[Table, Row, Fresh], str]
    """From a good row to the text of the broken record."""


@dataclass(frozen=True)
class _Planned:
    number: int
    """Among the rows of its kind."""
    month: int
    """Index of the month from which on it is written."""
    where: float
    """How far down the slice, as a share."""


@dataclass(frozen=True)
class New:
    """Stands for a fresh id."""

    purpose: str


def _changed(**fields: str | New) -> Callable[[Table, Row, Fresh], str]:
    """A well-formed record with other values."""

    def spoil(table: Table, row: Row, fresh: Fresh) -> str:
        values = {name: fresh(value.purpose) if isinstance(value, New) else value for name, value in fields.items()}
        return record(table, {**row, **values})

    return spoil


def _order(purpose: str, **fields: str) -> Callable[[Table, Row, Fresh], str]:
    """An order of its own, of a customer who is not in the customers file."""
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


_NO_ORDER = "The order was never delivered: it waits for it."
_ORDER_REFUSED = "Its order was refused."
_FIELDS = "The record has not as many fields as the header."
_TWICE = "The same row twice: the later one stands."

BROKEN_ROWS = (
    BrokenRow("short_record", CUSTOMERS, "rejected", _FIELDS, _short),
    BrokenRow("missing_key", CUSTOMERS, "quarantined", "An alias of a person without its id.", _changed(customer_id="")),
    BrokenRow("short_record", ORDERS, "rejected", _FIELDS, _short),
    BrokenRow(
        "unreadable_date",
        ORDERS,
        "quarantined",
        "The order date is no date.",
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
        "A score of 9 where 5 is the most.",
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
"""Spread over the shop's months; rows of products and sellers are spoiled in the first."""

UNCLOSED = BrokenRow(
    "unclosed_quote",
    REVIEWS,
    "rejected",
    "The last record of the last reviews file opens a quote that nothing closes; no other record is lost by it.",
    _never_closed,
)
"""One at most: what comes after an unclosed quote belongs to it, so that only the end of a file is a fair place."""

UNKNOWN_STATUS = Kind(
    "unknown_status", ORDERS, "published", "A status of no list, where it was shipped: kept as unknown, and counted as a sale."
)
BACKWARD = Kind(
    "backward_timeline", ORDERS, "published", "The carrier had it before it was ordered: the times are kept, not trusted."
)


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

    def weave_in(self, table: Table, month: Month, rows: pl.DataFrame, texts: pl.Series) -> pl.Series:
        """The records with the broken ones of this month among them."""
        if not len(rows):
            return texts
        if table is REVIEWS:
            self._last_review = rows.row(-1, named=True)
        woven = []
        for kind in BROKEN_ROWS:
            for plan in self._due(kind, month) if kind.table is table else ():
                position = int(plan.where * len(rows))
                woven.append((position, kind.spoil(table, rows.row(position, named=True), self._fresh(plan.number))))
        return with_inserted(texts, woven) if woven else texts

    def leave_a_quote_open(self, delivery: Delivery) -> int:
        """The last thing written to the last reviews file; says how many records that was."""
        if not self._options.broken or self._last_review is None:
            return 0
        delivery.write(REVIEWS, pl.Series([UNCLOSED.spoil(REVIEWS, self._last_review, self._fresh(0))]))
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
        """Takes from the plan what was to be written by this month, but no more than there is room for."""
        plan = self._planned[kind]
        due = sum(one.month <= month.index for one in plan)
        due = due if most is None else min(due, most)
        taken, self._planned[kind] = plan[:due], plan[due:]
        self._done[kind] += len(taken)
        return taken

    def _some(self, kind: Kind, month: Month, candidates: Flags) -> Flags:
        """As many of the candidates as are due: the first ones."""
        chosen = np.flatnonzero(candidates)
        chosen = chosen[: len(self._due(kind, month, len(chosen)))]
        some = np.zeros(len(candidates), dtype=np.bool_)
        some[chosen] = True
        return some

    def _fresh(self, number: int) -> Fresh:
        return lambda purpose: str(ids(self._options.seed, f"broken: {purpose}", np.array([number]))[0])
