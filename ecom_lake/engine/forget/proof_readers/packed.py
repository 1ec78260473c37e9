"""Archives and compressed files: each packed file is unpacked and read by the reader of its own kind, archives within it too."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.raw import PIECE, Inner, search_bytes
from ecom_lake.engine.forget.proof_readers.source import DEEPEST, Source
from ecom_lake.engine.forget.proof_search import Bytes
from ecom_lake.engine.landing.archives import MAX_UNPACKED_BYTES

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError,
    NotImplementedError, OverflowError, tarfile.TarError,
)  # fmt: skip
_OPEN: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


def read_stream(source: Source, findings: Findings, inner: Inner) -> None:
    """A file of gzip, bzip2 or xz: one packed file, or several after each other, which count as one."""
    search_bytes(source, findings, Bytes.COMPRESSED)
    with source.path.open("rb") as file:
        beginning = file.read(2)
    _unpack(source, findings, "unpacked", lambda: _OPEN[beginning](source.path), inner)


def read_zip(source: Source, findings: Findings, inner: Inner) -> None:
    """The bytes of an archive have the names and comments, and whatever lies between its parts."""
    search_bytes(source, findings, Bytes.COMPRESSED)
    try:
        archive = zipfile.ZipFile(source.path)
    except _DAMAGED as error:
        findings.not_read(source.place, f"It is not a complete zip archive ({type(error).__name__}).")
        return
    with archive:
        for entry in archive.infolist():
            for token in findings.search.in_value(entry.filename.encode(errors="surrogateescape") + b" " + entry.comment):
                findings.note(source.place, "name", "", token, "name of a packed file")
            if not entry.is_dir():
                _unpack(source, findings, entry.filename, partial(archive.open, entry), inner)


def read_tar(source: Source, findings: Findings, inner: Inner) -> None:
    """The names are searched as such, and as bytes with all that lies between the parts."""
    search_bytes(source, findings, Bytes.PAGES)
    try:
        with tarfile.open(source.path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            for entry in archive:
                names = f"{entry.name} {entry.linkname} {entry.uname} {entry.gname}"
                for token in findings.search.in_value(names.encode(errors="surrogateescape")):
                    findings.note(source.place, "name", "", token, "name of a packed file")
                if entry.isreg():
                    _unpack(source, findings, entry.name, partial(_member, archive, entry), inner)
            end = archive.offset
    except _DAMAGED as error:
        findings.not_read(source.place, f"It is not a complete tar archive ({type(error).__name__}).")
        return
    with source.path.open("rb") as file:
        file.seek(end)
        if any(piece.strip(b"\0") for piece in iter(partial(file.read, PIECE), b"")):
            findings.not_read(source.place, "It has more bytes after the end of its archive: unpack it.")


def _member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    packed = archive.extractfile(entry)
    if packed is None:
        raise tarfile.ExtractError(entry.name)
    return packed


def _unpack(source: Source, findings: Findings, name: str, opened: Callable[[], IO[bytes]], inner: Inner) -> None:
    if source.depth == DEEPEST:
        findings.not_read(source.place, f"It is an archive within {DEEPEST} archives: unpack it.")
        return
    with tempfile.NamedTemporaryFile(dir=source.scratch, prefix="unpacked-") as copy:
        try:
            size = 0
            with opened() as packed:
                while piece := packed.read(PIECE):
                    size += copy.write(piece)
                    if size > MAX_UNPACKED_BYTES:
                        raise OverflowError
            copy.flush()
        except _DAMAGED as error:
            findings.not_read(f"{source.place}/{name}", f"It cannot be unpacked ({type(error).__name__}).")
            return
        inner(source.inner(Path(copy.name), name), findings)
