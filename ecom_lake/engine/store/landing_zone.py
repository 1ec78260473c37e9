"""Putting files into a shop's landing: copies that are whole or absent, and never in the place of other content.

A path that is named may be a link: who names it decides. In a folder, a link is followed where it leads to a file of the same
folder; one that leads out of it fails, and so does a pipe.
Not here: which of them are new to the lake, and what they hold (engine/build/bronze/ingest.py).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from ecom_lake.engine.store.hashes import hash_file
from ecom_lake.engine.store.inbox import Inbox
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.storage import Storage

SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".zip")
"""What is taken from a folder; a file that is named itself is taken whatever it is called."""
Fate = Literal["landed", "known", "left out", "failed"]


@dataclass(frozen=True)
class Arrival:
    """What became of one file that was to be landed."""

    source: Path
    fate: Fate
    name: str = ""
    """Its name in landing: where it lies now, or lay already."""
    bytes: int = 0
    why: str = ""


@dataclass(frozen=True)
class _Wanted:
    source: Path
    name: str
    folder: Inbox | None = None
    """The folder that it lies in, where that was named and not the file."""

    @contextmanager
    def opened(self) -> Iterator[Path]:
        if self.folder is None:
            yield self.source
        else:
            with self.folder.opened(self.name) as local:
                yield local


def land(lake: Lake, sources: list[Path], on_file: Callable[[Path], None] = lambda path: None) -> Iterator[Arrival]:
    """Copy files, and what lies in folders under their paths there, into landing. One that fails does not stop the others."""
    landing = lake.landing
    by_size = _by_size(landing)
    for source in sources:
        for found in _wanted(source):
            if isinstance(found, Arrival):
                yield found
                continue
            on_file(found.source)
            arrival = _land(found, landing, by_size)
            if arrival.fate == "landed":
                by_size.setdefault(arrival.bytes, []).append(arrival.name)
            yield arrival


def _wanted(source: Path) -> Iterator[_Wanted | Arrival]:
    if source.is_file():
        yield _Wanted(source, source.name)
    elif source.is_dir():
        yield from _in_folder(source)
    else:
        why = "is no file and no folder" if source.exists() or source.is_symlink() else "is not there"
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
            folder, "failed", why=f"{folder} holds nothing to land: no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file."
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
    return any(step.startswith((".", "_")) for step in path.parts)


def _land(wanted: _Wanted, landing: Storage, by_size: Mapping[int, list[str]]) -> Arrival:
    try:
        with wanted.opened() as local:
            bytes_ = local.stat().st_size
            if twin := _twin(local, landing, by_size.get(bytes_, [])):
                return Arrival(wanted.source, "known", twin, bytes_)
            return Arrival(wanted.source, "landed", _copy(local, wanted.name, landing), bytes_)
    except OSError as error:
        return Arrival(wanted.source, "failed", why=f"{wanted.source} cannot be landed: {error.strerror or error}.")


def _by_size(landing: Storage) -> dict[int, list[str]]:
    """What lies in landing, by size: only files as large as a new one can have the same content."""
    found: dict[int, list[str]] = {}
    for info in landing.list(""):
        if not _is_hidden(PurePosixPath(info.path)) and not info.refused:
            found.setdefault(info.size, []).append(info.path)
    return found


def _twin(source: Path, landing: Storage, candidates: Iterable[str]) -> str | None:
    """The landed file with the same content, if there is one."""
    digest = ""
    with tempfile.TemporaryDirectory(prefix="ecom-lake-land-") as folder:
        for name in candidates:
            digest = digest or hash_file(source)
            # What is no file any more has no content that could be the same.
            with suppress(FileNotFoundError), landing.opened(name, Path(folder)) as landed:
                if hash_file(landed) == digest:
                    return name
    return None


def _copy(local: Path, wanted: str, landing: Storage) -> str:
    """Copy a file under its name or, where that is taken, under the next free one."""
    for name in _names(wanted):
        # Taken by the same content: by another who lands it too, or by ourselves when the store's answer was lost.
        if landing.add(local, name) or _twin(local, landing, [name]):
            return name
    raise AssertionError("names do not end")


def _names(wanted: str) -> Iterator[str]:
    """orders.csv, orders~2.csv, orders~3.csv …: in the order in which they came."""
    yield wanted
    target = PurePosixPath(wanted)
    stem, dot, suffixes = target.name.partition(".")
    for number in count(2):
        yield target.with_name(f"{stem}~{number}{dot}{suffixes}").as_posix()
