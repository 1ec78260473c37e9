"""The clean export of a small synthetic shop, as rows of texts, from which every mutated delivery is made.

Not here: the mutations (planted.py, wild.py, packed.py).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.builders.olist_files import FILES

FIRST, LAST = "2017-01", "2017-02"
POINTS = 120
"""The number of geolocation rows that are kept."""
TABLES = tuple(delivered.name for delivered in OLIST.delivered)


@dataclass(frozen=True)
class Grid:
    """One table of an export: its header and its rows."""

    table: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> int:
        return self.header.index(name)

    def changed(self, row: Sequence[str], **values: str) -> tuple[str, ...]:
        return tuple(values.get(name, value) for name, value in zip(self.header, row, strict=True))


@cache
def clean_export() -> dict[str, Grid]:
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export"
        generate(export, SynthOptions(orders=100, seed=1, first_month=FIRST, last_month=LAST, broken=0))
        return {table: _read(table, export) for table in TABLES}


def _read(table: str, export: Path) -> Grid:
    with (export / file_name(table)).open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    return Grid(table, tuple(header), tuple(map(tuple, rows[:POINTS])))


def file_name(table: str) -> str:
    return f"{FILES[table].file_names[0]}.csv"


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()
