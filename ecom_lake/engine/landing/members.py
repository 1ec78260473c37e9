"""A landed file as plain local files to read: itself, or what is packed in it. And the hash by which a file is known again.

Names inside an archive are shown to people and never become paths.
Not here: what is in the files (header.py, records.py).
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ecom_lake.engine.landing.refused import Refused, shown

GIB = 1 << 30
LARGEST = 64 * GIB
"""Bytes that a landed file may unpack to, all that it holds together."""
STEEPEST = 500
"""CSV shrinks to a tenth or a fiftieth. What shrinks to less than a five-hundredth, and is over a gigabyte, is a bomb."""
MOST = 10_000
"""Files that an archive may hold."""
CHUNK = 1 << 20

USUAL = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that Python unpacks a little at a time. Of the others, four kilobytes may become four gigabytes at once."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
"""All that Python's unpackers raise where the bytes are not what they should be."""


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
    comes as a member that says so, and the others follow, unless together they are too large. An archive that cannot be
    opened at all raises `Refused`.
    """
    name = shown(name or path.name)
    match PurePosixPath(name).suffix.lower():
        case ".zip":
            yield from _unzip(path, scratch, name, largest)
        case ".gz":
            yield from _unpacked(name, partial(gzip.open, path), _Room(name, path.stat().st_size, largest), scratch)
        case _:
            yield Member(name, path)


def content_hash(path: Path) -> str:
    """The same bytes have the same hash, whatever the file is called."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@dataclass
class _Room:
    """How much a landed file may still unpack to."""

    name: str
    packed: int
    largest: int
    unpacked: int = 0
    is_full: bool = False

    def take(self, size: int, member: str) -> None:
        self.unpacked += size
        rest = f"; nothing is taken of {member} and what follows" if member != self.name else ""
        if self.unpacked > self.largest:
            self.is_full = True
            raise Refused(f"{self.name} unpacks to more than {self.largest:,} bytes{rest}: deliver it in parts.")
        if self.unpacked > GIB and self.unpacked > STEEPEST * self.packed:
            self.is_full = True
            raise Refused(f"{self.name} unpacks to over {STEEPEST} times its size, as no CSV does{rest}: deliver it unpacked.")


def _unzip(path: Path, scratch: Path, name: str, largest: int) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise Refused(f"{name} is not a whole zip archive ({_cause(error)}): copy it here again.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if _is_data(entry)]
        if not entries:
            raise Refused(f"{name} holds no files: pack the CSV files into it and deliver it again.")
        if len(entries) > MOST:
            raise Refused(f"{name} holds {len(entries):,} files, and {MOST:,} are the most: deliver it in parts.")
        room = _Room(name, path.stat().st_size, largest)
        for entry in entries:
            inner = f"{name}/{shown(entry.filename)}"
            yield from _unpacked(inner, partial(_open, archive, entry, inner), room, scratch)
            if room.is_full:
                return


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> IO[bytes]:
    if entry.compress_type not in USUAL:
        raise Refused(f"{name} is packed in a way that is not read here: pack it by deflate, as zip itself does.")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Refused(f"{name} is a link or a device, not a file: pack the file itself.")
    return archive.open(entry)


def _is_data(entry: zipfile.ZipInfo) -> bool:
    """Not a folder, nor what macOS and editors leave behind."""
    parts = PurePosixPath(entry.filename).parts
    return not entry.is_dir() and "__MACOSX" not in parts and bool(parts) and not parts[-1].startswith(".")


def _unpacked(name: str, opened: Callable[[], Any], room: _Room, scratch: Path) -> Iterator[Member]:
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="member-") as copy:
        try:
            for piece in _chunks(name, opened):
                room.take(len(piece), name)
                copy.write(piece)
            copy.flush()
            refused = ""
        except Refused as refusal:
            refused = str(refusal)
        yield Member(name, Path(copy.name), refused)


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
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise error
    if "CRC" in str(error):
        return "its checksum is wrong"
    if isinstance(error, OSError | zlib.error | struct.error | ValueError | OverflowError):
        return "its bytes are spoilt"
    if "'" in str(error):
        return "its parts contradict each other"  # Python quotes bytes of the file
    return str(error).rstrip(".") or "it ends too early"
