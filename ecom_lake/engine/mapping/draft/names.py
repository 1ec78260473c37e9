"""How well the name of a delivered column fits the names of a canonical one.

A name becomes a set of English words: `Bestell-Nr.`, `pedido_id`, `OrderNo` and `orderid` all become {order, id}. Not here: the
words themselves (the shop's vocabulary), types and values (guess.py).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

EXACT = 1.0
QUALIFIED = 0.95
"""The name has further words that only say whose the column is: `customer city`."""
LONGER = 0.6
"""The name has further words that may change its meaning."""
SHORTER = 0.5
SPELLED_ALIKE = 0.4
_ALIKE = 0.84
_BETWEEN_WORDS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z])(?=[0-9])")
_CODE_OR_NAME = ("id", "name")
_LITTLE = 0.05
_EMAIL = re.compile(r"e[-_ ]mail", re.IGNORECASE)
_RANK = 0.004
"""How much a later name counts less than the one before it."""
_SHORTEST_PART = 2
_SHORTEST_SKELETON = 3


@dataclass(frozen=True)
class Words:
    """English words by the words of other languages, abbreviations and endings of compounds."""

    english: Mapping[str, str]

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> Words:
        """From English word → other words for it."""
        english = {_plain(word): word for word in groups}
        known = english | {_plain(other): word for word, others in groups.items() for other in others}
        return cls(_skeletons(known) | known)

    def of_name(self, name: str) -> frozenset[str]:
        parts = (_plain(part) for part in _BETWEEN_WORDS.split(_EMAIL.sub("email", name.translate(_SIGNS))))
        return frozenset(word for part in parts if part for word in self._english(part)) - _FILLERS

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.english), default=0)

    def _english(self, word: str) -> tuple[str, ...]:
        if known := self._known(word):
            return (known,)
        return self._compound(word) or (word,)

    def _known(self, word: str) -> str | None:
        for form in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("en"), word.removesuffix("n")):
            if form in self.english:
                return self.english[form]
        return f"{word[:-3]}y" if word.endswith("ies") else None

    def _compound(self, word: str) -> tuple[str, ...]:
        """The words of a compound whose parts are all known: `bestellnummer`, `orderdate`."""
        for end in range(min(len(word) - _SHORTEST_PART, self._longest + 1), _SHORTEST_PART, -1):
            first = self._known(word[:end])
            if not first:
                continue
            rest = word[end:]
            if last := self._known(rest):
                return (first, last)
            if more := self._compound(rest):
                return (first, *more)
        return ()


def _skeletons(words: Mapping[str, str]) -> dict[str, str]:
    """The abbreviations of words without their vowels: `brnd`, `prc`, `chnl`; not those of two English words at once."""
    found: dict[str, set[str]] = {}
    for word, english in words.items():
        skeleton = word[0] + re.sub(r"(.)\1", r"\1", re.sub("[aeiou]", "", word[1:]))
        if len(skeleton) >= _SHORTEST_SKELETON:
            found.setdefault(skeleton, set()).add(english)
    return {skeleton: english for skeleton, (english, *others) in found.items() if not others}


_SIGNS = str.maketrans({"#": " id ", "%": " percent ", "°": "o", "º": "o"})
_FILLERS = frozenset(
    {"usd", "eur", "brl", "gbp", "euro", "real"}
    | {"the", "of", "de", "da", "do", "del", "der", "des", "di", "du", "la", "le", "el", "in", "for", "a", "an", "und", "en"}
    | {"and", "y", "et", "to", "w", "c"}
)


def _plain(word: str) -> str:
    """In small letters without accents."""
    bare = unicodedata.normalize("NFKD", word.casefold().replace("ß", "ss"))
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


@dataclass(frozen=True)
class Context:
    """What the words of a table mean in the name of a column."""

    own: Collection[str]
    """Words that say that the column is of this table."""
    foreign: Collection[str] = ()
    """Words that say that it is of another table."""
    is_own_file: bool = True
    """In a file of the table, the words that say so may be missing: `id` in a file of customers."""
    may_be_coded: bool = True
    """Whether the name may also end in code or name: `status code`, `brand name`."""


def fit(name: frozenset[str], names: Iterable[frozenset[str]], context: Context) -> float:
    """How well the words of a name fit the names of a column."""
    return max((_fit_one(name, words, context) - rank * _RANK for rank, words in enumerate(names)), default=0.0)


def _fit_one(name: frozenset[str], words: frozenset[str], context: Context) -> float:
    if not name or not words:
        return 0.0
    if name == words:
        return EXACT
    own, more, fewer = set(context.own), name - words, words - name
    if not fewer:
        return _fit_longer(len(words) / len(name), more, own, words <= own, context)
    if name < words:
        return QUALIFIED - _LITTLE if fewer <= own and context.is_own_file else SHORTER * len(name) / len(words)
    return SPELLED_ALIKE if _spelled_alike(name, words) else 0.0


def _fit_longer(share: float, more: frozenset[str], own: set[str], is_only_the_thing: bool, context: Context) -> float:
    """A name with more words than the column's name; `share` of them are the column's."""
    if more & set(context.foreign) - own:
        return 0.0
    if is_only_the_thing:
        return 0.0
    if more <= own:
        return QUALIFIED
    if context.may_be_coded and more <= {*_CODE_OR_NAME, *own}:
        return QUALIFIED - _LITTLE
    return LONGER * share + LONGER / 4


def _spelled_alike(name: frozenset[str], words: frozenset[str]) -> bool:
    letters = difflib.SequenceMatcher(None, " ".join(sorted(name)), " ".join(sorted(words)))
    return letters.real_quick_ratio() >= _ALIKE and letters.quick_ratio() >= _ALIKE and letters.ratio() >= _ALIKE
