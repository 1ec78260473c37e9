"""Generates the export of a shape, month by month, and counts its truths.

Here: the order of generation, and which delivery a record belongs to. Not here: what an export looks like (one module per shape).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import polars as pl

from ecom_lake.synth.catalog import make_catalog
from ecom_lake.synth.goods import Goods
from ecom_lake.synth.lines import make_lines
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import LateOdds, make_orders, outcome_of
from ecom_lake.synth.payments import make_payments
from ecom_lake.synth.people import People, Visits
from ecom_lake.synth.places import make_places
from ecom_lake.synth.profiles import profiles_of
from ecom_lake.synth.randomness import stream
from ecom_lake.synth.sales import make_sales, with_returns
from ecom_lake.synth.seasons import Month, plan
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet
from ecom_lake.synth.shapes.sold import Sold, product_frame, sold_of
from ecom_lake.synth.shapes.truths import ShapeTally, ShapeTruths
from ecom_lake.synth.shop import SLICE, Progress
from ecom_lake.synth.write import atomic_folder

_USED = (
    "orders",
    "seed",
    "first_month",
    "last_month",
    "repeat_share",
    "late_share",
    "late_return_drop",
    "by_month",
    "by_day",
    "shape",
)
"""The options that the export of a shape depends on."""


def generate_shape(folder: Path, options: SynthOptions, progress: Progress = lambda what, share: None) -> ShapeTruths:
    """Writes the files of the export to a new folder, all or none, and returns their truths."""
    with atomic_folder(folder) as draft:
        return ShapeShop(options, draft, progress).make()


class ShapeShop:
    def __init__(self, options: SynthOptions, folder: Path, progress: Progress) -> None:
        self._options, self._progress = options, progress
        self._months = plan(options)
        self._places = make_places(options)
        self._catalog = make_catalog(options, self._places)
        self._goods = Goods(self._catalog)
        self._people = People(options, self._months, self._places)
        self._late_odds = LateOdds(options, self._months)
        self._shape: Shape = SHAPES[options.shape](options)
        self._deliveries = Deliveries(folder, options)
        self._tally = ShapeTally()
        self._made = 0

    def make(self) -> ShapeTruths:
        for month in self._months:
            visits = self._people.visits(month)
            for part, start in enumerate(range(0, len(visits), SLICE)):
                sold = self._sold(month, part, visits[start : start + SLICE])
                kept = self._shape.keep(sold)
                self._tally.add(kept)
                for sheet, rows in self._shape.sheets(kept):
                    self._deliveries.add(sheet, rows)
                self._progress(f"orders of {month.name}", self._made / self._options.orders)
            self._deliveries.write_before(month.first_day + month.days)
        self._deliveries.write_before(None)
        options = {name: value for name, value in asdict(self._options).items() if name in _USED}
        return self._tally.truths(options, self._deliveries.records, self._shape.planted, self._shape.has_dates)

    def _sold(self, month: Month, part: int, visits: Visits) -> Sold:
        """Whether a person orders again depends on the delivery, not on a return."""
        seed = self._options.seed

        def rng(purpose: str) -> np.random.Generator:
            return stream(seed, purpose, month.number, part)

        delivered = make_orders(seed, rng("orders"), month, visits, self._places, self._late_odds, self._made)
        orders = with_returns(seed, delivered)
        self._made += len(orders)
        lines = make_lines(rng("lines"), month, orders, self._catalog, self._places)
        sales = make_sales(seed, orders, lines, self._goods)
        owed = lines.total(len(orders), sales.net + lines.freight)
        payments = make_payments(rng("payments"), owed)
        exported = ~orders.without_lines[lines.order]
        profiles = profiles_of(seed, visits)
        self._people.settle(month, part, visits, outcome_of(visits, delivered))
        sold = sold_of(
            month.name,
            orders,
            lines[exported],
            sales[exported],
            payments,
            profiles[~visits.returning],
            visits.met[~visits.returning],
            self._places,
            self._goods,
        )
        launched = np.flatnonzero(self._catalog.launched == month.index).astype(np.int64)
        products = product_frame(self._goods, launched if part == 0 else launched[:0])
        first_day = pl.lit(month.first_day, pl.Int32).cast(pl.Date).cast(pl.Datetime("ms"))
        return replace(sold, products=products.with_columns(launched_at=first_day))


class Deliveries:
    """Writes records into the folder of their delivery: one dump, a folder per month, or a folder per day."""

    def __init__(self, folder: Path, options: SynthOptions) -> None:
        self._folder = folder
        self._form = "%Y-%m-%d" if options.by_day else "%Y-%m" if options.by_month else ""
        self._waiting: defaultdict[Sheet, list[pl.DataFrame]] = defaultdict(list)
        self.records: Counter[str] = Counter()

    def add(self, sheet: Sheet, rows: pl.DataFrame) -> None:
        if len(rows):
            self._waiting[sheet].append(rows)

    def write_before(self, day: int | None) -> None:
        """Writes the records from before the day; all of them if it is None. They are sorted by time."""
        for sheet, waiting in self._waiting.items():
            if not waiting:
                continue
            rows = pl.concat(waiting).sort(WRITTEN_AT, maintain_order=True)
            is_due = pl.lit(True) if day is None else pl.col(WRITTEN_AT).dt.date() < pl.lit(day, pl.Int32).cast(pl.Date)
            self._waiting[sheet] = [rows.filter(~is_due)]
            self._write(sheet, rows.filter(is_due))

    def _write(self, sheet: Sheet, rows: pl.DataFrame) -> None:
        if not len(rows):
            return
        self.records[sheet.file] += len(rows)
        if not self._form:
            sheet.append(self._folder, rows.drop(WRITTEN_AT))
            return
        keyed = rows.with_columns(delivery=pl.col(WRITTEN_AT).dt.strftime(self._form)).drop(WRITTEN_AT)
        for (name,), of_delivery in keyed.partition_by("delivery", as_dict=True, include_key=False).items():
            folder = self._folder / str(name)
            folder.mkdir(exist_ok=True)
            sheet.append(folder, of_delivery)
