"""The search for many ids in bytes at once: the ways in which an id is written, and where an id ends.

One automaton (Aho-Corasick) finds all ids in all encodings in one pass, in time that does not depend on their number.
Here: values and streams of bytes. Not here: what the bytes of a file mean (proof_readers/), escapes (proof_escapes.py).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ahocorasick_rs import BytesAhoCorasick

from ecom_lake.engine.forget.proof_escapes import Unescaped

CONTEXT = 8
"""Bytes on either side of an id that decide whether it is the whole id: two characters of UTF-16, and some more."""
_DATES_AND_TIMES, _POINT = frozenset(b"-:/"), ord(".")
_DIGITS_OF_A_DATE = 4
"""A longer number is no part of a date or a time."""
_FEWEST_CHARACTERS, _FEWEST_DIGITS = 5, 6
"""Shorter ids occur by chance in compressed bytes."""
_UNIQUE = re.compile(r"(?=(?:[^0-9]*[0-9]){4})[0-9A-Za-z-]{16,}")
"""A hash or a UUID, which is no part of another id by chance."""
_OTHER = 0x100
_BACKSLASH, _ESCAPED_BLANKS = ord("\\"), frozenset(b"nrtbf")
_MASK = "…".encode()


class Bytes(Enum):
    """What surrounds an id in bytes of a kind, and so where an id ends."""

    TEXT = auto()
    """Ids are separated from letters and digits."""
    PAGES = auto()
    """Values may follow each other without a separator, as in the pages of a database: an id may lie between a letter and a
    digit, and a hash or a UUID anywhere."""
    COMPRESSED = auto()
    """Like pages, and a short id occurs by chance."""


@dataclass(frozen=True)
class _Pattern:
    token: int
    unit: int
    """Bytes of a character: 1, or 2 in UTF-16."""
    low: int
    """The place of the low byte in a unit."""


class Search:
    """Finds tokens, the ids that are searched for. A token is named by its number, so that no result holds one."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        patterns = {data: pattern for number, token in enumerate(tokens) for data, pattern in _patterns(number, token)}
        self._patterns = list(patterns.values())
        self._is_number = [token.isascii() and token.isdigit() for token in tokens]
        self._is_unique = [bool(_UNIQUE.fullmatch(token)) and not token.isdigit() for token in tokens]
        self._automaton = BytesAhoCorasick(list(patterns))
        self.longest = max(map(len, patterns), default=1)
        self.numbers = {int(token): number for number, token in enumerate(tokens) if self._is_number[number]}
        """The tokens that are numbers: they may be stored as such."""

    def candidates(self, data: bytes | memoryview) -> list[tuple[int, int, int]]:
        """Pattern, start and end of everything that looks like a token, whatever surrounds it."""
        return self._automaton.find_matches_as_indexes(data, overlapping=True)

    def in_value(self, data: bytes) -> set[int]:
        """The tokens in a value that stands alone."""
        found = self.candidates(data)
        return {self.token(one) for one, start, end in found if self.is_complete(one, data, start, end, Bytes.TEXT)}

    def token(self, pattern: int) -> int:
        return self._patterns[pattern].token

    def is_complete(self, pattern: int, data: bytes | memoryview, start: int, end: int, kind: Bytes) -> bool:
        """Whether the match is the whole id, and not a part of a longer one."""
        unit, low, token = self._patterns[pattern].unit, self._patterns[pattern].low, self._patterns[pattern].token
        is_number = self._is_number[token]
        size = (end - start) // unit
        before = (_character(data, start - unit, unit, low), _character(data, start - 2 * unit, unit, low))
        if before[0] in _ESCAPED_BLANKS and before[1] == _BACKSLASH:
            before = (None, None)
        after = (_character(data, end, unit, low), _character(data, end + unit, unit, low))
        first, last = (_character(data, place, unit, low) for place in (start, end - unit))
        ends = ((first, *before), (last, *after))
        is_separate = all(_is_end(*one, is_number and size <= _DIGITS_OF_A_DATE) for one in ends)
        if is_separate and is_number:
            is_separate = not (before[0] == _POINT and _is_digit(before[1])) and not _has_fraction(data, end, unit, low)
        if kind is not Bytes.COMPRESSED and is_separate:
            return True
        if kind is Bytes.TEXT or unit > 1 or size < (_FEWEST_DIGITS if is_number else _FEWEST_CHARACTERS):
            return False
        return self._is_unique[token] or not any(_is_same_kind(inner, outer) for inner, outer, _ in ends)

    def mask(self, text: str) -> str:
        """The text with … for each token in it: the name of a file or of a column may hold one."""
        data = text.encode(errors="surrogateescape")
        shown, done = b"", 0
        for one, start, end in sorted(self.candidates(data), key=lambda match: match[1:]):
            if self.is_complete(one, data, start, end, Bytes.TEXT):
                shown, done = shown + data[done:start] + (_MASK if start >= done else b""), max(done, end)
        return (shown + data[done:]).decode(errors="replace")


