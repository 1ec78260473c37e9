"""Bytes of a landed file as UTF-8, whatever they were: which encoding it is, and the file as blocks of UTF-8.

Not here: records and fields (grammar.py), which start where these blocks end.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 16
SAMPLE = 1 << 16

BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

CP1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
"""cp1252, and latin-1 for the five bytes that it leaves open: every byte is a character, so no record is lost to it."""

HALF_A_CHARACTER = b"\xff"
"""What is left over at the end of a UTF-16 file of odd length: no UTF-8, so that its record is rejected."""

_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Encoding:
    name: str
    mark: int = 0
    """Bytes of byte order mark before the text."""


def encoding_of(path: Path) -> Encoding:
    """By its mark, or by where its zeros lie, or else UTF-8 or cp1252: whichever explains more of its non-ASCII bytes.

    A UTF-8 file with a few spoilt bytes stays UTF-8, and the records that hold them are rejected. A file whose every
    accent is a stray byte is cp1252, which loses nothing; so is an ASCII file with one such byte.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for mark, name in BOMS.items():
        if sample.startswith(mark):
            return Encoding(name, len(mark))
    if wide := _utf16_without_mark(sample):
        return Encoding(wide)
    return Encoding("utf-8" if _is_utf8(path) or _is_nearly_utf8(path) else "cp1252")


def utf8_blocks(path: Path, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The text as UTF-8, about `size` bytes at a time; no CRLF is cut in two.

    What is no text in its own encoding is no text here either: bytes that are not UTF-8.
    """
    blocks = filter(None, _recoded(path, encoding, size))
    block = next(blocks, b"")
    for following in blocks:
        if block.endswith(b"\r") and following.startswith(b"\n"):
            block, following = block + b"\n", following[1:]
        yield block
        block = following
    yield block


def _recoded(path: Path, encoding: Encoding, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(encoding.mark)
        chunks = iter(lambda: file.read(size), b"")
        if encoding.name == "utf-8":
            yield from chunks
        elif encoding.name == "cp1252":
            for chunk in chunks:
                yield codecs.charmap_decode(chunk, "strict", CP1252)[0].encode()
        else:
            yield from _from_wide(chunks, encoding.name)


def _from_wide(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)("surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield HALF_A_CHARACTER


def _utf16_without_mark(sample: bytes) -> str:
    """CSV is mostly ASCII even where it is not English, so that every second byte of UTF-16 is zero."""
    half = len(sample) // 2
    low, high = sample[0 : 2 * half : 2].count(0), sample[1 : 2 * half : 2].count(0)
    if half and high > 0.4 * half and low < 0.1 * half:
        return "utf-16-le"
    if half and low > 0.4 * half and high < 0.1 * half:
        return "utf-16-be"
    return ""


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_nearly_utf8(path: Path) -> bool:
    """Whether at least as many bytes belong to a character beyond ASCII (after its first) as belong to none."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    belong = spoilt = 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        belong += len(chunk) - len(text)
        spoilt += len(_ESCAPED.findall(text))
    unfinished = len(decoder.getstate()[0])
    return belong - unfinished >= spoilt + unfinished


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")
