"""Which delivered table a file belongs to, and where its columns are; or a sentence with the reason why it belongs to none.

A file's name comes first, then its columns. Not here: finding the header (header.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.refused import Refused, Unrecognized
from ecom_lake.engine.landing.similar_names import nearest, similar_pairs, similarity, words
from ecom_lake.engine.landing.snake_case import snake_case
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
    missing: tuple[str, ...]

    @property
    def misnamed(self) -> tuple[tuple[str, str], ...]:
        """Extra columns that are probably missing ones under another name: the name in the file, the name in the table."""
        return tuple(similar_pairs(self.extra, self.missing))


def recognise(file: str, header: Header | None, delivered: Sequence[Delivered]) -> Delivered:
    table = named_table(file, delivered)
    if header is None:
        if table is None:
            raise Refused(f"{file} is empty and is not named after a table: name it after its table, or remove it.")
        return table
    fitting = _by_columns(file, header, delivered) if table is None or _lacking(table, header) else table
    known = {shown for each in delivered for shown in _columns_of(each, header)}
    values = sum(bool(_DATA.fullmatch(name)) for name in header.names)
    if fitting is None and values and not known and not _has_similar_names(header, delivered):
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
        if nearest is not None and _seems_meant(nearest, header):
            _refuse_lacking(file, nearest, header)
        raise Unrecognized(
            f"{file} is none of the known tables ({_list(each.name for each in delivered)}); its first line has "
            f"{_fields(header)}, {_known(known)} known: name it after its table, or remove it."
        )
    return fitting


def named_after(file: str, delivered: Sequence[Delivered]) -> str:
    """The delivered table that a file is named after; empty where there is none."""
    table = named_table(file, delivered)
    return table.name if table else ""


def named_table(file: str, delivered: Sequence[Delivered]) -> Delivered | None:
    """The delivered table that a file is named after, if there is one."""
    patterned = [(len(pattern), table) for table in delivered for pattern in _patterns(table) if _matches(file, pattern)]
    if patterned:
        return max(patterned, key=lambda found: found[0])[1]  # the longest pattern is the most specific one
    stem = _stem(file)
    return next((table for table in delivered if stem and stem in map(_stem, table.file_names)), None)


def spellings(table: Delivered) -> dict[str, str]:
    """Each name that a column may have in a file → the column. A name is in lower case, in a map's files in snake case."""
    if table.file_format is None:
        return {name.casefold(): name for name in table.columns}
    headers = table.file_format.headers
    return {spelled: name for name in table.columns for spelled in headers.get(name, (name,))}


def layout(file: str, table: Delivered, header: Header) -> Layout:
    """The columns of bronze: the table's own and then the others; of a map's files, those that the file has, in snake case."""
    is_mapped = table.file_format is not None
    dropped = table.file_format.drop if table.file_format else ()
    known = spellings(table)
    positions: dict[str, int | None] = {} if is_mapped else dict.fromkeys(table.columns)
    seen: dict[str, str] = {}
    extra = []
    for position, shown in enumerate(header.names):
        written = _written(table, shown)
        if written in dropped:
            continue
        stored = written if is_mapped else known.get(written, shown)
        name = f"delivered_{stored}" if written in LINEAGE else stored
        if other := seen.get(name.casefold()):
            raise Refused(_same_names(file, other, shown, name))
        seen[name.casefold()] = shown
        positions[name] = position
        if written not in known:
            extra.append(name)
    there = set(_columns_of(table, header).values())
    return Layout(positions, tuple(extra), tuple(name for name in table.columns if name not in there))


def _same_names(file: str, one: str, other: str, name: str) -> str:
    if one.casefold() == other.casefold() or name.casefold() == other.casefold():
        return f"{file} has two columns called {other}: rename or remove one of them."
    return f"{file} has the columns {one} and {other}, which are both stored as {name}: rename or remove one of them."


