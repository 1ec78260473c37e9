"""CSV for spreadsheets: text that a spreadsheet would run as a formula is escaped.

Text in a shop's data comes from anybody: a review that reads =HYPERLINK(…) must not run when a CSV file is opened. As OWASP
advises, such a cell gets an apostrophe in front, and a column's name too. Numbers are never changed. Text that is just a number,
such as -5 or +31.5, stays: a spreadsheet reads it as that number.
Not here: what programs read (JSON, Parquet, an API), which stays raw.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TextIO

_FORMULA = re.compile(r"""[\s\ufeff\u200b-\u200f\u2060'"`]*[=+\-@＝＋－＠﹢﹣﹦﹫]|[\t\r\n]""")
"""How a formula starts; spreadsheets also skip blanks, quotes and invisible characters, and at full-width characters."""
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?", re.ASCII)


def write_csv(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]], raw: bool = False) -> None:
    """Write a header and rows; `raw` does not escape text."""
    text = str if raw else harmless
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(text, columns))
    writer.writerows([text(value) if isinstance(value, str) else _value(value) for value in row] for row in rows)


def harmless(text: str) -> str:
    """The text, with a leading apostrophe if a spreadsheet would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _value(found: Any) -> Any:
    """A value for `csv`: booleans in small letters, lists and structures as JSON."""
    if isinstance(found, bool):
        return "true" if found else "false"
    return json.dumps(found, default=_plain, ensure_ascii=False) if isinstance(found, list | dict) else found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
