"""A header in snake case: `Lineitem quantity` becomes `lineitem_quantity`, and `Müşteri No` becomes `musteri_no`.

The name can be written in a SQL expression without quotes. Not here: which column a header is (table_recognition.py).
"""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters that are no base letter with an accent."""
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(header: str) -> str:
    """Empty for a header without letters and digits."""
    split = _BETWEEN_WORDS.sub("_", header.strip())
    plain = unicodedata.normalize("NFKD", split).casefold().translate(_LETTERS)
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", "_", letters).strip("_")
