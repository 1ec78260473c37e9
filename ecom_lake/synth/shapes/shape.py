"""What a shape is, and how its files are written: separator, encoding, line ends, quotes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import polars as pl

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.sold import Sold

WRITTEN_AT = "written_at"
"""The column of every sheet's rows with the time from which the record is in the export; it is not written."""
SHOP_ZONE = "America/Sao_Paulo"
"""The time zone of the shop: its local times in exports with zoned times."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Sheet:
    """A file of an export. Its columns are those of its rows."""

    file: str
    separator: str = ","
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    newline: str = "\n"
    byte_order_mark: bool = False
    quotes: Literal["necessary", "always"] = "necessary"

    def append(self, folder: Path, rows: pl.DataFrame) -> None:
        path = folder / self.file
        is_new = not path.exists()
        text = rows.write_csv(
            separator=self.separator,
            line_terminator=self.newline,
            quote_style=self.quotes,
            include_header=is_new,
        )
        with path.open("ab") as file:
            if is_new and self.byte_order_mark:
                file.write(_BYTE_ORDER_MARK)
            file.write(text.encode(self.encoding))


@dataclass
class Shape(ABC):
    """One kind of export of a synthetic shop."""

    options: SynthOptions
    planted: Counter[str] = field(default_factory=Counter)
    """Counts of the oddities, filled while the export is written."""

    name: ClassVar[str]
    meaning: ClassVar[str]
    has_dates: ClassVar[bool] = True

    @abstractmethod
    def keep(self, sold: Sold) -> Sold:
        """What of the shop this export can hold; the truths are counted from it."""

    @abstractmethod
    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        """The records of the slice, as text and with `WRITTEN_AT`; the records of an order follow one another."""


def money(cents: pl.Expr, decimal: str = ".") -> pl.Expr:
    """`58.90`, or `-58.90`."""
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, part = (cents.abs() // 100).cast(pl.String), (cents.abs() % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, whole, pl.lit(decimal), part)


def text_of_time(time: pl.Expr, form: str = "%Y-%m-%d %H:%M:%S") -> pl.Expr:
    return time.dt.strftime(form)


def filled(text: pl.Expr) -> pl.Expr:
    """The text; NULL instead of an empty one, which would be written in quotes."""
    return text.replace("", None)


def instant(local: pl.Expr) -> pl.Expr:
    """The instant of a local time in the shop's zone. A time that daylight saving skips is an hour later."""
    named = local.dt.replace_time_zone(SHOP_ZONE, ambiguous="earliest", non_existent="null")
    later = (local + pl.duration(hours=1)).dt.replace_time_zone(SHOP_ZONE, ambiguous="earliest", non_existent="null")
    return pl.coalesce(named, later)


def zoned(local: pl.Expr) -> pl.Expr:
    """`2017-10-02 10:56:33 -0300`."""
    return instant(local).dt.strftime("%Y-%m-%d %H:%M:%S %z")


def utc(local: pl.Expr) -> pl.Expr:
    """`2017-10-02 13:56:33+00`."""
    return instant(local).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%d %H:%M:%S+00")
