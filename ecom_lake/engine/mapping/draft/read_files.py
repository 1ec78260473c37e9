"""Files that nobody has described yet, grouped into kinds: files with the same columns are one kind.

They are read exactly as the lake reads deliveries (engine/landing/). Not here: what the columns mean.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.archives import Member, unpack
from ecom_lake.engine.landing.file_parser import parse
from ecom_lake.engine.landing.refused import Refused, shown
from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.mapping.draft.profile import KindProfile, profile_kind
from ecom_lake.engine.mapping.syntax import reserved_words

_SUFFIXES = {".csv", ".txt", ".tsv", ".gz", ".zip", ".tab", ".dat"}
_VALUE = re.compile(r"[-+]?[0-9][0-9.,:/ -]*|[0-9a-f]{8}-?[0-9a-f-]{8,}")
_MOST_VALUES = 0.3
"""The share of a header's names that may look like values."""


@dataclass(frozen=True)
class FileRead:
    """One file's rows as texts."""

    name: str
    rows: pl.DataFrame
    separator: str
    rejected: int


@dataclass(frozen=True)
class FilesRead:
    kinds: tuple[KindProfile, ...]
    rejected: dict[str, int]
    """Records that could not be read, by file."""
    refused: tuple[str, ...]
    """Why a file is not read at all, a sentence each."""


def read_files(paths: Sequence[Path]) -> FilesRead:
    read: list[FileRead] = []
    refused: list[str] = []
    for file in _all_files(paths):
        try:
            read.extend(_read(file, refused))
        except Refused as refusal:
            refused.append(str(refusal))
    return FilesRead(tuple(_kinds(read)), {one.name: one.rejected for one in read if one.rejected}, tuple(refused))


def own_name(header: str) -> str:
    """A header in snake case, as a map names the column; a word of SQL gets a name that can be written without quotes."""
    name = snake_case(header)
    return f"column_{name}" if not name or name[0].isdigit() or name in reserved_words() else name


def _all_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        else:
            yield path


def _read(file: Path, refused: list[str]) -> Iterator[FileRead]:
    with tempfile.TemporaryDirectory() as scratch:
        for member in unpack(file, Path(scratch)):
            try:
                yield _read_member(member, Path(scratch))
            except Refused as refusal:
                refused.append(str(refusal))


def _read_member(member: Member, scratch: Path) -> FileRead:
    target, rejects = scratch / "rows.parquet", scratch / "rejects.parquet"
    any_columns = Delivered("file", "A file with any columns.", required=(), file_names=(PurePosixPath(member.name).name,))
    parsed = parse(member, [any_columns], target, rejects)
    rows = pl.read_parquet(target, glob=False).drop("source_record")
    target.unlink()
    rejects.unlink(missing_ok=True)
    name = PurePosixPath(member.name).name
    values = sum(bool(_VALUE.fullmatch(header)) for header in rows.columns)
    if rows.width and values > _MOST_VALUES * rows.width:
        raise Refused(f"{member.name} seems to have no header: put the names of the columns into its first line.")
    if not rows.width or not rows.height:
        raise Refused(f"{member.name} has no rows: export it again, or leave it out.")
    _refuse_same_names(member.name, rows.columns)
    return FileRead(name, rows, parsed.delimiter, parsed.rejected)


def _refuse_same_names(file: str, headers: Sequence[str]) -> None:
    """A build refuses the files of a map in which two headers have one name in snake case."""
    headers_of: dict[str, str] = {}
    for header in headers:
        other = headers_of.setdefault(snake_case(header), header)
        if other != header:
            raise Refused(
                f"{shown(file)} has the columns {shown(other)} and {shown(header)}, which a map cannot distinguish, as both are "
                f"{snake_case(header)!r} in snake case: rename or remove one of them."
            )


def _kinds(files: Sequence[FileRead]) -> Iterator[KindProfile]:
    """Files with the same columns, in any order, are one kind."""
    groups: dict[frozenset[str], list[FileRead]] = {}
    for file in files:
        groups.setdefault(frozenset(header.casefold() for header in file.rows.columns), []).append(file)
    taken: set[str] = set()
    for group in groups.values():
        name = _free(_kind_name([file.name for file in group]), taken)
        headers = group[0].rows.columns
        rows = pl.concat([_in_order(file.rows, headers) for file in group])
        names, lengths = tuple(file.name for file in group), tuple(file.rows.height for file in group)
        yield profile_kind(name, names, rows, _own_names(headers), group[0].separator, lengths)


def _in_order(rows: pl.DataFrame, headers: Sequence[str]) -> pl.DataFrame:
    mine = {header.casefold(): header for header in rows.columns}
    return rows.select(pl.col(mine[header.casefold()]).alias(header) for header in headers)


def _own_names(headers: Sequence[str]) -> dict[str, str]:
    taken: set[str] = set()
    return {header: _free(own_name(header), taken) for header in headers}


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free


def _kind_name(files: Sequence[str]) -> str:
    """The words that the names of the files have in common, without dates and numbers."""
    words = [_words_of_file(file) for file in files]
    common = [word for word in words[0] if all(word in others for others in words)]
    return "_".join(common) or "_".join(words[0]) or "export"


def _words_of_file(file: str) -> list[str]:
    path = PurePosixPath(file)
    while path.suffix.casefold() in _SUFFIXES:
        path = path.with_suffix("")
    return [word for word in own_name(path.name).split("_") if not re.fullmatch(r"[vt]?[0-9]+t?[0-9]*z?|z|column", word)]
