"""Generates the shop month by month, in slices that fit in memory, and counts its truths.

Here: the order of generation and the target files. Not here: how each part is generated.
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
from ecom_lake.synth.write import Delivery, Table, atomic_folder, records

SLICE = 100_000
"""Visits per slice. With another value the same seed gives another shop."""

_STATED_IF_SET = ("full", "by_day", "shape")
"""Options that the truths name only where they are set."""

Progress = Callable[[str, float], None]


def generate(folder: Path, options: SynthOptions | None = None, progress: Progress | None = None) -> Truths:
    """Writes the files of the shop to a new folder, all or none, and returns their truths.

    The same options give the same bytes. `progress` is called with the current step and the share that is done.
    """
    from ecom_lake.synth.full import FullShop  # which imports Shop

    chosen = options or SynthOptions()
    with atomic_folder(folder) as draft:
        return (FullShop if chosen.full else Shop)(chosen, draft, progress or _no_progress).make()


def _no_progress(what: str, share: float) -> None:
    pass


class Shop:
    def __init__(self, options: SynthOptions, folder: Path, progress: Progress) -> None:
        self.options, self.folder, self.progress = options, folder, progress
        self.months = plan(options)
        self.places = make_places(options)
        self.catalog = make_catalog(options, self.places)
        self.people = People(options, self.months, self.places)
        self.late_odds = LateOdds(options, self.months)
        self.breakage = Breakage(options, self.months)
        self.corrections = Corrections(options, self.months)
        self.tally = Tally()
        self.records: Counter[str] = Counter()
        self.made = 0
        self.zips = 0

    def make(self) -> Truths:
        for month, delivery in self.deliveries():
            if month is self.months[0]:
                self.write_reference(delivery)
            self.write_catalog(month, delivery)
            visits = self.people.visits(month)
            for part, start in enumerate(range(0, len(visits), SLICE)):
                self.write_slice(month, part, visits[start : start + SLICE], delivery)
                self.progress(f"orders of {month.name}", self.made / self.options.orders)
            self.records += self.corrections.write(month, delivery)
            if month is self.months[-1] and (written := self.breakage.write_unclosed_quote(delivery)):
                self.records[write.REVIEWS.file] += written
        return self.truths()

    def deliveries(self) -> Iterator[tuple[Month, Delivery]]:
        """Each month with its delivery: its own folder, or the one of the dump."""
        with ExitStack() as whole:
            dump = None if self.options.by_month else whole.enter_context(Delivery(self.folder))
            for month in self.months:
                with ExitStack() as monthly:
                    yield month, dump or monthly.enter_context(Delivery(self.folder / month.name))

    def write_reference(self, delivery: Delivery) -> None:
        points = geolocation(self.places, self.options)
        self.zips = points["geolocation_zip_code_prefix"].n_unique()
        for table, rows in ((write.GEOLOCATION, points), (write.TRANSLATION, translation_rows())):
            self.write(table, self.months[0], rows, delivery)

    def write_catalog(self, month: Month, delivery: Delivery) -> None:
        self.write(write.PRODUCTS, month, product_rows(self.catalog, month.index), delivery)
        self.write(write.SELLERS, month, seller_rows(self.catalog, self.places, month.index), delivery)

    def write_slice(self, month: Month, part: int, visits: Visits, delivery: Delivery) -> None:
        rng = self.streams(month, part)
        regular = make_orders(self.options.seed, rng("orders"), month, visits, self.places, self.late_odds, self.made)
        orders = self.breakage.with_oddities(month, regular)
        self.made += len(orders)
        ordered = make_lines(rng("lines"), month, orders, self.catalog, self.places)
        payments = make_payments(rng("payments"), ordered.total(len(orders), ordered.price + ordered.freight))
        reviews = make_reviews(rng("reviews"), orders, self.options)
        lines = ordered[~orders.without_lines[ordered.order]]
        self.people.settle(month, part, visits, outcome_of(visits, orders))
        self.tally.add(month, orders, lines, payments, reviews)
        first_orders, first_lines = self.corrections.first_versions(
            month, orders, lines, order_rows(orders), line_rows(orders, lines, self.catalog)
        )
        for table, rows in (
            (write.CUSTOMERS, customer_rows(orders, self.places)),
            (write.ORDERS, first_orders),
            (write.ORDER_ITEMS, first_lines),
            (write.PAYMENTS, payment_rows(orders, payments)),
            (write.REVIEWS, review_rows(orders, reviews)),
        ):
            self.write(table, month, rows, delivery)

    def streams(self, month: Month, part: int) -> Callable[[str], np.random.Generator]:
        """The random generators of a slice, by purpose."""
        return lambda purpose: stream(self.options.seed, purpose, month.number, part)

    def write(self, table: Table, month: Month, rows: pl.DataFrame, delivery: Delivery) -> None:
        texts = self.breakage.insert_broken(table, month, rows, records(table, rows))
        delivery.write(table, texts)
        self.records[table.file] += len(texts)

    def truths(self) -> Truths:
        broken = self.breakage.truths()

        def count_of(file: str, fate: str) -> int:
            return sum(kind.count for kind in broken if kind.file == file and kind.fate == fate)

        return Truths(
            options={name: value for name, value in asdict(self.options).items() if name not in _STATED_IF_SET or value},
            totals=self.tally.totals(self.people, self.catalog, self.zips),
            months=self.tally.months(),
            statuses=dict(self.tally.statuses),
            payment_differences=self.tally.differences(),
            bundles=self.tally.bundles(self.catalog),
            lateness=self.tally.lateness(self.people, self.options),
            files={
                file: FileTruth(
                    records=records,
                    rejected=count_of(file, "rejected"),
                    quarantined=count_of(file, "quarantined"),
                    pending=count_of(file, "pending"),
                    superseded=count_of(file, "superseded") + self.corrections.superseded[file],
                )
                for file, records in self.records.items()
            },
            broken=broken,
            corrections=self.corrections.truths(),
        )
