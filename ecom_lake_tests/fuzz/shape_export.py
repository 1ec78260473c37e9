"""The clean export of a synthetic shop in one of the mapped shapes: its files, and their rows as texts.

Not here: the mutations (shape_delivery.py).
"""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake_tests.fuzz.export import Grid

FIRST, LAST = "2017-01", "2017-02"
NAMES = tuple(SHAPES)


@dataclass(frozen=True)
class ExportFile:
    """One file of one month of the export."""

    path: str
    content: bytes

    @property
    def grid(self) -> Grid:
        encoding = "utf-8-sig" if self._is_utf8 else "cp1252"
        text = self.content.decode(encoding)
        separator = ";" if ";" in text.partition("\n")[0] else ","
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return Grid(self.path.rpartition("/")[2], tuple(header), tuple(map(tuple, rows)))

    @property
    def _is_utf8(self) -> bool:
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True


@cache
def clean_files(shape: str) -> tuple[ExportFile, ...]:
    """In the order of their delivery."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export"
        generate_shape(export, SynthOptions(orders=100, seed=1, shape=shape, by_month=True, first_month=FIRST, last_month=LAST))
        paths = sorted(export.rglob("*.csv"))
        return tuple(ExportFile(path.relative_to(export).as_posix(), path.read_bytes()) for path in paths)
