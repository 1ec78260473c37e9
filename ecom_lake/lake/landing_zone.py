"""Putting files into a shop's landing: copies that are whole or absent, and never in the place of other content.

Not here: which of them are new to the lake, and what they hold (pipeline/ingest.py).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from ecom_lake.lake.hashes import hash_file
from ecom_lake.lake.lake import Lake
from ecom_lake.lake.storage import Storage

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
    try:
        files = sorted(path for path in folder.rglob("*") if not path.is_dir() and not _is_hidden(path.relative_to(folder)))
    except OSError as error:
        yield Arrival(folder, "failed", why=f"{folder} cannot be read: {error.strerror}.")
        return
    if not any(path.suffix.lower() in SUFFIXES for path in files):
        yield Arrival(
            folder, "failed", why=f"{folder} holds nothing to land: no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file."
        )
        return
    for path in files:
        if path.suffix.lower() in SUFFIXES:
            yield _Wanted(path, path.relative_to(folder).as_posix())
        else:
            yield Arrival(path, "left out", why=f"{path} is no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file.")


def _is_hidden(path: PurePath) -> bool:
    return any(step.startswith((".", "_")) for step in path.parts)


def _land(wanted: _Wanted, landing: Storage, by_size: Mapping[int, list[str]]) -> Arrival:
    try:
        bytes_ = wanted.source.stat().st_size
        if twin := _twin(wanted.source, landing, by_size.get(bytes_, [])):
            return Arrival(wanted.source, "known", twin, bytes_)
        return Arrival(wanted.source, "landed", _copy(wanted, landing), bytes_)
    except OSError as error:
        return Arrival(wanted.source, "failed", why=f"{wanted.source} cannot be landed: {error.strerror or error}.")


def _by_size(landing: Storage) -> dict[int, list[str]]:
    """What lies in landing, by size: only files as large as a new one can have the same content."""
    found: dict[int, list[str]] = {}
    for info in landing.list(""):
        if not _is_hidden(PurePosixPath(info.path)):
            found.setdefault(info.size, []).append(info.path)
    return found


def _twin(source: Path, landing: Storage, candidates: Iterable[str]) -> str | None:
    """The landed file with the same content, if there is one."""
    digest = ""
    with tempfile.TemporaryDirectory(prefix="ecom-lake-land-") as folder:
        for name in candidates:
            digest = digest or hash_file(source)
            if hash_file(landing.here(name, Path(folder))) == digest:
                return name
    return None


def _copy(wanted: _Wanted, landing: Storage) -> str:
    """Copy a file under its name or, where that is taken, under the next free one."""
    for name in _names(wanted.name):
        # Taken by the same content: by another who lands it too, or by ourselves when the store's answer was lost.
        if landing.add(wanted.source, name) or _twin(wanted.source, landing, [name]):
            return name
    raise AssertionError("names do not end")


def _names(wanted: str) -> Iterator[str]:
    """orders.csv, orders~2.csv, orders~3.csv …: in the order in which they came."""
    yield wanted
    target = PurePosixPath(wanted)
    stem, dot, suffixes = target.name.partition(".")
    for number in count(2):
        yield target.with_name(f"{stem}~{number}{dot}{suffixes}").as_posix()
