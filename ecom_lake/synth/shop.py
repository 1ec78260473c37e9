"""Makes the shop: month by month, in slices small enough for memory, and counts up what is true of it.

Here: the order in which things are made and where they are written. Not here: how any of them is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from ecom_lake.synth import write
from ecom_lake.synth.breakage import Breakage
from ecom_lake.synth.catalog import make_catalog, product_rows, seller_rows, translation_rows
from ecom_lake.synth.corrections import Corrections
from ecom_lake.synth.lines import line_rows, make_lines
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import LateOdds, customer_rows, make_orders, order_rows, outcome_of
from ecom_lake.synth.payments import make_payments, payment_rows
from ecom_lake.synth.people import People, Visits
from ecom_lake.synth.places import geolocation, make_places
from ecom_lake.synth.randomness import stream
from ecom_lake.synth.reviews import make_reviews, review_rows
from ecom_lake.synth.seasons import Month, plan
from ecom_lake.synth.tally import Tally
from ecom_lake.synth.truths import FileTruth, Truths
from ecom_lake.synth.write import Delivery, Table, records, whole_folder

SLICE = 100_000
"""Visits made at once. Part of what a seed means: with another slice the same seed gives another shop."""

Progress = Callable[[str, float], None]


def generate(folder: Path, options: SynthOptions | None = None, progress: Progress | None = None) -> Truths:
    """Writes the shop's files into a new folder, whole or not at all, and says what is true of them.

    The same options give the same bytes. `progress` hears what was just made, and which share of the whole that was.
    """
    with whole_folder(folder) as draft:
        return _Shop(options or SynthOptions(), draft, progress or _silent).make()


def _silent(what: str, share: float) -> None:
    pass


class _Shop:
    def __init__(self, options: SynthOptions, folder: Path, progress: Progress) -> None:
        self._options, self._folder, self._progress = options, folder, progress
        self._months = plan(options)
        self._places = make_places(options)
        self._catalog = make_catalog(options, self._places)
        self._people = People(options, self._months, self._places)
        self._late_odds = LateOdds(options, self._months)
        self._breakage = Breakage(options, self._months)
        self._corrections = Corrections(options, self._months)
        self._tally = Tally()
        self._records: Counter[str] = Counter()
        self._made = 0
        self._zips = 0

    def make(self) -> Truths:
        for month, delivery in self._deliveries():
            if month is self._months[0]:
                self._write_reference(delivery)
            self._write_catalog(month, delivery)
            visits = self._people.visits(month)
            for part, start in enumerate(range(0, len(visits), SLICE)):
                self._write_slice(month, part, visits[start : start + SLICE], delivery)
                self._progress(f"orders of {month.name}", self._made / self._options.orders)
            self._records += self._corrections.mend(month, delivery)
            if month is self._months[-1]:
                self._records.update({write.REVIEWS.file: self._breakage.leave_a_quote_open(delivery)})
        return self._truths()

    def _deliveries(self) -> Iterator[tuple[Month, Delivery]]:
        """Each month with the folder that it goes to: one of its own, or the one of all."""
        with ExitStack() as whole:
            dump = None if self._options.by_month else whole.enter_context(Delivery(self._folder))
            for month in self._months:
                with ExitStack() as monthly:
                    yield month, dump or monthly.enter_context(Delivery(self._folder / month.name))

    def _write_reference(self, delivery: Delivery) -> None:
        points = geolocation(self._places, self._options)
        self._zips = points["geolocation_zip_code_prefix"].n_unique()
        for table, rows in ((write.GEOLOCATION, points), (write.TRANSLATION, translation_rows())):
            self._write(table, self._months[0], rows, delivery)

    def _write_catalog(self, month: Month, delivery: Delivery) -> None:
        self._write(write.PRODUCTS, month, product_rows(self._catalog, month.index), delivery)
        self._write(write.SELLERS, month, seller_rows(self._catalog, self._places, month.index), delivery)

    def _write_slice(self, month: Month, part: int, visits: Visits, delivery: Delivery) -> None:
        def rng(purpose: str) -> np.random.Generator:
            return stream(self._options.seed, purpose, month.number, part)

        sound = make_orders(self._options.seed, rng("orders"), month, visits, self._places, self._late_odds, self._made)
        orders = self._breakage.with_oddities(month, sound)
        self._made += len(orders)
        ordered = make_lines(rng("lines"), month, orders, self._catalog, self._places)
        payments = make_payments(rng("payments"), ordered.total(len(orders), ordered.price + ordered.freight))
        reviews = make_reviews(rng("reviews"), orders, self._options)
        lines = ordered[~orders.without_lines[ordered.order]]
        self._people.settle(month, part, visits, outcome_of(visits, orders))
        self._tally.add(month, orders, lines, payments, reviews)
        first_orders, first_lines = self._corrections.first_versions(
            month, orders, lines, order_rows(orders), line_rows(orders, lines, self._catalog)
        )
        for table, rows in (
            (write.CUSTOMERS, customer_rows(orders, self._places)),
            (write.ORDERS, first_orders),
            (write.ORDER_ITEMS, first_lines),
            (write.PAYMENTS, payment_rows(orders, payments)),
            (write.REVIEWS, review_rows(orders, reviews)),
        ):
            self._write(table, month, rows, delivery)

    def _write(self, table: Table, month: Month, rows: pl.DataFrame, delivery: Delivery) -> None:
        texts = self._breakage.weave_in(table, month, rows, records(table, rows))
        delivery.write(table, texts)
        self._records[table.file] += len(texts)

    def _truths(self) -> Truths:
        broken = self._breakage.truths()

        def fated(file: str, fate: str) -> int:
            return sum(kind.count for kind in broken if kind.file == file and kind.fate == fate)

        return Truths(
            options=asdict(self._options),
            totals=self._tally.totals(self._people, self._catalog, self._zips),
            months=self._tally.months(),
            statuses=dict(self._tally.statuses),
            payment_differences=self._tally.differences(),
            bundles=self._tally.bundles(self._catalog),
            lateness=self._tally.lateness(self._people, self._options),
            files={
                file: FileTruth(
                    records=records,
                    rejected=fated(file, "rejected"),
                    quarantined=fated(file, "quarantined"),
                    pending=fated(file, "pending"),
                    superseded=fated(file, "superseded") + self._corrections.superseded[file],
                )
                for file, records in self._records.items()
            },
            broken=broken,
            corrections=self._corrections.truths(),
        )
