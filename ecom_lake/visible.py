"""Escapes characters that control a terminal instead of being displayed: escape codes, control and bidi characters."""

from __future__ import annotations

from unicodedata import category

_WITHOUT_GLYPH = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""The Unicode categories of characters without a glyph."""


def visible(text: str, keep: str = "") -> str:
    """The text with such characters escaped, as in \\x1b or \\u202e, except those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode() if category(c) in _WITHOUT_GLYPH and c not in keep else c for c in text)
