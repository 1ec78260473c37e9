"""A delivered text with some of its records changed, and every other byte as it was.

Valid records are counted, and malformed ones: what is left of a text from which records were cut is in the same order as its rows
in bronze. Not here: which records change (engine/build/erasure/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from pathlib import Path

from ecom_lake.engine.contracts.delivered import SPACES, Delivered
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.csv_grammar import (
    AFTER_BROKEN,
    AFTER_QUOTE,
    NEVER_CLOSED,
    Found,
    Grammar,
    after_empty_lines,
)
from ecom_lake.engine.landing.encodings import encoded
from ecom_lake.engine.landing.file_beginning import read_beginning, text_blocks
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.landing.table_recognition import layout, recognise

BROKEN = (AFTER_QUOTE, NEVER_CLOSED, AFTER_BROKEN)
"""Why a record is malformed whose rest may follow as further records."""
_BLOCK = 1 << 20
_LINE_END = re.compile(r"[\r\n]*\Z")
_TOO_FEW = re.compile(r"too few fields: (\d+) of (\d+)")


class NamedRecords:
    """The malformed records that name somebody, each with the records that are the rest of its text. Asked in their order.

    After broken quotes, the rest is every malformed record that follows directly. After too few fields, as before a line break in
    a text without quotes, the rest is as many records as have the missing fields."""

    def __init__(self, mentions: Callable[[str], bool]) -> None:
        self._mentions = mentions
        self._rest_of, self._missing = 0, 0.0
        """The number that the next record of the rest would have, and how many fields are still missing."""

    def includes(self, number: int, raw: str | None, reason: str) -> bool:
        is_named, is_rest = raw is not None and self._mentions(raw), number == self._rest_of
        if not is_named and not is_rest:
            return False
        counts = _TOO_FEW.match(reason)
        if reason in BROKEN or (is_rest and self._missing == inf):
            self._missing = inf
        elif counts is None:
            self._missing = 0
        else:
            has, width = map(int, counts.groups())
            self._missing = max(self._missing - has + 1 if is_rest else 0, width - has if is_named else 0)
        self._rest_of = number + 1 if self._missing > 0 else 0
        return True


@dataclass(frozen=True)
class Edits:
    """What changes of a text: records that go, fields that get another value, malformed records whose text goes."""

    cut: frozenset[int] = frozenset()
    """Positions among the valid records, from 1."""
    changed: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Position among the valid records → column → its new value. All other fields of the record are emptied, but for those of
    `kept` columns."""
    kept: frozenset[str] = frozenset()
    malformed: frozenset[int] = frozenset()
    """Positions among the malformed records, from 1."""
    mentions: Callable[[str], bool] = lambda text: False
    """Whether the text of a malformed record goes in any case, and with it the rest of the record."""


def edited(member: Member, delivered: Sequence[Delivered], edits: Edits, placeholder: str) -> bytes:
    """The bytes of a file with these edits. `placeholder`: the text of a malformed record that goes; it is malformed, too."""
    encoding, header = read_beginning(member, delivered)
    table = recognise(member.name, header, delivered)
    form = table.file_format
    if form and form.separator == SPACES:
        raise Refused(f"{member.name} has columns that blanks separate: a value of such a file cannot be emptied.", table.name)
    header = header or Header(table.columns, ",", 0, 0)
    positions = layout(member.name, table, header).positions
    names = {position: name for name, position in positions.items() if position is not None}
    data = b"".join(text_blocks(member, encoding, _BLOCK, form))
    grammar = Grammar(header.delimiter, len(header.names), header=header.fields)
    beginning, text = (part.decode("utf-8", "surrogateescape") for part in (data[: header.size], data[header.size :]))
    named = NamedRecords(edits.mentions)
    pieces = (_edited(grammar, names, edits, named, placeholder, *record) for record in _counted(records_of(grammar, text)))
    return encoded(beginning + "".join(pieces), encoding)


def _counted(records: Iterable[tuple[int, str, Found | None]]) -> Iterator[tuple[int, int, str, Found | None]]:
    """The records with their positions: a valid one among the valid ones, a malformed one among the malformed ones."""
    valid, malformed = count(1), count(1)
    for number, piece, found in records:
        yield number, next(malformed if found.reason else valid) if found else 0, piece, found


def records_of(grammar: Grammar, text: str) -> Iterator[tuple[int, str, Found | None]]:
    """The pieces of a text: each record with its number, and the empty lines between them, which have none."""
    is_open = bool(text) and not text.endswith(("\n", "\r"))
    text += "\n" if is_open else ""
    at, number, in_sync = 0, 0, True
    while at < len(text):
        following = after_empty_lines(text, at)
        if following > at:
            yield 0, text[at:following], None
            at = following
            continue
        found = grammar.record(text, at, True, in_sync)
        assert found is not None, "the last block of a text has no unfinished record"
        number += 1
        in_sync = found.reason not in (AFTER_QUOTE, NEVER_CLOSED) and (in_sync or not found.reason)
        end = found.end or len(text)
        yield number, text[at : end - 1 if is_open and end == len(text) else end], found
        at = end


def _edited(
    grammar: Grammar,
    names: Mapping[int, str],
    edits: Edits,
    named: NamedRecords,
    placeholder: str,
    number: int,
    position: int,
    piece: str,
    found: Found | None,
) -> str:
    if found is None:
        return piece
    line_end = _LINE_END.search(piece)
    end = line_end[0] if line_end else ""
    if found.reason:
        if not named.includes(number, piece, found.reason) and position not in edits.malformed:
            return piece
        return (f'"{placeholder}"{placeholder}' if found.reason in BROKEN else placeholder) + end
    if position in edits.cut:
        return ""
    if position not in edits.changed:
        return piece
    new = edits.changed[position]
    fields = [
        _quoted(new[name], grammar.delimiter) if (name := names.get(place, "")) in new else field if name in edits.kept else ""
        for place, field in enumerate(grammar.raw_fields(piece[: len(piece) - len(end)] + "\n"))
    ]
    return grammar.delimiter.join(fields) + end


def _quoted(value: str, delimiter: str) -> str:
    special = value[:1] == '"' or any(sign in value for sign in (delimiter, "\n", "\r"))
    return '"' + value.replace('"', '""') + '"' if special else value


def write_edited(member: Member, delivered: Sequence[Delivered], edits: Edits, placeholder: str, target: Path) -> Member:
    """The same, written to a file."""
    target.write_bytes(edited(member, delivered, edits, placeholder))
    return Member(member.name, target)
