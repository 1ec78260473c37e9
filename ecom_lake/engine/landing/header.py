"""The header of a file: its columns' names and its separator.

Not here: which table they make (recognise.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecom_lake.engine.landing.csv_grammar import Found, first_record, line_ends
from ecom_lake.engine.landing.refused import printable
from ecom_lake.engine.landing.snake_case import snake_case

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Header:
    names: tuple[str, ...]
    """Without surrounding spaces and quotes, printable; a column without a name is named after its position."""
    delimiter: str
    size: int
    """Bytes of UTF-8 before the first record."""
    lines: int
    """Lines before the first record."""
    fields: tuple[str, ...] = ()
    """As in the file; concatenated files contain them again."""


def read_header(beginning: bytes, known: Collection[str], delimiters: Sequence[str] = DELIMITERS) -> Header | None:
    """The header by the separator that yields the most `known` columns, then the most columns; None without text.

    Known columns are in lower case or in snake case."""
    text = beginning.decode("utf-8", "surrogateescape")
    if not text.strip():
        return None
    records = {delimiter: first_record(text, delimiter) for delimiter in delimiters}
    delimiter = max(delimiters, key=lambda each: _score(records[each], known))
    end = records[delimiter].end
    return Header(
        names=_names(records[delimiter].fields),
        delimiter=delimiter,
        size=len(text[:end].encode("utf-8", "surrogateescape")),
        lines=line_ends(text, 0, end),
        fields=records[delimiter].fields,
    )


def given_header(beginning: bytes, names: tuple[str, ...], delimiters: Sequence[str] = DELIMITERS) -> Header | None:
    """The header of a file that has none, by the separator that yields as many fields; None if no separator does."""
    text = beginning.decode("utf-8", "surrogateescape")
    for delimiter in delimiters:
        if len(first_record(text, delimiter).fields) == len(names):
            return Header(names, delimiter, size=0, lines=0, fields=names)
    return None


def _score(record: Found, known: Collection[str]) -> tuple[int, int]:
    names = _names(record.fields)
    return len({name for name in names if name.casefold() in known or snake_case(name) in known}), len(record.fields)


def _names(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_tidy(field) or f"unnamed_{position}" for position, field in enumerate(fields, start=1))


def _tidy(field: str) -> str:
    shown = field.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    tidy = " ".join(shown.strip("\ufeff \t\r\n\xa0").strip("\"'").split())
    return printable(tidy)
