"""Reading a column of texts as dates: which formats read every value, and whether the values decide between them.

`01/02/2017` is the 1st of February or the 2nd of January. One value such as `13/02/2017` decides for the whole column; a column
without such a value is ambiguous, and a person decides. Days that systems write where there is none, such as 1900-01-01, are
no values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

_DAYS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%m.%d.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%b-%d-%Y",
    "%b-%d-%y",
    "%Y%m%d",
)
_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S%.f", "T%H:%M:%S%.f")
_ZONES = ("", "%z", " %z", " UTC")
_NATIVE = ("%Y-%m-%d", *(f"%Y-%m-%d{sign}{time}" for sign in " T" for time in ("%H:%M", "%H:%M:%S", "%H:%M:%S%.f")))
"""The formats that a canonical file may have anyway, also several of them in one column."""
ISO = "ISO dates, with and without a time"
"""In place of a format: the values have several of the native formats."""
_ISO_LIKE = "^[0-9]{4}-"
_DATE_LIKE = (
    r"[0-9]{1,4}[-/. ](?:[0-9]{1,2}|[A-Za-z]{3,9})[-/. ][0-9]{2,4}"
    r"|^[A-Za-z]{3,9}[- ][0-9]{1,2},?[- ](?:[0-9]{4}|[0-9]{2})|^(?:19|20)[0-9]{6}$"
)
_PROBED = 50
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_PLACEHOLDERS = (
    *(date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1970, 1, 1)),
    *(date(2079, 6, 6), date(2099, 12, 31), date(9999, 12, 31)),
)
"""The first and last days of databases, spreadsheets and programs, which they write where there is no day."""


@dataclass(frozen=True)
class Dates:
    """The formats of a column of dates."""

    formats: tuple[str, ...]
    """Every format that reads as many values as the best one; the first is proposed."""
    values: pl.Series
    """As the first format reads them."""
    unread: int
    """Texts that the first format does not read."""
    by_file: tuple[str, ...] = ()
    """The formats of the files, if they differ."""
    placeholders: Mapping[date, int] = field(default_factory=dict)
    """Days that stand for no day, with their rows: they are null in `values`, and not unread."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether the values do not decide between day-month and month-day."""
        return len(self.formats) > 1

    @property
    def is_zoned(self) -> bool:
        return self.formats[0].endswith(("%z", "UTC"))

    @property
    def is_native(self) -> bool:
        """Whether a canonical file may have the format as it is."""
        return all(format_ in (*_NATIVE, ISO) for format_ in self.by_file or self.formats[:1])

    @property
    def has_time(self) -> bool:
        return "%H" in self.formats[0] or "%I" in self.formats[0]


def read_dates(texts: pl.Series, most_unread: float = 0.05) -> Dates | None:
    """None if no format reads nearly all values: at most this share may be unread."""
    found = texts.drop_nulls()
    different = found.unique(maintain_order=True)
    probes = different.head(_PROBED)
    if not len(probes) or not probes.str.contains(_DATE_LIKE).any():
        return None
    probed = {format_: _read(probes, format_) for format_ in _formats(probes)}
    candidates = [format_ for format_, read in probed.items() if read.null_count() <= len(probes) / 2]
    all_read = {format_: _read(different, format_) for format_ in candidates}
    if all(read.null_count() for read in all_read.values()) and probes.str.contains(_ISO_LIKE).any():
        all_read[ISO] = _read(different, ISO)
    if not all_read:
        return None
    fewest = min(read.null_count() for read in all_read.values())
    best = [format_ for format_, read in all_read.items() if read.null_count() == fewest]
    values = _read(texts, best[0])
    unread = values.null_count() - texts.null_count()
    if unread > most_unread * len(found):
        return None
    is_placeholder = values.dt.date().is_in(_PLACEHOLDERS)
    known = values.to_frame("day").select(pl.when(~is_placeholder).then("day")).to_series()
    if not known.count():
        return None
    placeholders = dict(sorted(Counter(values.filter(is_placeholder).dt.date().to_list()).items()))
    return Dates(tuple(_different(best, all_read)), known, unread, placeholders=placeholders)


