"""The rows of a query as a gzip file of CSV text, with their number and the hash that identifies the content."""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecom_lake.engine.landing.archives import CHUNK

_LEVEL = 1
"""Of compression: a higher level takes five times the CPU to save an eighth of the bytes."""
_GZIP = 31
"""zlib's window for a gzip file; its header holds no time, so that the same rows give the same bytes."""


@dataclass(frozen=True)
class CsvFile:
    path: Path
    rows: int
    content: Any
    """The hash of the text so far."""

    @property
    def digest(self) -> str:
        return str(self.content.hexdigest())

    def with_line(self) -> CsvFile:
        """The same records in other bytes: an empty line at the end, which no reader counts."""
        with self.path.open("ab") as file:
            file.write(_compressed(b"\n"))
        content = self.content.copy()
        content.update(b"\n")
        return CsvFile(self.path, self.rows, content)


def write_csv(path: Path, columns: Sequence[str], records: Iterable[bytes | memoryview]) -> CsvFile:
    content = hashlib.blake2b(digest_size=16)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    text, rows = bytearray(_header(columns)), 0
    with path.open("xb") as file:
        for record in records:
            text += record
            rows += 1
            if len(text) >= CHUNK:
                content.update(text)
                file.write(packer.compress(text))
                text.clear()
        content.update(text)
        file.write(packer.compress(text) + packer.flush())
    return CsvFile(path, rows, content)


def _header(columns: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(columns)
    return line.getvalue().encode()


def _compressed(text: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(text) + packer.flush()
