"""Headers without prefixes that say nothing about a column: `f_qty`, `oi_qty` and `OXQTY` are `qty`, `strCity` is `city`.

A prefix is dropped if most headers of the file have it, and more of them consist of known words without it. So `order_id` and
`order_date` keep their word, and a prefix of a few columns, such as `warehouse_city`, is part of the name. Not here: what the
words mean (names.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile

from ecom_lake.engine.landing.snake_case import snake_case

_FEWEST_HEADERS = 4
_MOST = 0.7
"""The share of the headers that have a prefix."""
_LONGEST_NESTED = 3
"""Prefixes of prefixes that are dropped: `x_studio_city`."""
_SHORTEST_WITHOUT_SEPARATOR = 2
_TYPES = frozenset(
    {"str", "txt", "chr", "vch", "nvc", "int", "lng", "num", "dbl", "dec", "sng", "cur", "mny", "bln", "bool", "bit", "dat"}
    | {"dte", "dtm", "dt", "fld", *"snildbfcmt"}
)
"""The prefixes of the types of columns in Hungarian notation."""
_FEWEST_TYPES = 2

IsKnown = Callable[[str], bool]
"""Whether a name consists of known words."""


def without_prefixes(headers: Sequence[str], is_known: IsKnown) -> dict[str, str]:
    """Header → the header without the prefixes that most headers have."""
    best = shorter = {header: header for header in headers}
    for _ in range(_LONGEST_NESTED):
        if found := _without_types(shorter):
            return found
        found = _without_shared_word(shorter) or _without_shared_letters(shorter)
        if found is None:
            break
        shorter = found
        if _known(shorter, is_known) > _known(best, is_known):
            best = shorter
    return best


def _known(bare: dict[str, str], is_known: IsKnown) -> int:
    return sum(is_known(name) for name in bare.values())


def _without_types(bare: dict[str, str]) -> dict[str, str] | None:
    """Without the prefixes of types; None if most headers have none, or all have the same, which then is no type."""
    found = {header: first for header, name in bare.items() if (first := _first_word(name)) in _TYPES and _rest(name, first)}
    if not _are_most(len(found), bare) or len(set(found.values())) < _FEWEST_TYPES:
        return None
    return bare | {header: _rest(bare[header], first) for header, first in found.items()}


def _without_shared_word(bare: dict[str, str]) -> dict[str, str] | None:
    counts = Counter(_first_word(name) for name in bare.values())
    word, count = counts.most_common(1)[0] if counts else ("", 0)
    if not word or not _are_most(count, bare):
        return None
    return {header: _rest(name, word) or name if _first_word(name) == word else name for header, name in bare.items()}


def _without_shared_letters(bare: dict[str, str]) -> dict[str, str] | None:
    """Without the letters that all headers begin with, and that no sign separates from the word."""
    names = [name.casefold() for name in bare.values()]
    shared = "".join(letters[0] for letters in takewhile(_are_same, zip(*names, strict=False)))
    if len(shared) < _SHORTEST_WITHOUT_SEPARATOR or not _are_most(len(names), bare):
        return None
    return {header: name[len(shared) :] or name for header, name in bare.items()}


def _are_same(letters: Sequence[str]) -> bool:
    return len(set(letters)) == 1


def _are_most(count: int, bare: dict[str, str]) -> bool:
    return count >= _FEWEST_HEADERS and count >= _MOST * len(bare)


def _first_word(name: str) -> str:
    return snake_case(name).split("_")[0]


def _rest(name: str, first: str) -> str:
    """What follows the first word of a header; empty if nothing does."""
    return re.sub(rf"^[\W_]*{re.escape(first)}[\W_]*", "", name, flags=re.IGNORECASE)
