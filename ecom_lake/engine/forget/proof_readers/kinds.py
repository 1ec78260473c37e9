"""Which reader reads a file: decided by its first bytes, because a name may be anything."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePath

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers import duckdb_file, packed, parquet_file, raw, sqlite_file
from ecom_lake.engine.forget.proof_readers.source import Source

Reader = Callable[[Source, Findings, Callable[[Source, Findings], None]], None]
"""Reads a source; the function reads what is packed in it."""

READERS: dict[str, Reader] = {
    "parquet": parquet_file.read,
    "zip": packed.read_zip,
    "gz": packed.read_stream,
    "bz2": packed.read_stream,
    "tar": packed.read_tar,
    "xz": packed.read_stream,
    "sqlite": sqlite_file.read,
    "sqlite log": sqlite_file.read_log,
    "duckdb": duckdb_file.read,
    "bytes": raw.read,
}
_BEGINNINGS = {
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gz",
    **{b"BZh%d1AY&SY" % level: "bz2" for level in range(1, 10)},
    b"\xfd7zXZ\0": "xz",
    b"SQLite format 3\0": "sqlite",
    b"\x37\x7f\x06\x82": "sqlite log",
    b"\x37\x7f\x06\x83": "sqlite log",
    b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7": "sqlite log",
}
_OPAQUE = {
    b"PARE": "an encrypted Parquet file",
    b"%PDF-": "a PDF, whose text is compressed",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"\x04\x22\x4d\x18": "compressed with LZ4",
    b"ARROW1\0\0": "an Arrow file, which may be compressed",
    b"Obj\x01": "an Avro file",
    b"\x78\x01": "compressed with zlib",
    b"\x78\x9c": "compressed with zlib",
    b"\x78\xda": "compressed with zlib",
    b"\x5d\x00\x00": "compressed with LZMA",
    b"\x1f\x9d": "compressed with compress (.Z)",
    b"\xff\x06\x00\x00sNaPpY": "compressed with Snappy",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a file of an older Office program",
}
"""Kinds of files in which nothing can be found without a reader of their own."""
_OPAQUE_NAMES = {".br": "compressed with Brotli", ".orc": "an ORC file", ".pbix": "a file of Power BI Desktop"}
_HEAD = 512


def read(source: Source, findings: Findings) -> None:
    """Search a file with the reader of its kind, and its bytes as they are."""
    head = _head(source.path)
    if opaque := _opaque(head) or _OPAQUE_NAMES.get(PurePath(source.name).suffix.lower(), ""):
        findings.files["unread"] += 1
        findings.not_read(source.place, f"It is {opaque}: delete it, or check it by hand.")
        return
    kinds = [kind_of(head)]
    if kinds == ["bytes"] and zipfile.is_zipfile(source.path):
        kinds.append("zip")  # after other bytes, such as the program that unpacks it
    findings.files[kinds[-1]] += 1
    for kind in kinds:
        READERS[kind](source, findings, read)


def is_text(path: Path) -> bool:
    """Whether a file is of no known binary kind: its values are in its bytes as they are."""
    head = _head(path)
    is_known = kind_of(head) != "bytes" or zipfile.is_zipfile(path) or _opaque(head) or path.suffix.lower() in _OPAQUE_NAMES
    return not is_known


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _opaque(head: bytes) -> str:
    return next((what for beginning, what in _OPAQUE.items() if head.startswith(beginning)), "")


def kind_of(head: bytes) -> str:
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for beginning, kind in _BEGINNINGS.items() if head.startswith(beginning)), "bytes")
