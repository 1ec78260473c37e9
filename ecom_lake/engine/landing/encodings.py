"""The encoding of a landed file, and the file recoded as blocks of UTF-8.

Not here: records and fields (csv_grammar.py).
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
"""cp1252, and latin-1 for its five undefined bytes: every byte is a character, so that no record is rejected for one."""

_TO_CP1252 = {ord(sign): byte for byte, sign in enumerate(CP1252)}

HALF_A_CHARACTER = b"\xff"
"""Stands for the last byte of a UTF-16 file of odd length: invalid UTF-8, so that its record is rejected."""

_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Encoding:
    name: str
    mark: int = 0
    """Bytes of byte order mark before the text."""


def encoding_of(path: Path) -> Encoding:
    """By its byte order mark, by the positions of zero bytes, or else UTF-8 or cp1252: whichever explains more non-ASCII bytes.

    A UTF-8 file with a few corrupted bytes is read as UTF-8, and the records with these bytes are rejected. A file in which
    every accented letter is a single byte is read as cp1252, without loss; so is an ASCII file with one such byte.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for mark, name in BOMS.items():
        if sample.startswith(mark):
            return Encoding(name, len(mark))
    if wide := _utf16_without_mark(sample):
        return Encoding(wide)
    return Encoding("utf-8" if _is_utf8(path) or _is_nearly_utf8(path) else "cp1252")


def empty_line(path: Path) -> bytes:
    """A line end in the encoding of a file."""
    return "\n".encode(encoding_of(path).name)


def utf8_blocks(path: Path, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The text as UTF-8, about `size` bytes at a time; no CRLF is cut in two.

    Bytes that are invalid in the file's encoding become bytes that are invalid UTF-8.
    """
    blocks = filter(None, _recoded(path, encoding, size))
    block = next(blocks, b"")
    for following in blocks:
        if block.endswith(b"\r") and following.startswith(b"\n"):
            block, following = block + b"\n", following[1:]
        yield block
        block = following
    yield block


def encoded(text: str, encoding: Encoding) -> bytes:
    """The bytes that `utf8_blocks` recodes to this text, in which invalid bytes are lone surrogates."""
    data = text.encode("utf-8", "surrogateescape")
    mark = next((mark for mark, name in BOMS.items() if encoding.mark and name == encoding.name), b"")
    if encoding.name == "cp1252":
        return data.decode().translate(_TO_CP1252).encode("latin-1")
    if encoding.name != "utf-8":
        half = HALF_A_CHARACTER if data.endswith(HALF_A_CHARACTER) else b""
        data = data.removesuffix(half).decode("utf-8", "surrogatepass").encode(encoding.name, "surrogatepass") + half
    return mark + data


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
    """Whether the continuation bytes of valid non-ASCII characters are at least as many as the invalid bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = invalid = 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        valid += len(chunk) - len(text)
        invalid += len(_ESCAPED.findall(text))
    unfinished = len(decoder.getstate()[0])
    return valid - unfinished >= invalid + unfinished


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")
