"""Characters that a terminal obeys instead of showing, spelled out: escapes, control characters, changes of direction."""

from __future__ import annotations

from unicodedata import category

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of characters that do something and show nothing."""


def visible(text: str, keep: str = "") -> str:
    """The text with such characters as \\x1b or \\u202e, except those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode() if category(c) in _UNSEEN and c not in keep else c for c in text)
