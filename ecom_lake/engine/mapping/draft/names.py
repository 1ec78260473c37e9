"""How well the name of a delivered column fits the names of a canonical one.

A name becomes a set of English words: `Bestell-Nr.`, `pedido_id`, `OrderNo` and `orderid` all become {order, id}. Not here: the
words themselves (the shop's vocabulary), types and values (guess.py).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ecom_lake.plain_letters import plain_letters

EXACT = 1.0
QUALIFIED = 0.95
"""The name has further words that only say whose the column is: `customer city`."""
LONGER = 0.6
"""The name has further words that may change its meaning."""
SHORTER = 0.5
SPELLED_ALIKE = 0.4
_ALIKE = 0.84
_BETWEEN_WORDS = re.compile(r"[\W_の]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z])(?=[0-9])")
_CODE_OR_NAME = ("id", "name")
_LITTLE = 0.05
_EMAIL = re.compile(r"e[-_ ]mail", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b([^\W\d_])\.(?=\w)")
"""The point after the first letter of an abbreviation: `Q.tà` is quantità."""
_RANK = 0.004
"""How much a later name counts less than the one before it."""
_SHORTEST_PART = 2
_WORD_SIGNS = re.compile("[\u3040-\u30ff\u4e00-\u9fff]+")
"""Japanese and Chinese, in which one sign may be a word and no blank separates words."""
_SHORTEST_SKELETON = 3


@dataclass(frozen=True)
class Words:
    """English words by the words of other languages, abbreviations and endings of compounds."""

    english: Mapping[str, str]

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> Words:
        """From English word → other words for it."""
        english = {plain_letters(word): word for word in groups}
        known = english | {plain_letters(other): word for word, others in groups.items() for other in others}
        return cls(_skeletons(known) | _skeletons(english) | known)

    def of_name(self, name: str) -> frozenset[str]:
        whole = _ABBREVIATED.sub(r"\1", _EMAIL.sub("email", name.translate(_SIGNS)))
        parts = (plain_letters(part) for part in _BETWEEN_WORDS.split(whole))
        return frozenset(word for part in parts if part for word in self._english(part)) - _FILLERS

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.english), default=0)

    def _english(self, word: str) -> tuple[str, ...]:
        if known := self._known(word):
            return (known,)
        return self._compound(word, self.english.get) or self._compound(word, self._known) or (word,)

    def _known(self, word: str) -> str | None:
        for form in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("en"), word.removesuffix("n")):
            if form in self.english:
                return self.english[form]
        return f"{word[:-3]}y" if word.endswith("ies") else None

    def _compound(self, word: str, known: Callable[[str], str | None]) -> tuple[str, ...]:
        """The words of a compound whose parts are all known: `bestellnummer`, `orderdate`."""
        shortest = 0 if _WORD_SIGNS.fullmatch(word) else _SHORTEST_PART
        for end in range(min(len(word) - max(shortest, 1), self._longest + 1), shortest, -1):
            first = known(word[:end])
            if not first:
                continue
            rest = word[end:]
            if last := known(rest):
                return (first, last)
            if more := self._compound(rest, known):
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
    {
        "usd",
        "eur",
        "brl",
        "gbp",
        "euro",
        "real",
        "pln",
        "chf",
        "sek",
        "nok",
        "dkk",
        "czk",
        "jpy",
        "cny",
        "try",
        "mxn",
        "ars",
        "inr",
    }
    | {"the", "of", "de", "da", "do", "del", "der", "des", "di", "du", "la", "le", "el", "in", "for", "a", "an", "und", "en"}
    | {
        "and",
        "y",
        "et",
        "to",
        "w",
        "c",
        "e",
        "della",
        "dell",
        "degli",
        "con",
        "van",
        "het",
        "voor",
        "na",
        "za",
        "pa",
        "av",
        "af",
        "ve",
    }
)


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
