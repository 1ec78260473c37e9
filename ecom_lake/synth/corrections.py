"""Corrections by later deliveries: orders whose first delivery is wrong, and their first version.

Only a shop that delivers by month has corrections. The final state is the same as in a dump; the first version differs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags, Ints
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import DELIVERED, Orders
from ecom_lake.synth.randomness import chance
from ecom_lake.synth.seasons import Month, first_day
from ecom_lake.synth.text import DAY, money, timestamps
from ecom_lake.synth.truths import Correction
from ecom_lake.synth.truths import Corrections as CorrectionTruths
from ecom_lake.synth.write import ORDER_ITEMS, ORDERS, Delivery, Table, records

STATUS, PRICE, MOVED, LATE_ORDER = "status", "price", "order_date", "order_comes_later"
_KINDS = ((STATUS, 0.5), (PRICE, 0.75), (MOVED, 0.9), (LATE_ORDER, 1.0))
"""The kinds with their cumulative shares."""
_LISTED = 1_000


@dataclass(frozen=True)
class _Choice:
    """Flags for the orders of a slice, one for each kind of correction."""

    status: Flags
    price: Flags
    moved: Flags
    later: Flags
    corrected_in: Ints
    """Index of the month whose delivery corrects it."""


class Corrections:
    def __init__(self, options: SynthOptions, months: tuple[Month, ...]) -> None:
        self._options, self._months = options, months
        self._waiting: defaultdict[int, list[tuple[Table, pl.DataFrame]]] = defaultdict(list)
        self._counts: Counter[str] = Counter()
        self._listed: list[Correction] = []
        self.superseded: Counter[str] = Counter()
        """Number of first versions that a later delivery replaces, by file."""

    def first_versions(
        self, month: Month, orders: Orders, lines: Lines, order_rows: pl.DataFrame, line_rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of the first delivery; the corrected rows are kept for a later delivery."""
        if not self._options.by_month or month.index == len(self._months) - 1:
            return order_rows, line_rows
        choice = self._choose(month, orders, lines)
        wrong_lines = choice.price[lines.order] & (lines.line == 1)
        wrong_orders, wrong_items = (
            self._wrong_orders(month, orders, order_rows, choice),
            _wrong_lines(lines, line_rows, wrong_lines),
        )
        self._keep(ORDERS, order_rows, choice.status | choice.moved | choice.later, choice.corrected_in)
        self._keep(ORDER_ITEMS, line_rows, wrong_lines, choice.corrected_in[lines.order])
        self.superseded[ORDERS.file] += int((choice.status | choice.moved).sum())
        self.superseded[ORDER_ITEMS.file] += int(wrong_lines.sum())
        self._note(month, choice, (order_rows, wrong_orders), (line_rows, wrong_items), wrong_lines, lines)
        return wrong_orders.filter(~pl.Series(choice.later)), wrong_items

    def write(self, month: Month, delivery: Delivery) -> Counter[str]:
        """Writes the corrections of this delivery, and returns the number of records by file."""
        written: Counter[str] = Counter()
        for table, rows in self._waiting.pop(month.index, []):
            delivery.write(table, records(table, rows))
            written[table.file] += len(rows)
        return written

    def truths(self) -> CorrectionTruths:
        return CorrectionTruths({kind: self._counts[kind] for kind, _ in _KINDS}, tuple(self._listed))

    def _choose(self, month: Month, orders: Orders, lines: Lines) -> _Choice:
        """Depends on the order number only, so that the rest of the shop is the same with and without corrections."""
        seed = self._options.seed
        chosen = chance(seed, "corrected", orders.number) < self._options.corrections
        kind = np.searchsorted([upto for _, upto in _KINDS], chance(seed, "correction", orders.number), side="right")
        wait = 1 + (chance(seed, "correction comes", orders.number) < 0.3)
        has_lines = np.bincount(lines.order, minlength=len(orders)) > 0
        return _Choice(
            status=chosen & (kind == 0) & (orders.status == DELIVERED),
            price=chosen & (kind == 1) & has_lines,
            moved=chosen & (kind == 2),
            later=chosen & (kind == 3),
            corrected_in=np.minimum(month.index + wait, len(self._months) - 1),
        )

    def _wrong_orders(self, month: Month, orders: Orders, rows: pl.DataFrame, choice: _Choice) -> pl.DataFrame:
        not_yet, moved = pl.lit(pl.Series(choice.status)), pl.lit(pl.Series(choice.moved))
        wrong_date = timestamps(_in_another_month(month, orders.purchased))
        return rows.with_columns(
            pl.when(not_yet).then(pl.lit("shipped")).otherwise("order_status").alias("order_status"),
            pl.when(not_yet).then(pl.lit("")).otherwise("order_delivered_customer_date").alias("order_delivered_customer_date"),
            pl.when(moved).then(wrong_date).otherwise("order_purchase_timestamp").alias("order_purchase_timestamp"),
        )

    def _keep(self, table: Table, rows: pl.DataFrame, which: Flags, corrected_in: Ints) -> None:
        for index in np.unique(corrected_in[which]):
            self._waiting[int(index)].append((table, rows.filter(pl.Series(which & (corrected_in == index)))))

    def _note(
        self,
        month: Month,
        choice: _Choice,
        orders: tuple[pl.DataFrame, pl.DataFrame],
        items: tuple[pl.DataFrame, pl.DataFrame],
        wrong_lines: Flags,
        lines: Lines,
    ) -> None:
        of_lines = choice.corrected_in[lines.order]
        self._list(month, STATUS, "order_status", orders, choice.status, choice.corrected_in)
        self._list(month, PRICE, "price", items, wrong_lines, of_lines)
        self._list(month, MOVED, "order_purchase_timestamp", orders, choice.moved, choice.corrected_in)
        self._list(month, LATE_ORDER, "order_id", orders, choice.later, choice.corrected_in)

    def _list(
        self, month: Month, kind: str, column: str, rows: tuple[pl.DataFrame, pl.DataFrame], which: Flags, corrected_in: Ints
    ) -> None:
        self._counts[kind] += int(which.sum())
        for position in np.flatnonzero(which)[: _LISTED - len(self._listed)]:
            final, first = (frame.row(int(position), named=True) for frame in rows)
            was = "" if kind == LATE_ORDER else first[column]
            corrected_with = self._months[corrected_in[position]].name
            self._listed.append(Correction(final["order_id"], kind, column, was, final[column], month.name, corrected_with))


def _wrong_lines(lines: Lines, rows: pl.DataFrame, wrong: Flags) -> pl.DataFrame:
    """The price plus 10% plus one real."""
    wrong_price = money(lines.price + lines.price // 10 + 100)
    return rows.with_columns(pl.when(pl.Series(wrong)).then(wrong_price).otherwise("price").alias("price"))


def _in_another_month(month: Month, seconds: Ints) -> Ints:
    """The same day and time in the prior month, or in the next one for the first month; at most the 28th."""
    other = first_day(month.number - 1 if month.index else month.number + 1)
    day = np.minimum(seconds // DAY - month.first_day, 27)
    return (other + day) * DAY + seconds % DAY
