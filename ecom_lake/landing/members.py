"""A landed file as plain local files to read: itself, or what is packed in it. And the hash by which a file is known again.

Names inside an archive are shown to people and never become paths.
Not here: what is in the files (header.py, records.py).
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ecom_lake.landing.refused import Refused

GIB = 1 << 30
LARGEST = 64 * GIB
STEEPEST = 1000
"""CSV shrinks to a tenth or a fiftieth. What shrinks to less than a thousandth, and is over a gigabyte, is a bomb."""
CHUNK = 1 << 20

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)


@dataclass(frozen=True)
class Member:
    """One file to read: a landed file itself, or one that is packed in it."""

    name: str
    """For people: `orders.csv`, `dump.zip/orders.csv`."""
    path: Path
    refused: str = ""
    """Why it could not be unpacked; what lies at `path` is then not it."""


def unpack(path: Path, scratch: Path, name: str = "", largest: int = LARGEST) -> Iterator[Member]:
    """What a landed file holds, in the archive's order. `name` is what people call it, if not by its file name.

    A packed file is unpacked into `scratch`, and lies there until the next one is asked for. One that cannot be unpacked
    comes as a member that says so, and the others follow. An archive that cannot be opened at all raises `Refused`.
    """
    name = name or path.name
    match PurePosixPath(name).suffix.lower():
        case ".zip":
            yield from _unzip(path, scratch, name, largest)
        case ".gz":
            yield from _unpacked(name, partial(gzip.open, path), path.stat().st_size, scratch, largest)
        case _:
            yield Member(name, path)


def content_hash(path: Path) -> str:
    """The same bytes have the same hash, whatever the file is called."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _unzip(path: Path, scratch: Path, name: str, largest: int) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise Refused(f"{name} is not a whole zip archive ({_cause(error)}): copy it here again.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if _is_data(entry)]
        if not entries:
            raise Refused(f"{name} holds no files: pack the CSV files into it and deliver it again.")
        for entry in entries:
            inner = f"{name}/{_printable(entry.filename)}"
            yield from _unpacked(inner, partial(archive.open, entry), entry.compress_size, scratch, largest)


def _is_data(entry: zipfile.ZipInfo) -> bool:
    """Not a folder, nor what macOS and editors leave behind."""
    parts = PurePosixPath(entry.filename).parts
    return not entry.is_dir() and "__MACOSX" not in parts and bool(parts) and not parts[-1].startswith(".")


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


def _unpacked(name: str, opened: Callable[[], Any], packed: int, scratch: Path, largest: int) -> Iterator[Member]:
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="member-") as copy:
        try:
            _copy(_chunks(name, opened), copy, name, packed, largest)
            refused = ""
        except Refused as refusal:
            refused = str(refusal)
        yield Member(name, Path(copy.name), refused)


def _copy(chunks: Iterator[bytes], copy: IO[bytes], name: str, packed: int, largest: int) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > largest:
            raise Refused(f"{name} unpacks to more than {largest:,} bytes: deliver it in parts.")
        if size > GIB and size > STEEPEST * packed:
            raise Refused(f"{name} unpacks to over {STEEPEST} times its size, as no CSV does: deliver it unpacked.")
        copy.write(chunk)
    copy.flush()


def _chunks(name: str, opened: Callable[[], Any]) -> Iterator[bytes]:
    try:
        with opened() as source:
            while chunk := source.read(CHUNK):
                yield chunk
    except _DAMAGED as error:
        if "password" in str(error):
            raise Refused(f"{name} is protected by a password: deliver it without one.") from error
        raise Refused(f"{name} is damaged and cannot be unpacked ({_cause(error)}): copy it here again.") from error


def _cause(error: Exception) -> str:
    """What is wrong with an archive. What is wrong with the disk is not its fault, and is raised as it is."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return str(error).rstrip(".") or type(error).__name__
