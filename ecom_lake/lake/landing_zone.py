"""Putting files into a shop's landing: copies that are whole or absent, and never in the place of other content.

Not here: which of them are new to the lake, and what they hold (pipeline/ingest.py).
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from ecom_lake.errors import UserError
from ecom_lake.lake.lake import LANDING, Lake, hash_file

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
    if not lake.storage.is_local:
        raise UserError(
            f"{lake.url} is not on a disk of this machine: put the files into its folder {LANDING} with the store's own tools."
        )
    landing = lake.storage.local(f"{lake.shop}/{LANDING}")
    by_size = _by_size(landing)
    for source in sources:
        for found in _wanted(source):
            if isinstance(found, Arrival):
                yield found
                continue
            on_file(found.source)
            arrival = _land(found, landing, by_size)
            if arrival.fate == "landed":
                by_size.setdefault(arrival.bytes, []).append(landing / arrival.name)
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


def _is_hidden(path: Path) -> bool:
    return any(step.startswith((".", "_")) for step in path.parts)


def _land(wanted: _Wanted, landing: Path, by_size: dict[int, list[Path]]) -> Arrival:
    try:
        bytes_ = wanted.source.stat().st_size
        if twin := _twin(wanted.source, by_size.get(bytes_, [])):
            return Arrival(wanted.source, "known", twin.relative_to(landing).as_posix(), bytes_)
        return Arrival(wanted.source, "landed", _copy(wanted, landing), bytes_)
    except OSError as error:
        return Arrival(wanted.source, "failed", why=f"{wanted.source} cannot be landed: {error.strerror or error}.")


def _by_size(landing: Path) -> dict[int, list[Path]]:
    """What lies in landing, by size: only files as large as a new one can have the same content."""
    found: dict[int, list[Path]] = {}
    for path in sorted(landing.rglob("*")):
        if path.is_file() and not _is_hidden(path.relative_to(landing)):
            found.setdefault(path.stat().st_size, []).append(path)
    return found


def _twin(source: Path, candidates: list[Path]) -> Path | None:
    if not candidates:
        return None
    digest = hash_file(source)
    return next((path for path in candidates if hash_file(path) == digest), None)


def _copy(wanted: _Wanted, landing: Path) -> str:
    """Copy a file under its name or, where that is taken, under the next free one."""
    target = landing / wanted.name
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        shutil.copy2(wanted.source, draft)
        for candidate in _names(target):
            try:
                # A hard link fails where the name is taken, and shows the file only when it is whole.
                candidate.hardlink_to(draft)
            except FileExistsError:
                continue
            return candidate.relative_to(landing).as_posix()
    finally:
        draft.unlink(missing_ok=True)
    raise AssertionError("names do not end")


def _names(target: Path) -> Iterator[Path]:
    """orders.csv, orders~2.csv, orders~3.csv …: in the order in which they came."""
    yield target
    stem, dot, suffixes = target.name.partition(".")
    for number in count(2):
        yield target.with_name(f"{stem}~{number}{dot}{suffixes}")