def _patterns(table: Delivered) -> tuple[str, ...]:
    return table.file_format.patterns if table.file_format else ()


def _matches(file: str, pattern: str) -> bool:
    """Whether a file's name, with or without its suffixes, fits a pattern."""
    path = PurePosixPath(file.casefold())
    names = [path.name]
    while path.suffix in _SUFFIXES:
        path = path.with_suffix("")
        names.append(path.name)
    return any(fnmatchcase(name, pattern.casefold()) for name in names)


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
    known = set(_columns_of(table, header))
    there = "" if any(near.values()) else f"; its first line has {_fields(header)}, {_known(known)} known"
    todo = _in_the_map(table) or "rename the column, or export it again"
    if not any(near.values()) and not known and not table.file_format:
        todo = "rename the columns, or put their names into the first line if it does not hold them"
    raise Refused(f"{file} lacks what {table.name} needs: {', '.join(wanted)}{there}; {todo}.", table.name)


def _in_the_map(table: Delivered) -> str:
    """What the author of a map can do; empty for files whose columns have fixed names."""
    if table.file_format is None:
        return ""
    kind = f"[files.{table.name}]"
    return f"name its header in columns of {kind} in the map, list it in optional there if files may lack it, or export it again"


def _has_similar_names(header: Header, delivered: Sequence[Delivered]) -> bool:
    """Whether the first line has a name similar to a required column's: then it is a header with other names."""
    return any(_nearest(column, table, header) for table in delivered for column in table.required)


def _nearest(column: str, table: Delivered, header: Header) -> str | None:
    """The most similar name in the file to a column that it lacks, if the name may be shown.

    A name with further words is shown only if the line has known columns: otherwise it may be data."""
    known = set(_columns_of(table, header))
    others = [name for name in header.names if name not in known]

    def may_be_shown(name: str, spelled: str) -> bool:
        if not similarity(spelled, name)[0]:
            return True  # similar by its letters, or not at all
        return bool(_NAME.fullmatch(name)) and (bool(known) or words(name) <= words(spelled))

    spelled_as = dict.fromkeys([column, *(spelled for spelled, name in spellings(table).items() if name == column)])
    near = (nearest(spelled, (name for name in others if may_be_shown(name, spelled))) for spelled in spelled_as)
    return next(filter(None, near), None)


def _lacking(table: Delivered, header: Header) -> list[str]:
    there = set(_columns_of(table, header).values())
    return [name for name in table.required if name not in there]


def _seems_meant(table: Delivered, header: Header) -> bool:
    """Whether a file that lacks columns of a table is probably that table. One known column, such as `id`, is no evidence, unless
    another one is spelled similarly."""
    is_evident = _shared(table, header) > 1 or any(_nearest(column, table, header) for column in _lacking(table, header))
    return is_evident and _share(table, header) >= _ENOUGH


def _share(table: Delivered, header: Header) -> float:
    return 1 - len(_lacking(table, header)) / max(1, len(table.required))


def _shared(table: Delivered, header: Header) -> int:
    return len(set(_columns_of(table, header).values()))


def _columns_of(table: Delivered, header: Header) -> dict[str, str]:
    """Each name in a header that is a column of a table → the column."""
    known = spellings(table)
    return {shown: known[written] for shown in header.names if (written := _written(table, shown)) in known}


def _written(table: Delivered, shown: str) -> str:
    return shown.casefold() if table.file_format is None else snake_case(shown)


def _fields(header: Header) -> str:
    return counted(len(header.names), "field")


def _known(known: Set[str]) -> str:
    """How many of the fields are known. Their names are not shown: the first line of an unknown file may contain anything."""
    return str(len(known) or "none of them")


def _list(names: Iterable[str]) -> str:
    shown = [name if len(name) <= 60 else f"{name[:60]}…" for name in names]
    return ", ".join(shown[:_SHOWN] + ["…"] * (len(shown) > _SHOWN))
