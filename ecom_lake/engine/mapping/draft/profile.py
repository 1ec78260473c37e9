"""The profile of a kind of file: per column its type, how full and how different its values are, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import polars as pl

from ecom_lake.engine.contracts.columns import FLAG
from ecom_lake.engine.contracts.reading import read
from ecom_lake.engine.mapping.draft.dates import Dates, date_forms, read_dates, read_dates_by_file
from ecom_lake.engine.mapping.draft.joins import is_key
from ecom_lake.engine.mapping.draft.numbers import Numbers, read_numbers
from ecom_lake.engine.mapping.draft.prefixes import IsKnown, without_prefixes

Values = Literal["empty", "flag", "whole number", "number", "date", "text"]
MOST_LISTED = 40
"""Different values up to which a column is a list of words."""
_NEARLY_ALL = 0.95
_CODE = r"^0[0-9]"


@dataclass(frozen=True)
class ColumnProfile:
    name: str
    """As a map names it."""
    header: str
    """As in the file."""
    texts: pl.Series
    """Trimmed; an empty field is null."""
    file_rows: tuple[int, ...] = ()
    """The rows of each file, one after the other; each may have its own format of dates."""
    bare_header: str = ""
    """The header without a prefix that says nothing, if it has one (prefixes.py)."""

    @property
    def title(self) -> str:
        """What the header says: names are compared with it."""
        return self.bare_header or self.header

    @property
    def rows(self) -> int:
        return len(self.texts)

    @cached_property
    def filled(self) -> int:
        return self.rows - self.texts.null_count()

    @cached_property
    def distinct(self) -> int:
        """Different values, without the empty one."""
        return self.texts.drop_nulls().n_unique()

    @property
    def filled_share(self) -> float:
        return self.filled / self.rows if self.rows else 0.0

    @cached_property
    def is_key(self) -> bool:
        return is_key(self.texts)

    @property
    def is_unique(self) -> bool:
        """Whether no value occurs twice; empty fields do not count."""
        return self.distinct == self.filled

    @property
    def repeats(self) -> float:
        """Rows per different value."""
        return self.filled / self.distinct if self.distinct else 0.0

    @cached_property
    def numbers(self) -> Numbers | None:
        """None if more than a few values are not numbers."""
        found = read_numbers(self.texts)
        return found if self.filled and found.unread <= (1 - _NEARLY_ALL) * self.filled else None

    @cached_property
    def dates(self) -> Dates | None:
        return read_dates(self.texts) or read_dates_by_file(self.texts, self.file_rows)

    @cached_property
    def date_forms(self) -> dict[str, int]:
        """Of a column that has dates in too many formats to be read as dates: the values with each."""
        return {} if self.dates else date_forms(self.texts)

    @cached_property
    def words(self) -> dict[str, int]:
        """Each value and its rows, the most frequent first; empty where there are too many different ones."""
        if not 0 < self.distinct <= MOST_LISTED:
            return {}
        counts = self.texts.drop_nulls().value_counts(sort=True)
        return dict(sorted(counts.iter_rows(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def values(self) -> Values:
        if not self.filled:
            return "empty"
        if self.distinct <= 2 and read(self.texts.drop_nulls(), FLAG).null_count() == 0:
            return "flag"
        if self.dates is not None:
            return "date"
        if self.numbers is not None:
            return "whole number" if self.numbers.are_integers else "number"
        return "text"

    @cached_property
    def has_leading_zeros(self) -> bool:
        """Whether its numbers are codes, such as zip codes."""
        return bool(self.texts.str.contains(_CODE).any())

    @property
    def examples(self) -> list[str]:
        return self.texts.drop_nulls().unique(maintain_order=True).head(3).to_list()


@dataclass(frozen=True)
class KindProfile:
    """One kind of file: its rows of all its files together."""

    name: str
    files: tuple[str, ...]
    columns: Mapping[str, ColumnProfile]
    separator: str = ","

    @property
    def rows(self) -> int:
        return next(iter(self.columns.values())).rows if self.columns else 0

    @cached_property
    def frame(self) -> pl.DataFrame:
        return pl.DataFrame({name: column.texts for name, column in self.columns.items()})

    def with_bare_headers(self, is_known: IsKnown) -> KindProfile:
        bare = without_prefixes([column.header for column in self.columns.values()], is_known)
        columns = {name: replace(column, bare_header=bare[column.header]) for name, column in self.columns.items()}
        return replace(self, columns=columns)

    def is_unique(self, names: tuple[str, ...]) -> bool:
        """Whether no two rows have the same values, and none lacks one."""
        rows = self.frame.select(names)
        return bool(self.rows) and rows.drop_nulls().height == rows.height and rows.n_unique() == rows.height


def profile_kind(
    name: str,
    files: tuple[str, ...],
    rows: pl.DataFrame,
    own: Mapping[str, str],
    separator: str = ",",
    file_rows: tuple[int, ...] = (),
) -> KindProfile:
    """`rows` have the headers of the file as columns; `own` names them as a map does."""
    trimmed = rows.select(
        pl.when(pl.col(header).str.strip_chars() != "").then(pl.col(header).str.strip_chars()).alias(header)
        for header in rows.columns
    )
    columns = {own[header]: ColumnProfile(own[header], header, trimmed[header], file_rows) for header in rows.columns}
    return KindProfile(name, files, columns, separator)
