"""Rows that are broken on purpose: each kind with its file, how it is spoiled, and what must become of it.

A broken row is always one more, never a good row spoiled; so what is true of the good rows does not depend on the broken ones.
It is made from a good row of its file, and stands right after it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.randomness import ids, stream
from ecom_lake.synth.seasons import Month
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
    spoil: Callable[[Table, Row, Fresh], str]
    """From a good row to the text of the broken record."""


@dataclass(frozen=True)
class _Planned:
    kind: Kind
    number: int
    """Among the rows of its kind."""
    month: int
    """Index of the month from which on it is written."""
    where: float
    """How far down the slice, as a share."""


def _changed(**fields: str | tuple[str]) -> Callable[[Table, Row, Fresh], str]:
    """A well-formed record with other values; a value in a tuple names the purpose of a fresh id."""

    def spoil(table: Table, row: Row, fresh: Fresh) -> str:
        return record(table, {**row, **{n: fresh(v[0]) if isinstance(v, tuple) else v for n, v in fields.items()}})

    return spoil


def _order(purpose: str, **fields: str) -> Callable[[Table, Row, Fresh], str]:
    """An order of its own, of a customer who is not in the customers file."""
    return _changed(order_id=(purpose,), customer_id=(f"customer of {purpose}",), **fields)


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

KINDS = (
    Kind("short_record", CUSTOMERS, "rejected", _FIELDS, _short),
    Kind("short_record", ORDERS, "rejected", _FIELDS, _short),
    Kind(
        "unreadable_date",
        ORDERS,
        "quarantined",
        "The order date is no date.",
        _order(_REFUSED, order_purchase_timestamp="2017-13-45 25:61:00"),
    ),
    Kind(
        "date_outside_months",
        ORDERS,
        "quarantined",
        "Ordered long before the shop's first month.",
        _order("early order", order_purchase_timestamp="1901-01-15 12:00:00"),
    ),
    Kind(
        "unknown_status",
        ORDERS,
        "quarantined",
        "No status of the shop's list.",
        _order("order of no status", order_status="teleported"),
    ),
    Kind(
        "missing_key", ORDERS, "quarantined", "An order without an id.", _changed(order_id="", customer_id=("keyless customer",))
    ),
    Kind("repeated_row", ORDERS, "superseded", _TWICE, _same),
    Kind("long_record", ORDER_ITEMS, "rejected", _FIELDS, _long),
    Kind(
        "unreadable_price",
        ORDER_ITEMS,
        "quarantined",
        "The price has a letter in it.",
        _changed(order_item_id="21", price="12.9O"),
    ),
    Kind("negative_price", ORDER_ITEMS, "quarantined", "A price below zero.", _changed(order_item_id="22", price="-19.90")),
    Kind("missing_key", ORDER_ITEMS, "quarantined", "A line without a number.", _changed(order_item_id="")),
    Kind("child_without_order", ORDER_ITEMS, "pending", _NO_ORDER, _changed(order_id=("absent order",))),
    Kind("child_of_refused_order", ORDER_ITEMS, "quarantined", _ORDER_REFUSED, _changed(order_id=(_REFUSED,))),
    Kind("repeated_row", ORDER_ITEMS, "superseded", _TWICE, _same),
    Kind("stray_quote", PAYMENTS, "rejected", "Text after a closing quote.", _stray_quote),
    Kind(
        "negative_amount",
        PAYMENTS,
        "quarantined",
        "A payment below zero.",
        _changed(payment_sequential="29", payment_value="-5.00"),
    ),
    Kind("child_without_order", PAYMENTS, "pending", _NO_ORDER, _changed(order_id=("absent order",))),
    Kind("child_of_refused_order", PAYMENTS, "quarantined", _ORDER_REFUSED, _changed(order_id=(_REFUSED,))),
    Kind("repeated_row", PAYMENTS, "superseded", _TWICE, _same),
    Kind(
        "score_out_of_range",
        REVIEWS,
        "quarantined",
        "A score of 9 where 5 is the most.",
        _changed(review_id=("nine",), review_score="9"),
    ),
    Kind("child_without_order", REVIEWS, "pending", _NO_ORDER, _changed(review_id=("orphan",), order_id=("absent order",))),
    Kind("repeated_row", REVIEWS, "superseded", _TWICE, _same),
    Kind("missing_key", PRODUCTS, "quarantined", "A product without an id.", _changed(product_id="")),
    Kind("repeated_row", PRODUCTS, "superseded", _TWICE, _same),
    Kind("repeated_row", SELLERS, "superseded", _TWICE, _same),
)
"""Every kind but one, spread over the shop's months; rows of products and sellers are spoiled in the first."""

UNCLOSED = Kind(
    "unclosed_quote",
    REVIEWS,
    "rejected",
    "The last record of the last reviews file opens a quote that nothing closes; no other record is lost by it.",
    _never_closed,
)
"""One at most: what comes after an unclosed quote belongs to it, so that only the end of a file is a fair place."""


class Breakage:
    def __init__(self, options: SynthOptions, months: tuple[Month, ...]) -> None:
        self._seed = options.seed
        self._planned: defaultdict[str, list[_Planned]] = defaultdict(list)
        self._done: Counter[Kind] = Counter()
        self._wants_unclosed = options.broken > 0
        self._last_review: Row | None = None
        weight = np.array([month.orders for month in months], dtype=float)
        for kind in KINDS:
            rng = stream(options.seed, f"broken {kind.table.file} {kind.name}")
            when = rng.choice(len(months), size=options.broken, p=weight / weight.sum())
            if kind.table in (PRODUCTS, SELLERS):
                when[:] = 0
            where = rng.random(options.broken)
            for number, (month, share) in enumerate(zip(when, where, strict=True)):
                self._planned[kind.table.file].append(_Planned(kind, number, int(month), float(share)))

    def weave_in(self, table: Table, month: Month, rows: pl.DataFrame, texts: pl.Series) -> pl.Series:
        """The records with the broken ones of this month among them."""
        if not len(rows):
            return texts
        if table is REVIEWS:
            self._last_review = rows.row(-1, named=True)
        planned = self._planned[table.file]
        now = [one for one in planned if one.month <= month.index]
        self._planned[table.file] = [one for one in planned if one.month > month.index]
        self._done.update(one.kind for one in now)
        positions = [int(one.where * len(rows)) for one in now]
        spoiled = [
            one.kind.spoil(table, rows.row(position, named=True), self._fresh(one.number))
            for one, position in zip(now, positions, strict=True)
        ]
        return with_inserted(texts, list(zip(positions, spoiled, strict=True))) if now else texts

    def leave_a_quote_open(self, delivery: Delivery) -> int:
        """The last thing written to the last reviews file; says how many records that was."""
        if not self._wants_unclosed or self._last_review is None:
            return 0
        delivery.write(REVIEWS, pl.Series([UNCLOSED.spoil(REVIEWS, self._last_review, self._fresh(0))]))
        self._done[UNCLOSED] += 1
        return 1

    def truths(self) -> tuple[Broken, ...]:
        done = ((kind, self._done[kind]) for kind in (*KINDS, UNCLOSED))
        return tuple(Broken(kind.table.file, kind.name, count, kind.fate, kind.why) for kind, count in done if count)

    def _fresh(self, number: int) -> Fresh:
        return lambda purpose: str(ids(self._seed, f"broken: {purpose}", np.array([number]))[0])
