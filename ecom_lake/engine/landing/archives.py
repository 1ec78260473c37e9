"""A landed file as plain local files: itself, or the files packed in it. And the hash that identifies a file by its content.

Names inside an archive are shown to people and never become paths.
Not here: the content of the files (header.py, records.py).
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
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ecom_lake.engine.landing.refused import Refused, shown

GIB = 1 << 30
MAX_UNPACKED_BYTES = 64 * GIB
"""Bytes that a landed file may unpack to, all its members together."""
MAX_COMPRESSION = 500
"""CSV shrinks to a tenth or a fiftieth. A file over a gigabyte that shrinks to less than a five-hundredth is a zip bomb."""
MAX_MEMBERS = 10_000
"""Files that an archive may contain."""
CHUNK = 1 << 20

SUPPORTED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression methods that Python unpacks in small pieces. With others, four kilobytes may become four gigabytes at once."""

DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
"""The errors that Python's unpackers raise on corrupted bytes."""


@dataclass(frozen=True)
class Member:
    """One file to read: a landed file itself, or one packed in it."""

    name: str
    """For people: `orders.csv`, `dump.zip/orders.csv`."""
    path: Path
    refused: str = ""
    """Why it could not be unpacked; the file at `path` is then incomplete."""


def unpack(path: Path, scratch: Path, name: str = "", largest: int = MAX_UNPACKED_BYTES) -> Generator[Member]:
    """The files in a landed file, in the archive's order. `name` is the name to show, if not the file's own.

    A packed file is unpacked into `scratch`, and remains there until the next one is requested. A file that cannot be unpacked
    is yielded with the reason, and the others follow, unless together they are too large. An archive that cannot be opened
    raises `Refused`.
    """
    name = shown(name or path.name)
    match PurePosixPath(name).suffix.lower():
        case ".zip":
            yield from _unzip(path, scratch, name, largest)
        case ".gz" if path.stat().st_size == 0:  # not even the compressed form of nothing: gzip reads it as nothing
            raise Refused(f"{name} is an empty file and no gzip archive: copy it here again.")
        case ".gz":
            yield from _unpacked(name, partial(gzip.open, path), _UnpackLimit(name, path.stat().st_size, largest), scratch)
        case _:
            yield Member(name, path)


def content_hash(path: Path) -> str:
    """The same bytes have the same hash, whatever the file's name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@dataclass
class _UnpackLimit:
    """Counts what a landed file unpacks to, and refuses too much."""

    name: str
    packed: int
    largest: int
    unpacked: int = 0
    is_exceeded: bool = False

    def count(self, size: int, member: str) -> None:
        self.unpacked += size
        rest = f"; {member} and the files after it are not read" if member != self.name else ""
        if self.unpacked > self.largest:
            self.is_exceeded = True
            raise Refused(f"{self.name} unpacks to more than {self.largest:,} bytes{rest}: deliver it in parts.")
        if self.unpacked > GIB and self.unpacked > MAX_COMPRESSION * self.packed:
            self.is_exceeded = True
            raise Refused(
                f"{self.name} unpacks to over {MAX_COMPRESSION} times its size, as no CSV does{rest}: deliver it unpacked."
            )


def _unzip(path: Path, scratch: Path, name: str, largest: int) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise Refused(f"{name} is not a complete zip archive ({_cause(error)}): copy it here again.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if is_data(entry)]
        if not entries:
            raise Refused(f"{name} holds no files: pack the CSV files into it and deliver it again.")
        if len(entries) > MAX_MEMBERS:
            raise Refused(f"{name} holds {len(entries):,} files, and {MAX_MEMBERS:,} is the limit: deliver it in parts.")
        limit = _UnpackLimit(name, path.stat().st_size, largest)
        for entry in entries:
            inner = f"{name}/{shown(entry.filename)}"
            yield from _unpacked(inner, partial(_open, archive, entry, inner), limit, scratch)
            if limit.is_exceeded:
                return


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> IO[bytes]:
    if entry.compress_type not in SUPPORTED_METHODS:
        raise Refused(f"{name} uses a compression method that is not supported: use deflate, the default of zip.")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Refused(f"{name} is a link or a device, not a file: pack the file itself.")
    return archive.open(entry)


def is_data(entry: zipfile.ZipInfo) -> bool:
    """Not a folder, nor a hidden file of macOS or an editor."""
    parts = PurePosixPath(entry.filename).parts
    return not entry.is_dir() and "__MACOSX" not in parts and bool(parts) and not parts[-1].startswith(".")


def _unpacked(name: str, opened: Callable[[], Any], limit: _UnpackLimit, scratch: Path) -> Iterator[Member]:
    with _scratch_file(scratch) as copy:
        try:
            for piece in _chunks(name, opened):
                limit.count(len(piece), name)
                copy.write(piece)
            copy.flush()
            refused = ""
        except Refused as refusal:
            refused = str(refusal)
        yield Member(name, Path(copy.name), refused)


@contextmanager
def _scratch_file(scratch: Path) -> Iterator[IO[bytes]]:
    """A file that is removed afterwards. Who stops reading early may have removed the folder before this generator ends."""
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="member-", delete=False) as copy:
        try:
            yield copy
        finally:
            Path(copy.name).unlink(missing_ok=True)


def _chunks(name: str, opened: Callable[[], Any]) -> Iterator[bytes]:
    try:
        with opened() as source:
            while chunk := source.read(CHUNK):
                yield chunk
    except DAMAGED as error:
        if "password" in str(error):
            raise Refused(f"{name} is protected by a password: deliver it without one.") from error
        raise Refused(f"{name} is damaged and cannot be unpacked ({_cause(error)}): copy it here again.") from error


def _cause(error: Exception) -> str:
    """What is wrong with an archive. An error of the disk is raised as it is."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise error
    if "CRC" in str(error):
        return "its checksum is wrong"
    if isinstance(error, OSError | zlib.error | struct.error | ValueError | OverflowError):
        return "its bytes are corrupted"
    if "'" in str(error):
        return "its parts contradict each other"  # Python quotes bytes of the file
    return str(error).rstrip(".") or "it ends too early"
