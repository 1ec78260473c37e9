"""The bytes of a file as they are: as text, as UTF-16, and with the escapes of JSON, HTML and URLs resolved."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_search import Bytes, Found, Stream, TextStream

PIECE = 1 << 22
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def read(source: Source, findings: Findings, _inner: object = None) -> None:
    """A file with NUL bytes holds values of some program; any other one is text."""
    with source.path.open("rb") as file:
        head = file.read(PIECE)
    if encoding := _MARKS.get(head[:2]):
        search_text(source, findings, _decoded(source.path, encoding), Bytes.TEXT)
    search_text(source, findings, pieces(source.path), Bytes.PAGES if b"\0" in head else Bytes.TEXT)


def search_text(source: Source, findings: Findings, parts: Iterator[bytes], kind: Bytes) -> None:
    stream = TextStream(findings.search, kind, noting(source, findings, "bytes"), noting(source, findings, "escaped"))
    for part in parts:
        stream.feed(part)
    stream.feed(b"", is_last=True)


def search_bytes(source: Source, findings: Findings, kind: Bytes) -> None:
    """The bytes of a file that has a reader of its own: its headers, and what lies between its parts."""
    stream = Stream(findings.search, kind, noting(source, findings, "bytes"))
    for part in pieces(source.path):
        stream.feed(part)
    stream.feed(b"", is_last=True)


def noting(source: Source, findings: Findings, kind: str, where: str = "") -> Found:
    def note(token: int, place: int) -> None:
        findings.note(source.place, kind, where, token, f"byte {place:,}")

    return note


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _decoded(path: Path, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces(path):
        yield decoder.decode(piece).encode(errors="replace")


Inner = Callable[[Source, Findings], None]
"""Reads what is packed in a file."""
