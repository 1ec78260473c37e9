"""Names of columns that probably mean the same: `product_name` and `name`, `price` and `unit_price`, `Order ID` and `order_id`.

Here: how similar two names are, first by their words, then by their letters. Not here: how it is reported (table_recognition.py).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_SIMILAR = 0.82
"""How similar the letters of two names must be if neither has all the words of the other."""
_BETWEEN_WORDS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")
_WEAK = {"at", "id", "is", "unit"}
"""Words that alone do not show what a column contains: `id` is not similar to `seller_id`."""


def nearest(name: str, others: Iterable[str]) -> str | None:
    """The name among the others that most probably means the same; None where none is similar."""
    alike = {other: similarity(name, other) for other in others}
    best = max(alike, key=lambda other: alike[other], default=None)
    return best if best is not None and alike[best] > (0, 0) else None


def similar_pairs(names: Iterable[str], others: Iterable[str]) -> list[tuple[str, str]]:
    """Names, in the given order, with the other name that each probably means. The most similar are paired first, none twice."""
    names, others = list(names), list(others)
    alike = [(similarity(name, other), name, other) for name in names for other in others]
    pairs: dict[str, str] = {}
    for score, name, other in sorted(alike, key=lambda pair: pair[0], reverse=True):
        if score > (0, 0) and name not in pairs and other not in pairs.values():
            pairs[name] = other
    return [(name, pairs[name]) for name in names if name in pairs]


def similarity(name: str, other: str) -> tuple[float, float]:
    """Sortable: the share of words in common where one name has all words of the other, then the similarity of the letters.

    (0, 0) where the names are not similar."""
    mine, theirs = words(name), words(other)
    letters = difflib.SequenceMatcher(None, name.casefold(), other.casefold())
    if mine and (mine == theirs or ((mine & theirs) - _WEAK and (mine <= theirs or theirs <= mine))):
        return len(mine & theirs) / len(mine | theirs), letters.ratio()
    # The quick ratios are upper bounds: they exclude most of a thousand columns without comparing all letters.
    bounds = (letters.real_quick_ratio, letters.quick_ratio, letters.ratio)
    return (0, letters.ratio()) if all(bound() >= _SIMILAR for bound in bounds) else (0, 0)


def words(name: str) -> set[str]:
    return {word.casefold() for word in _BETWEEN_WORDS.split(name) if word}