def _patterns(number: int, token: str) -> Iterator[tuple[bytes, _Pattern]]:
    for form in dict.fromkeys((token, *(unicodedata.normalize(kind, token) for kind in ("NFC", "NFD")))):
        yield form.encode("utf-16-le"), _Pattern(number, 2, 0)
        yield form.encode("utf-16-be"), _Pattern(number, 2, 1)
        written = {text.encode() for text in (form, _in_json(form), _in_json(_in_json(form)), form.replace("/", "\\/"))}
        eight_bits = (form.encode(name, "ignore") for name in ("latin-1", "cp1252") if _fits(form, name))
        for data in (*written, *eight_bits):
            yield data, _Pattern(number, 1, 0)


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _fits(text: str, encoding: str) -> bool:
    try:
        return bool(text.encode(encoding))
    except UnicodeEncodeError:
        return False


def _character(data: bytes | memoryview, at: int, unit: int, low: int) -> int | None:
    """The code of a character, None beyond the ends of the data, and _OTHER for one that no ASCII id is made of."""
    if at < 0 or at + unit > len(data):
        return None
    if unit == 1:
        return data[at]
    return data[at + low] if data[at + 1 - low] == 0 else _OTHER


def _is_digit(code: int | None) -> bool:
    return code is not None and 0x30 <= code <= 0x39


def _is_letter(code: int | None) -> bool:
    return code is not None and (0x41 <= code <= 0x5A or 0x61 <= code <= 0x7A)


def _is_same_kind(inner: int | None, outer: int | None) -> bool:
    """Whether the next character can belong to the id: a letter after a letter, or a digit after a digit."""
    return (_is_digit(inner) and _is_digit(outer)) or (_is_letter(inner) and _is_letter(outer))


def _is_word(code: int | None) -> bool:
    return _is_digit(code) or _is_letter(code)


def _has_fraction(data: bytes | memoryview, at: int, unit: int, low: int) -> bool:
    """Whether a decimal point with another digit than zero follows: 7.0 is the number 7. It looks as far as the context."""
    if _character(data, at, unit, low) != _POINT:
        return False
    for place in range(at + unit, at + CONTEXT, unit):
        code = _character(data, place, unit, low)
        if not _is_digit(code) or code != ord("0"):
            return _is_digit(code)
    return False


def _is_end(inner: int | None, outer: int | None, beyond: int | None, may_be_date: bool) -> bool:
    """Whether an id with the character `inner` at its end is complete before `outer`. A short number is also no part of a date or
    a time."""
    if _is_word(inner) and _is_word(outer):
        return False
    return not (may_be_date and outer in _DATES_AND_TIMES and _is_digit(beyond))


Found = Callable[[int, int], None]
"""Called with a token and its place in the stream."""


class Stream:
    """The search in bytes that arrive in pieces, in the memory of one piece: no id is lost where two pieces meet."""

    def __init__(self, search: Search, kind: Bytes, found: Found) -> None:
        self._search, self._kind, self._found = search, kind, found
        self._kept = search.longest + 2 * CONTEXT
        self._tail = b""
        self._start = 0
        """The place of the tail in the stream."""
        self._checked = 0
        """The matches that end here or before are done."""

    def feed(self, piece: bytes, is_last: bool = False) -> None:
        window = self._tail + piece
        until = len(window) if is_last else len(window) - CONTEXT
        for one, start, end in self._search.candidates(window):
            is_new = self._checked < self._start + end <= self._start + until
            if is_new and self._search.is_complete(one, window, start, end, self._kind):
                self._found(self._search.token(one), self._start + start)
        self._checked = max(self._checked, self._start + until)
        self._keep(window)

    def skip(self, piece: bytes) -> None:
        """Pass over bytes that need no search of their own; a match that ends in the next piece is still found."""
        window = self._tail + piece
        self._checked = max(self._checked, self._start + len(window) - CONTEXT)
        self._keep(window)

    def _keep(self, window: bytes) -> None:
        kept = window[-self._kept :]
        self._start += len(window) - len(kept)
        self._tail = kept


class TextStream:
    """The search in bytes as they are, and with the escapes of JSON, HTML and URLs resolved."""

    def __init__(self, search: Search, kind: Bytes, found: Found, found_escaped: Found) -> None:
        self._plain = Stream(search, kind, found)
        self._resolved = Stream(search, kind, found_escaped)
        self._unescaped = Unescaped()
        self._reach = 2 * search.longest + 4 * CONTEXT
        self._since = self._reach
        """Bytes since the last resolved escape."""

    def feed(self, piece: bytes, is_last: bool = False) -> None:
        self._plain.feed(piece, is_last)
        resolved, is_changed = self._unescaped.feed(piece, is_last)
        is_near = is_changed or self._since < self._reach  # the piece begins near an escape, however long it is
        self._since = 0 if is_changed else self._since + len(resolved)
        if is_near:
            self._resolved.feed(resolved, is_last)
        else:
            self._resolved.skip(resolved)  # the same bytes as the plain ones
