"""Which delivered table a file belongs to, and where its columns are; or a sentence with the reason why it belongs to none.

A file's name comes first, then its columns. Not here: finding the header (header.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.landing.similar_names import nearest, similar_pairs, similarity, words
from ecom_lake.words import counted

_SUFFIXES = {".csv", ".txt", ".tsv", ".gz", ".zip"}
_NUMBER = re.compile(r"v?\d+(?:t\d+)?z?")
_DATA = re.compile(r"[\W\d_]*\d[\W\d_]*|[0-9a-f-]{16,}", re.IGNORECASE)
_ENOUGH = 0.5
"""The share of a table's required columns from which a file is taken for that table, though it lacks the others."""
_NAME = re.compile(r"[^\W\d]\w{0,39}(?:[ _-]\w{1,40}){0,4}")
"""A text that looks like the name of a column; any other text may be somebody's data."""
_SHOWN = 12


@dataclass(frozen=True)
class Layout:
    """Where a table's columns are in a file."""

    positions: dict[str, int | None]
    """Bronze column → field of a record; None for an optional column that was not delivered."""
    extra: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name, position in self.positions.items() if position is None)

    @property
    def misnamed(self) -> tuple[tuple[str, str], ...]:
        """Extra columns that are probably missing ones under another name: the name in the file, the name in the table."""
        return tuple(similar_pairs(self.extra, self.missing))


def recognise(file: str, header: Header | None, delivered: Sequence[Delivered]) -> Delivered:
    table = _by_name(file, delivered)
    if header is None:
        if table is None:
            raise Refused(f"{file} is empty and is not named after a table: name it after its table, or remove it.")
        return table
    fitting = _by_columns(file, header, delivered) if table is None or _lacking(table, header) else table
    known = {name.casefold() for each in delivered for name in each.columns}
    values = sum(bool(_DATA.fullmatch(name)) for name in header.names)
    if fitting is None and values and not known & _folded(header) and not _has_similar_names(header, delivered):
        raise Refused(
            f"{file} seems to have no header: its first line has {_fields(header)}, {values} of them a number, a date or an id, "
            "and none of them known; put the names of the columns into its first line."
        )
    if table is not None:
        if fitting is not None and fitting is not table:
            raise Refused(f"{file} is named like {table.name} but has the columns of {fitting.name}: rename the file.")
        _refuse_lacking(file, table, header)
        return table
    if fitting is None:
        near = [each for each in delivered if _lacking(each, header)]
        nearest = max(near, key=lambda each: _share(each, header), default=None)
        if nearest is not None and _share(nearest, header) >= _ENOUGH:
            _refuse_lacking(file, nearest, header)
        raise Refused(
            f"{file} is none of the known tables ({_list(each.name for each in delivered)}); its first line has "
            f"{_fields(header)}, {_known(header, known)} known: name it after its table, or remove it."
        )
    return fitting


def named_after(file: str, delivered: Sequence[Delivered]) -> str:
    """The delivered table that a file is named after; empty where there is none."""
    table = _by_name(file, delivered)
    return table.name if table else ""


def layout(file: str, table: Delivered, header: Header) -> Layout:
    positions: dict[str, int | None] = dict.fromkeys(table.columns)
    known = {name.casefold(): name for name in table.columns}
    seen: set[str] = set()
    extra = []
    for position, shown in enumerate(header.names):
        folded = shown.casefold()
        name = known.get(folded) or (f"delivered_{shown}" if folded in LINEAGE else shown)
        if name.casefold() in seen:
            raise Refused(f"{file} has two columns called {shown}: rename or remove one of them.")
        seen.add(name.casefold())
        positions[name] = position
        if folded not in known:
            extra.append(name)
    return Layout(positions, tuple(extra))


def _by_name(file: str, delivered: Sequence[Delivered]) -> Delivered | None:
    stem = _stem(file)
    return next((table for table in delivered if stem and stem in map(_stem, table.file_names)), None)


def _stem(file: str) -> str:
    """A file's name in lower case, without folder, suffixes, dates and numbers, its words joined by underscores."""
    path = PurePosixPath(file.casefold())
    while path.suffix in _SUFFIXES:
        path = path.with_suffix("")
    words = (word for word in re.split(r"[\W_]+", path.name) if not _NUMBER.fullmatch(word))
    return "_".join(filter(None, (word.strip("0123456789") for word in words)))


def _by_columns(file: str, header: Header, delivered: Sequence[Delivered]) -> Delivered | None:
    """The table of which the file has all required columns, and the most columns."""
    most = max((_shared(table, header) for table in delivered), default=0)
    best = [table for table in delivered if not _lacking(table, header) and _shared(table, header) == most]
    if len(best) > 1:
        raise Refused(f"{file} has the columns of {_list(table.name for table in best)}: name it after one of them.")
    return best[0] if best else None


def _refuse_lacking(file: str, table: Delivered, header: Header) -> None:
    lacking = _lacking(table, header)
    if not lacking:
        return
    near = {column: _nearest(column, table, header) for column in lacking}
    wanted = (f"{column} (most similar in the file: {near[column]})" if near[column] else column for column in lacking)
    known = set(map(str.casefold, table.columns))
    there = "" if any(near.values()) else f"; its first line has {_fields(header)}, {_known(header, known)} known"
    todo = "rename the column, or export it again"
    if not any(near.values()) and not known & _folded(header):
        todo = "rename the columns, or put their names into the first line if it does not hold them"
    raise Refused(f"{file} lacks what {table.name} needs: {', '.join(wanted)}{there}; {todo}.", table.name)


def _has_similar_names(header: Header, delivered: Sequence[Delivered]) -> bool:
    """Whether the first line has a name similar to a required column's: then it is a header with other names."""
    return any(_nearest(column, table, header) for table in delivered for column in table.required)


def _nearest(column: str, table: Delivered, header: Header) -> str | None:
    """The most similar name in the file to a column that it lacks, if the name may be shown.

    A name with further words is shown only if the line has known columns: otherwise it may be data."""
    known = set(map(str.casefold, table.columns))
    is_header = bool(known & _folded(header))

    def may_be_shown(name: str) -> bool:
        if not similarity(column, name)[0]:
            return True  # similar by its letters, or not at all
        return bool(_NAME.fullmatch(name)) and (is_header or words(name) <= words(column))

    return nearest(column, (name for name in header.names if name.casefold() not in known and may_be_shown(name)))


def _lacking(table: Delivered, header: Header) -> list[str]:
    return [name for name in table.required if name.casefold() not in _folded(header)]


def _share(table: Delivered, header: Header) -> float:
    return 1 - len(_lacking(table, header)) / len(table.required)


def _shared(table: Delivered, header: Header) -> int:
    return len({name.casefold() for name in table.columns} & _folded(header))


def _folded(header: Header) -> set[str]:
    return {name.casefold() for name in header.names}


def _fields(header: Header) -> str:
    return counted(len(header.names), "field")


def _known(header: Header, known: Set[str]) -> str:
    """How many of the fields are known. Their names are not shown: the first line of an unknown file may contain anything."""
    return str(sum(name.casefold() in known for name in header.names) or "none of them")


def _list(names: Iterable[str]) -> str:
    shown = [name if len(name) <= 60 else f"{name[:60]}…" for name in names]
    return ", ".join(shown[:_SHOWN] + ["…"] * (len(shown) > _SHOWN))
