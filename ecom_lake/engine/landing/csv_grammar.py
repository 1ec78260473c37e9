"""What a record is: RFC 4180 with any one-character separator and any line end; and how reading resumes after a malformed one.

A field is quoted or it is not. A quoted one begins and ends with a quote, and a quote within it is doubled. In one that
does not begin with a quote, a quote is a character like any other. A record ends with LF, CRLF or CR; empty lines are skipped.

Where a record is malformed:
- Quotes go wrong (one is never closed, or text follows a closing one): only the line is rejected on which the record
  began, so that one stray quote does not swallow the records after it. Until a record follows whose quotes are all in place,
  records with misplaced quotes are rejected too: they are most likely the rest of the broken one.
- It is the header again, as in concatenated files: the record is rejected.
- The number of fields is wrong: the record is rejected, and reading resumes after it. But where it has several lines, and
  a later line is a complete record by itself, a quote was left open and closed by chance, by the next quote in the file.

This module defines the result. arrow_reader.py is faster on text for which the result is provably the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 16 << 20
"""Characters of the longest record. A quote that is still open after them is never closed."""

NEVER_CLOSED = "quote never closed"
AFTER_QUOTE = "text after a closing quote"
AFTER_BROKEN = "stray quote, after a record with broken quotes"
UNDECODABLE = "undecodable bytes"
HEADER_AGAIN = "the header again"

END = r"(?:\r\n?|\n)"
_END = re.compile(END)
_EMPTY_LINES = re.compile(r"[\r\n]*+")
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Found:
    """One record, or a rejected piece of text; reading resumes at `end`."""

    end: int
    fields: tuple[str, ...] = ()
    reason: str = ""


class Grammar:
    """Records of `width` fields, in a text whose invalid UTF-8 bytes are lone surrogates (`surrogateescape`)."""

    def __init__(self, delimiter: str, width: int, longest: int = LONGEST, header: tuple[str, ...] = ()) -> None:
        between = re.escape(delimiter)
        lenient = _lenient(between)
        strict = rf'(?:{_QUOTED.pattern}|[^"{between}\r\n]*+)'
        self.delimiter = delimiter
        self.width = width
        self.longest = longest
        recurs = any(header) and not _ESCAPED.search("".join(header))
        self.header = (header, (f"\ufeff{header[0]}", *header[1:])) if recurs else ()
        self.too_long = f"record of more than {longest:,} characters"
        self._field = re.compile(_field(between))
        self._record = re.compile(between.join([lenient] * width) + END)
        self._whole_line = re.compile(between.join([strict] * width) + END)

    def record(self, text: str, at: int, last: bool, in_sync: bool = True) -> Found | None:
        """The record that begins at `at`; None if it may continue beyond the end of the text, unless the text is the `last` one.

        `in_sync` is False after broken quotes, until the next valid record.
        """
        match = self._record.match(text, at)
        if match is None or match.end() - at > self.longest:
            return self._malformed(text, at, last)
        fields = match.groups()
        if not in_sync and any('"' in field and field[0] != '"' for field in fields):
            return Found(match.end(), reason=AFTER_BROKEN)
        if _ESCAPED.search(text, at, match.end()):
            return Found(match.end(), reason=UNDECODABLE)
        found = tuple(map(unquoted, fields))
        return Found(match.end(), reason=HEADER_AGAIN) if found in self.header else Found(match.end(), found)

    def raw_fields(self, record: str) -> tuple[str, ...]:
        """The fields of one well-formed record as they are written, with their quotes."""
        match = self._record.match(record)
        assert match is not None
        return match.groups()

    def _malformed(self, text: str, at: int, last: bool) -> Found | None:
        first_line = line_end(text, at)
        if first_line - at > self.longest:
            return Found(first_line, reason=self.too_long)
        here, count = at, 0
        while True:
            field = self._field.match(text, here)
            if field is None:
                return self._cut_short(text, at, here, last)
            here, count = field.end(), count + 1
            if here - at > self.longest:
                return Found(first_line, reason=NEVER_CLOSED) if first_line else None
            if count > self.width and _END.search(field[1]):
                # Too many fields, and one of them spans lines: this is not a record, however it continues.
                return Found(first_line, reason=NEVER_CLOSED)
            if field[2][0] in "\r\n":
                break
        if self._holds_a_whole_line(text, first_line, here):
            return Found(first_line, reason=NEVER_CLOSED)
        return Found(here, reason=f"too {'few' if count < self.width else 'many'} fields: {count} of {self.width}")

    def _cut_short(self, text: str, at: int, here: int, last: bool) -> Found | None:
        """At `here` begins a field that is not followed by a separator or a line end."""
        first_line = line_end(text, at)
        quoted = _QUOTED.match(text, here)
        if first_line and quoted and quoted.end() < len(text) and quoted.end() - at <= self.longest:
            return Found(first_line, reason=AFTER_QUOTE)
        if last or (first_line and len(text) - at > self.longest):
            return Found(first_line, reason=NEVER_CLOSED)
        return None

    def _holds_a_whole_line(self, text: str, at: int, end: int) -> bool:
        while at < end:
            following = line_end(text, at)
            match = self._whole_line.match(text, at)
            if match and match.end() == following:
                return True
            at = following
        return False


def _lenient(between: str) -> str:
    return rf'({_QUOTED.pattern}|[^"{between}\r\n][^{between}\r\n]*+|)'


def _field(between: str) -> str:
    return f"{_lenient(between)}({between}|{END})"


def after_empty_lines(text: str, at: int) -> int:
    match = _EMPTY_LINES.match(text, at)
    return match.end() if match else at


def line_end(text: str, at: int) -> int:
    """Where the next line begins; 0 where none does."""
    match = _END.search(text, at)
    return match.end() if match else 0


def unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field[:1] == '"' else field


def line_ends(text: str, start: int, end: int) -> int:
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def first_record(text: str, delimiter: str) -> Found:
    """The first record, however many fields it has. A line with broken quotes is cut at every separator."""
    start = here = after_empty_lines(text, 0)
    one = re.compile(_field(re.escape(delimiter)))
    fields = []
    while match := one.match(text, here):
        fields.append(unquoted(match[1]))
        here = match.end()
        if match[2][0] in "\r\n":
            return Found(here, tuple(fields))
    end = line_end(text, start) or len(text)
    return Found(end, tuple(text[start:end].rstrip("\r\n").split(delimiter)))
