"""The kind of a file that is not delimited text, so that its refusal can state what to do.

Not here: the encoding of text (encodings.py).
"""

from __future__ import annotations

import re

_BEGINS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PAR1", "a Parquet file"),
    (0, b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (0, b"PK\x05\x06", "an empty zip archive"),
    (0, b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89PNG\r\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"SQLite format 3\x00", "a SQLite database"),
    (8, b"DUCK", "a DuckDB database"),
    (0, b"ARROW1\x00", "an Arrow file"),
    (0, b"FEA1", "a Feather file"),
    (0, b"Obj\x01", "an Avro file"),
    (0, b"ORC", "an ORC file"),
    (0, b"\x7fELF", "a program"),
)
_MARKUP = re.compile(r"\s*(?:(<(?:!doctype|html|\?xml))|([{\[]\s*[\"{\[]))", re.IGNORECASE)
_CONTROL = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f]")
"""Zero is not included: some systems pad fields with it."""
_MOST_CONTROL = 0.02
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def binary_kind(beginning: bytes) -> str:
    """By its first bytes; empty for an unknown kind. Where these are letters, a header may begin with them, too, such as
    `ORCAMENTO_ID`: then only a file with control characters is of the kind."""
    may_be_text = not _BINARY.search(beginning)
    return next(
        (
            kind
            for offset, magic, kind in _BEGINS
            if beginning.startswith(magic, offset) and not (may_be_text and magic.isalnum())
        ),
        "",
    )


def text_kind(beginning: str) -> str:
    """The kind of a decoded beginning that is not delimited text; empty for text."""
    markup = _MARKUP.match(beginning)
    if markup:
        return "an HTML or XML page" if markup[1] else "JSON"
    if len(_CONTROL.findall(beginning)) > _MOST_CONTROL * len(beginning):
        return "a binary file"
    return ""
