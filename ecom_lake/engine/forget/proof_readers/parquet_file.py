"""Parquet: the values of every column, with dictionaries and statistics, and the bytes of the footer and the page headers.

Pages are compressed, and so only their decoded values can be searched. Everything else in the file is plain bytes: statistics of
pages, the page index, key-value metadata, and what lies between the parts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ecom_lake.engine.forget.proof_findings import Findings
from ecom_lake.engine.forget.proof_readers.arrow_values import search_batch
from ecom_lake.engine.forget.proof_readers.raw import search_bytes
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_search import Bytes

_ROWS = 1 << 18
_TEXTS = ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")


def read(source: Source, findings: Findings, _inner: object = None) -> None:
    search_bytes(source, findings, Bytes.COMPRESSED)
    try:
        with pq.ParquetFile(source.path, read_dictionary=_text_columns(source)) as file:
            _statistics(source, findings, file.metadata)
            _key_values(source, findings, file.metadata.metadata or {})
            row = 0
            for batch in file.iter_batches(_ROWS):
                search_batch(batch, source.place, "", row, findings)
                row += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        findings.not_read(source.place, f"It is not a complete Parquet file ({type(error).__name__}).")


def _text_columns(source: Source) -> list[str]:
    """Read as dictionaries, so that values are found that a dictionary has and no row."""
    schema = pq.read_metadata(source.path).schema
    return [
        one.path for one in map(schema.column, range(len(schema))) if one.physical_type == "BYTE_ARRAY" and "." not in one.path
    ]


def _statistics(source: Source, findings: Findings, metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        for column in (metadata.row_group(group).column(at) for at in range(metadata.num_columns)):
            for value in _bounds(column):
                for token in findings.search.in_value(value):
                    findings.note(source.place, "statistics", column.path_in_schema, token, f"row group {group}")


def _bounds(column: Any) -> Iterator[bytes]:
    if not column.is_stats_set or not column.statistics.has_min_max or column.physical_type not in _TEXTS:
        return
    for value in (column.statistics.min, column.statistics.max):
        yield value if isinstance(value, bytes) else str(value).encode()


def _key_values(source: Source, findings: Findings, pairs: dict[bytes, bytes]) -> None:
    """Also as the Base64 in which Arrow stores its schema."""
    for key, value in pairs.items():
        try:
            plain = base64.b64decode(value, validate=True)
        except binascii.Error:
            plain = b""
        for token in findings.search.in_value(b" ".join((key, value, plain))):
            findings.note(source.place, "metadata", key.decode(errors="replace"), token, "key-value metadata")
