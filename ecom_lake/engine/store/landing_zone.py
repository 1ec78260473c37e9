"""Landing files: copying a person's files into a shop's landing folder. A copy is complete or absent and replaces nothing.

A named path may be a link: the person who names it decides. In a named folder, a link to a file of the same folder is followed;
a link that leads out of it fails, and so does a pipe.
Not here: which files are new to the lake, and what they contain (engine/build/bronze/ingest.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from ecom_lake.engine.store.inbox import Inbox
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.landed_files import HIDDEN, PARTLY_COPIED, files_in, is_read
from ecom_lake.engine.store.store import Store

SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".zip")
"""The files that are taken from a folder; a file that is named itself is taken with any ending, if a build reads it."""
_PACKED = (".gz", ".zip")
Fate = Literal["landed", "known", "left out", "failed"]


@dataclass(frozen=True)
class Arrival:
    """The result for one file that was to be landed."""

    source: Path
    fate: Fate
    name: str = ""
    """Its name in landing: a new one, or the one that the same content has already, or was delivered under."""
    bytes: int = 0
    why: str = ""


@dataclass(frozen=True)
class Again:
    """What it takes to land delivered content once more, as other bytes."""

    is_delivered: Callable[[str], bool]
    """Whether content was delivered before, by its hash."""
    empty_line: Callable[[Path], bytes]
    """The bytes of an empty line of a file: readers skip empty lines, as those of pulled files (docs/decisions/0041)."""


@dataclass(frozen=True)
class _Wanted:
    source: Path
    name: str
    folder: Inbox | None = None
    """The folder that holds the file, where the folder was named and not the file."""

    @contextmanager
    def opened(self) -> Iterator[Path]:
        if self.folder is None:
            yield self.source
        else:
            with self.folder.opened(self.name) as local:
                yield local


def land(
    lake: Lake,
    sources: list[Path],
    on_file: Callable[[Path], None] = lambda path: None,
    again: Again | None = None,
    rewritten: Callable[[Path], str] = lambda path: "",
) -> Iterator[Arrival]:
    """Copy files, and the files of folders under their relative paths, into landing. A failed one does not stop the others.

    `again`: also those whose content was delivered before; a text file with such content gets empty lines at its end until it is
    new. `rewritten`: the name of the delivered file that a file was before the lake rewrote it; it is known, too."""
    landing = lake.landing
    by_size = _by_size(landing)
    for source in sources:
        for found in _wanted(source):
            if isinstance(found, Arrival):
                yield found
                continue
            on_file(found.source)
            arrival = _land(found, landing, by_size, rewritten) if again is None else _land_again(lake, found, again)
            if arrival.fate == "landed":
                by_size.setdefault(arrival.bytes, []).append(arrival.name)
            yield arrival


def _wanted(source: Path) -> Iterator[_Wanted | Arrival]:
    if source.is_file() and not is_read(source.name):
        why = f"{source} is not landed: a build reads no file whose name begins with {' or '.join(HIDDEN)} or ends with "
        yield Arrival(source, "failed", why=f"{why}{', '.join(PARTLY_COPIED[:-1])} or {PARTLY_COPIED[-1]}. Rename it.")
    elif source.is_file():
        yield _Wanted(source, source.name)
    elif source.is_dir():
        yield from _in_folder(source)
    else:
        why = "is neither a file nor a folder" if source.exists() or source.is_symlink() else "does not exist"
        yield Arrival(source, "failed", why=f"{source} {why}.")


def _in_folder(folder: Path) -> Iterator[_Wanted | Arrival]:
    inbox = Inbox(folder)
    try:
        files = [info for info in inbox.list("") if not _is_hidden(PurePosixPath(info.path))]
    except OSError as error:
        yield Arrival(folder, "failed", why=f"{error.filename or folder} cannot be read: {error.strerror}.")
        return
    if not any(PurePosixPath(info.path).suffix.lower() in SUFFIXES for info in files):
        yield Arrival(
            folder, "failed", why=f"{folder} has nothing to land: no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file."
        )
        return
    for info in files:
        path = folder / info.path
        if info.refused:
            yield Arrival(path, "failed", why=f"{path} {info.refused}")
        elif path.suffix.lower() in SUFFIXES:
            yield _Wanted(path, info.path, inbox)
        else:
            yield Arrival(path, "left out", why=f"{path} is no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file.")


def _is_hidden(path: PurePath) -> bool:
    return any(step.startswith(HIDDEN) for step in path.parts)


def _land(wanted: _Wanted, landing: Store, by_size: Mapping[int, list[str]], rewritten: Callable[[Path], str]) -> Arrival:
    try:
        with wanted.opened() as local:
            bytes_ = local.stat().st_size
            if twin := _twin(local, landing, by_size.get(bytes_, [])) or rewritten(local):
                return Arrival(wanted.source, "known", twin, bytes_)
            return Arrival(wanted.source, "landed", _copy(local, wanted.name, landing), bytes_)
    except OSError as error:
        return _failed(wanted, error)


def _land_again(lake: Lake, wanted: _Wanted, again: Again) -> Arrival:
    if wanted.source.suffix.lower() in _PACKED:
        why = f"{wanted.source} is packed, and --again lands plain text files only: unpack it first."
        return Arrival(wanted.source, "failed", why=why)
    try:
        with wanted.opened() as local, lake.scratch() as scratch:
            copy = scratch / "again"
            copy.write_bytes(local.read_bytes())
            line, by_size = again.empty_line(copy), _by_size(lake.landing)
            while again.is_delivered(hash_file(copy)) or _twin(copy, lake.landing, by_size.get(copy.stat().st_size, [])):
                with copy.open("ab") as file:
                    file.write(line)
            return Arrival(wanted.source, "landed", _copy(copy, wanted.name, lake.landing), copy.stat().st_size)
    except OSError as error:
        return _failed(wanted, error)


def _failed(wanted: _Wanted, error: OSError) -> Arrival:
    is_elsewhere = error.filename is not None and Path(os.fsdecode(error.filename)) != wanted.source
    where = f" at {os.fsdecode(error.filename)}" if is_elsewhere else ""
    return Arrival(wanted.source, "failed", why=f"{wanted.source} cannot be landed: {error.strerror or error}{where}.")


def _by_size(landing: Store) -> dict[int, list[str]]:
    """The files in landing that a build reads, by size: only a file of the same size can have the same content."""
    found: dict[int, list[str]] = {}
    for info in files_in(landing):
        if not info.refused:
            found.setdefault(info.size, []).append(info.path)
    return found


def _twin(source: Path, landing: Store, candidates: Iterable[str]) -> str | None:
    """The landed file with the same content, if there is one."""
    digest = ""
    for name in candidates:
        digest = digest or hash_file(source)
        with suppress(FileNotFoundError), landing.opened(name) as landed:  # it may have been removed meanwhile
            if hash_file(landed) == digest:
                return name
    return None


def _copy(local: Path, wanted: str, landing: Store) -> str:
    """Copy a file under its name or, where that is taken, under the next free one."""
    for name in _names(wanted):
        # The name is taken by the same content: another process landed it too, or the store's answer to our write was lost.
        if landing.add(local, name) or _twin(local, landing, [name]):
            return name
    raise AssertionError("there is always a next name")


def _names(wanted: str) -> Iterator[str]:
    """orders.csv, orders~2.csv, orders~3.csv …: in the order in which the files were landed."""
    yield wanted
    target = PurePosixPath(wanted)
    stem, dot, suffixes = target.name.partition(".")
    for number in count(2):
        yield target.with_name(f"{stem}~{number}{dot}{suffixes}").as_posix()