def read_dates_by_file(texts: pl.Series, file_rows: Sequence[int]) -> Dates | None:
    """As `read_dates`, if each file has a format of its own; `file_rows` are the rows of each file."""
    if len(file_rows) < 2:
        return None
    starts = [sum(file_rows[:number]) for number in range(len(file_rows))]
    read = [read_dates(texts.slice(start, length)) for start, length in zip(starts, file_rows, strict=True)]
    known = [one for one in read if one is not None]
    if len(known) < len(read) or any(ISO in one.formats for one in known):
        return None  # a map reads one format for each file and column
    formats = tuple(dict.fromkeys(one.formats[0] for one in known))
    return Dates(
        formats=next((one.formats for one in known if one.is_ambiguous), formats[:1]),
        values=pl.concat([one.values for one in known]),
        unread=sum(one.unread for one in known),
        by_file=formats,
        placeholders=dict(sum((Counter(one.placeholders) for one in known), Counter[date]())),
    )


def date_forms(texts: pl.Series) -> dict[str, int]:
    """The formats of a column of dates that has several, and the values with each; empty if most values are no dates."""
    found = texts.drop_nulls()
    counts = found.value_counts(name="rows", sort=True)
    different, rows = counts[texts.name], counts["rows"]
    probes = different.head(_PROBED)
    if not len(probes) or not probes.str.contains(_DATE_LIKE).any():
        return {}
    formats = [format_ for format_ in _formats(probes) if _read(probes, format_).count()]
    read = {format_: _read(different, format_).is_not_null() for format_ in formats}
    forms: dict[str, int] = {}
    for _ in formats:
        counted = {format_: int(rows.filter(is_read).sum()) for format_, is_read in read.items()}
        best = max(counted, key=counted.__getitem__)
        if not counted[best]:
            break
        forms[best] = counted[best]
        taken = read[best]
        read = {format_: is_read & ~taken for format_, is_read in read.items()}
    return forms if sum(forms.values()) > len(found) / 2 else {}


def _formats(probes: pl.Series) -> Iterator[str]:
    """The formats with a time of day where the values have one, so that few formats are tried."""
    timed, zoned = (
        bool(probes.str.contains(":").any()),
        bool(probes.str.contains(r"(?:[+-][0-9]{2}(?::?[0-9]{2})?|Z|UTC)$").any()),
    )
    for day in _DAYS:
        for time in _TIMES if timed else _TIMES[:1]:
            for zone in _ZONES if zoned and time else _ZONES[:1]:
                yield f"{day}{time}{zone}"


def _different(formats: list[str], read: dict[str, pl.Series]) -> list[str]:
    """The first format, and those that read some value as another day."""
    first = read[formats[0]]
    return [formats[0], *(one for one in formats[1:] if not first.equals(read[one], null_equal=True))]


def _read(texts: pl.Series, format_: str) -> pl.Series:
    """The times that a format reads, without their zones; null for a year that no shop has, such as 0017."""
    if format_ == ISO:
        read = [_read(texts, one).alias(one) for one in _NATIVE]
        return pl.DataFrame(read).select(pl.coalesce(_NATIVE)).to_series().alias(texts.name)
    sign = texts.str.replace("Z$", "+00").str.replace(r"(:[0-9.]+ ?[+-][0-9]{2})$", "$1:00") if format_.endswith("%z") else texts
    try:
        if "%H" in format_ or "%I" in format_:
            times = sign.str.to_datetime(format_, time_unit="us", strict=False, time_zone="UTC" if "%z" in format_ else None)
            days = times.dt.replace_time_zone(None) if "%z" in format_ else times
        else:
            days = sign.str.to_date(format_, strict=False).cast(pl.Datetime("us"))
    except pl.exceptions.PolarsError:  # the format does not fit at all
        return pl.Series(texts.name, [None] * len(texts), pl.Datetime("us"))
    frame = days.to_frame("day")
    is_plausible = pl.col("day").dt.year().is_between(_FIRST_YEAR, _LAST_YEAR) | pl.col("day").dt.date().is_in(_PLACEHOLDERS)
    return frame.select(pl.when(is_plausible).then("day")).to_series()
