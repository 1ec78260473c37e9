"""A shop with a map that ships with the package, which is built from bronze to the monthly facts after each delivery.

Here: its deliveries, and what each build wrote. Not here: the files of a shape of export (ecom_lake/synth/shapes).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ecom_lake.engine.build.build import steps
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File, Parts
from ecom_lake.engine.store.lake import Lake
from ecom_lake.shop import maps
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake_tests.builders.mapped_shop import MappedShop
from ecom_lake_tests.builders.monthly_facts import MADE
from ecom_lake_tests.fuzz.export import Grid, as_csv
from ecom_lake_tests.fuzz.shape_export import ExportFile

LAYERS = ("mapped", "silver", "quarantine", "pending", "gold")
"""The layers that are made from bronze."""
DAY_FIRST = ("%d/%m/%y", "%d/%m/%Y")
"""Formats of the map `flat_orders`. Of the sheet of one night, nothing decides between these and those with the month first: a
copy of the map lists the latter alone."""
FIRST_MONTH, LAST_MONTH = "2024-01", "2024-04"
Written = Mapping[str, list[str]]
"""The months that a build wrote, by table; without the tables of which it wrote none."""


@dataclass(frozen=True)
class MappedNights:
    shop: MappedShop

    def land(self, night: str, grids: Collection[Grid]) -> None:
        for grid in grids:
            self.shop.land(f"{night}/{grid.table}", as_csv(grid.header, grid.rows))

    @property
    def head(self) -> Entry:
        return self.shop.site.lake.log.head()

    def make(self) -> Written:
        """The months of the tables with months that the build wrote."""
        return months_written(make(self.shop.site))

    def rows(self, entry: Entry, table: TableId) -> dict[str, pl.DataFrame]:
        """The rows of a table by month."""
        lake = self.shop.site.lake
        return {part.month: pl.read_parquet(lake.local(file), glob=False) for part, file in entry.parts(table).items()}

    def copy(self, folder: Path) -> MappedNights:
        shutil.copytree(self.shop.folder, folder)
        return MappedNights(MappedShop(folder, environment=self.shop.environment))

    def from_scratch(self, folder: Path) -> MappedNights:
        """A copy of the lake in which everything is made from bronze alone."""
        copy = self.copy(folder)
        log = Lake(str(copy.shop.root), "mine").log
        for table in [table for table in log.head().tables if table.layer in LAYERS]:
            nothing = dict.fromkeys(log.head().parts(table))
            log.commit(partial(Entry.with_parts, table=table, parts=nothing), "", "")
        copy.make()
        return copy

    def state(self) -> dict[str, File]:
        """What the log records of each file, except where and by which run it was written.

        Mapped rows may be in one file together with those of other deliveries: of them, the content counts."""
        return {
            f"{table}/{part}": replace(_in_any_file(file) if table.layer == "mapped" else file, path="", run="")
            for table, parts in self.head.tables.items()
            if table.layer in LAYERS
            for part, file in parts.items()
        }


def _in_any_file(file: File) -> File:
    return replace(file, bytes=0, hash="", first_hash=file.content, failed={})


def make(site: Site) -> list[Outcome]:
    """Runs the steps from bronze to the monthly facts; asserts that no check fails."""
    outcomes: list[Outcome] = []
    for name, step in steps(site):
        if not name.startswith("gold/") or name.removeprefix("gold/") in MADE:
            made = step()
            outcomes += made if isinstance(made, list) else [made]
    assert [check.says for outcome in outcomes for check in outcome.checks if check.blocks] == []
    return outcomes


def months_written(outcomes: list[Outcome]) -> Written:
    written = {outcome.table.name: sorted(part.month for part in outcome.written if part.month) for outcome in outcomes}
    return {table: months for table, months in written.items() if months}


def monthly_parts(entry: Entry) -> dict[TableId, Parts]:
    """The parts of silver's and gold's tables with months."""
    return {
        table: parts
        for table, parts in entry.tables.items()
        if table.layer in ("silver", "gold") and all(part.month for part in parts)
    }


def new_nights(folder: Path, shape: str) -> MappedNights:
    """A shop of January to April 2024 without files."""
    shop = MappedShop(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = (Path(next(iter(maps.__path__))) / f"{shape}.toml").read_text(encoding="utf-8")
    for one in DAY_FIRST if shape == "flat_orders" else ():
        text = text.replace(f', "{one}"', "")
    setting = f'map = "maps/mine.toml"\ntimezone = "{SHOP_ZONE}"\nmax_failed_share = 1.0'
    shop.write(text, setting, first=FIRST_MONTH, last=LAST_MONTH)
    return MappedNights(shop)


@cache
def daily_export(shape: str) -> Mapping[str, list[Grid]]:
    """By day: the files that a synthetic shop of 100 orders in four months delivers in a shape."""
    options = SynthOptions(
        orders=100, seed=3, shape=shape, by_day=True, first_month=FIRST_MONTH, last_month=LAST_MONTH, repeat_share=0.4
    )
    with TemporaryDirectory() as folder:
        generate_shape(Path(folder) / "export", options)
        days = sorted(day for day in (Path(folder) / "export").iterdir() if day.is_dir())
        return {day.name: [ExportFile(file.name, file.read_bytes()).grid for file in sorted(day.iterdir())] for day in days}
