"""Letters without accents: `Müşteri` and `musteri` are one word."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters that are no base letter with an accent."""


def plain_letters(text: str) -> str:
    """In small letters without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
