"""Reading records with Arrow, for text on which Arrow provably returns what csv_grammar.py defines.

The proof. Number the quotes of a text that begins where a record begins: the even ones open, the odd ones close. If every
opening one follows the beginning, a separator, a line end or a closing quote, and every closing one precedes the end, a
separator, a line end or an opening quote, then by induction each pair encloses one quoted field, or a piece of one
between doubled quotes, and no quote stands anywhere else. Then what lies outside the quotes is separators, line
ends and plain text, and every reader of RFC 4180 cuts it into the same fields. The rest is
up to Arrow: it counts the fields of each record (and fails on one too few or too many), checks UTF-8 (and fails), and skips
empty lines. Where it fails, this module returns None, and the text is read by the grammar.

Not proven, and so not read by Arrow: a text that begins with U+FEFF, which it would drop; and one that may contain the header
again, which is not a record.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

_QUOTE = ord('"')


def proven_end(text: bytes, delimiter: str, last: bool) -> int:
    """The end of the last record before the first misplaced quote."""
    array = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(array == _QUOTE)
    if not len(quotes):
        return len(text) if last else _last_line_end(text, len(text))
    limit = _first_wrong(array, quotes, delimiter)
    if last and limit == len(text) and len(quotes) % 2 == 0:
        return len(text)
    while limit:
        end = _last_line_end(text, limit)
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end
        limit = int(quotes[before - 1])
    return 0


def read_columns(text: memoryview, delimiter: str, width: int) -> list[pa.ChunkedArray] | None:
    """The fields of records, column by column; None if Arrow cannot read a record."""
    if bytes(text[:3]) == codecs.BOM_UTF8:
        return None
    names = [str(position) for position in range(width)]
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.columns  # type: ignore[no-any-return]


def may_contain(columns: list[pa.ChunkedArray], records: Sequence[tuple[str, ...]]) -> bool:
    """Whether one of these records may be among the columns' records, judged by its last field that is not empty."""
    last = {max((place, field) for place, field in enumerate(record) if field) for record in records}
    # Not by pyarrow.compute: given a value of Python, it imports pandas, which takes half a second of a night.
    return any((pl.Series(columns[place]) == field).any() for place, field in last)


def count_line_ends(text: memoryview) -> int:
    array = np.frombuffer(text, np.uint8)
    feeds, returns = array == ord("\n"), array == ord("\r")
    if not returns.any():
        return int(np.count_nonzero(feeds))
    return int(np.count_nonzero(feeds) + np.count_nonzero(returns) - np.count_nonzero(returns[:-1] & feeds[1:]))


def _first_wrong(array: np.ndarray, quotes: np.ndarray, delimiter: str) -> int:
    """The first quote that neither opens nor closes a field, or the end."""
    next_to_quote = np.zeros(256, dtype=bool)
    next_to_quote[[_QUOTE, ord(delimiter), ord("\n"), ord("\r")]] = True
    opening, closing = quotes[::2], quotes[1::2]
    opens = (opening == 0) | next_to_quote[array[opening - 1]]
    closes = (closing == len(array) - 1) | next_to_quote[array[np.minimum(closing + 1, len(array) - 1)]]
    wrong = np.concatenate([opening[~opens], closing[~closes]])
    return int(wrong.min()) if len(wrong) else len(array)


def _last_line_end(text: bytes, limit: int) -> int:
    return max(text.rfind(b"\n", 0, limit), text.rfind(b"\r", 0, limit)) + 1
