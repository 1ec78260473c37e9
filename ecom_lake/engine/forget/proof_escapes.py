"""Escapes of JSON, HTML and URLs, resolved in bytes that arrive in pieces.

`Jos\\u00e9`, `Jos&eacute;`, `Jos&#233;` and `Jos%C3%A9` become the UTF-8 of José, with any number of backslashes, because JSON is
often text within JSON. Escaped quotes and line ends stay, because resolving so many would take most of the time: the search knows
them.
Not here: the search (proof_search.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.entities import html5

_LONGEST = 160
"""Bytes of the longest escape."""
_LAST = 0x10FFFF


@dataclass(frozen=True)
class _Escapes:
    """One way of escaping."""

    marker: bytes
    """In every text with such an escape: a text without it needs no further look, which is most of the time."""
    escape: re.Pattern[bytes]
    incomplete: re.Pattern[bytes]
    """The beginning of an escape at the end of a piece."""
    resolved: Callable[[re.Match[bytes]], bytes]

    def resolve(self, data: bytes) -> bytes:
        return self.escape.sub(self.resolved, data) if self.marker in data else data


def _of_json(found: re.Match[bytes]) -> bytes:
    high, low, code = found.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)).encode()
    return chr(int(code, 16)).encode("utf-8", "replace")


def _of_html(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = found.groups()
    if name:
        return html5[f"{name.decode()};"].encode() if f"{name.decode()};" in html5 else found[0]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number).encode("utf-8", "replace") if number <= _LAST else found[0]


def _of_url(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


_JSON = _Escapes(
    b"\\u",
    re.compile(rb"\\{1,64}(?:u([dD][89abAB][0-9a-fA-F]{2})\\{1,64}u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))"),
    re.compile(rb"\\{1,64}(?:u(?:[0-9a-fA-F]{0,3}|[dD][89abAB][0-9a-fA-F]{2}(?:\\{1,64}(?:u[0-9a-fA-F]{0,3})?)?))?\Z"),
    _of_json,
)
_HTML = _Escapes(
    b"&",
    re.compile(rb"&(?:#([0-9]{1,10})|#[xX]([0-9a-fA-F]{1,8})|([A-Za-z][A-Za-z0-9]{1,31}));"),
    re.compile(rb"&(?:#[xX]?)?[0-9A-Za-z]{0,32}\Z"),
    _of_html,
)
_URL = _Escapes(b"%", re.compile(rb"%([0-9a-fA-F]{2})"), re.compile(rb"%[0-9a-fA-F]?\Z"), _of_url)
_STAGES = (_JSON, _HTML, _URL) * 2
"""Twice, for the escapes that are made by resolving others, such as `&amp;#233;`."""


def unescape(data: bytes) -> bytes:
    """The data with every escape resolved."""
    for stage in _STAGES:
        data = stage.resolve(data)
    return data


class Unescaped:
    """Resolves escapes across the borders of pieces."""

    def __init__(self) -> None:
        self._held = [b""] * len(_STAGES)

    def feed(self, piece: bytes, is_last: bool = False) -> tuple[bytes, bool]:
        """The resolved bytes as far as they are certain, and whether they differ from the given ones."""
        is_changed = False
        for turn, stage in enumerate(_STAGES):
            text = self._held[turn] + piece
            incomplete = None if is_last else stage.incomplete.search(text, max(0, len(text) - _LONGEST))
            cut = incomplete.start() if incomplete else len(text)
            self._held[turn], complete = text[cut:], text[:cut]
            piece = stage.resolve(complete)
            is_changed |= piece != complete
        return piece, is_changed
