"""The rows of data files as text that databases read: CSV for COPY, and lists of VALUES for INSERT.

Polars' CSV writer makes both. Not here: sending the text (postgresql.py, mariadb.py).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from ecom_lake.engine.contracts.columns import TEXT
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.errors import UserError

_BATCH = 20_000
_BETWEEN = "),("
_NUL, _REPLACEMENT = "\x00", "\ufffd"


def csv_texts(content: Content, paths: Iterable[Path]) -> Iterator[bytes]:
    """CSV as PostgreSQL reads it: NULL is an empty field and an empty text is `""`. It cannot store NUL in a text."""
    for rows in _batches(content, paths):
        clean = rows.with_columns(pl.col(pl.String).str.replace_all(_NUL, _REPLACEMENT, literal=True))
        text = io.BytesIO()
        clean.write_csv(text, include_header=False, quote_style="non_numeric")
        yield text.getvalue()


def value_lists(content: Content, paths: Iterable[Path], limit: int) -> Iterator[bytes]:
    """`(1,'a'),(2,NULL)`, at most `limit` bytes each unless one row is longer. A backslash has no meaning in these texts."""
    for rows in _batches(content, paths):
        yield from _value_lists(rows.with_columns(pl.col(pl.Boolean).cast(pl.Int8)), limit)


def _value_lists(rows: pl.DataFrame, limit: int) -> Iterator[bytes]:
    text = io.BytesIO()
    rows.write_csv(
        text, include_header=False, quote_style="non_numeric", quote_char="'", null_value="NULL", line_terminator=_BETWEEN
    )
    if text.getbuffer().nbytes > limit and rows.height > 1:
        half = rows.height // 2
        yield from _value_lists(rows[:half], limit)
        yield from _value_lists(rows[half:], limit)
    else:
        yield b"(" + text.getvalue()[: -len(_BETWEEN)] + b")"


def _batches(content: Content, paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    import pyarrow.parquet as pq  # readers of a lake need not wait for it

    schema = {column.name: column.kind.polars for column in content.columns}
    for path in paths:
        with pq.ParquetFile(path) as file:
            _refuse_older_columns(content, file.schema_arrow.names)
            for batch in file.iter_batches(_BATCH, columns=content.names):
                rows = pl.from_arrow(batch)
                assert isinstance(rows, pl.DataFrame)
                yield rows.cast(schema)  # type: ignore[arg-type]


def _refuse_older_columns(content: Content, names: Iterable[str]) -> None:
    if missing := [name for name in content.names if name not in names]:
        raise UserError(
            f"{content.name} of this release has no column {missing[0]}: it was built by an older version of ecom-lake. Run "
            f"`ecom-lake build --shop {content.site.shop.name}`, then publish."
        )


def longest_texts(content: Content) -> dict[str, int]:
    """The number of characters of the longest value of each text column."""
    names = [column.name for column in content.columns if column.kind == TEXT]
    paths = content.paths()
    if not names or not paths:
        return dict.fromkeys(names, 0)
    longest = pl.scan_parquet(paths, glob=False).select(pl.col(names).str.len_chars().max().fill_null(0)).collect()
    return {name: int(longest[name][0]) for name in names}
