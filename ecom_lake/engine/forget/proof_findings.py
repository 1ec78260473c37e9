"""What a proof has found: where the searched ids are, and what could not be read. It holds no id itself.

Here: the result, and the certificate made from it. Not here: finding (proof.py, proof_readers/).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ecom_lake.engine.forget.proof_search import Search


@dataclass(frozen=True)
class Hit:
    """Ids that were found in one part of a file."""

    place: str
    """The file; of a packed one `dump.zip/orders.csv`."""
    kind: str
    """What was read: bytes, values, statistics …"""
    where: str
    """The column or the part of the file; empty for bytes."""
    first: str
    """The place of the first one: its byte or row."""
    ids: int
    """How many of the searched ids it holds."""


@dataclass(frozen=True)
class Unread:
    """A file that could not be read as a whole: whether it holds an id is not known."""

    place: str
    why: str


@dataclass(frozen=True)
class Proof:
    places: Sequence[str]
    searched: int
    """How many ids were searched for."""
    files: Mapping[str, int]
    """How many files were read, by kind. Files in an archive are counted too."""
    bytes: int
    """Bytes of the files, before anything is unpacked."""
    hits: Sequence[Hit]
    unread: Sequence[Unread]

    @property
    def is_clean(self) -> bool:
        return not self.hits and not self.unread

    def certificate(self) -> dict[str, Any]:
        """What was read and found, without any id."""
        return {**asdict(self), "is_clean": self.is_clean}


@dataclass
class Findings:
    """Collects the results of a proof while it runs."""

    search: Search
    files: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    unread: list[Unread] = field(default_factory=list)
    _tokens: dict[tuple[str, str, str], set[int]] = field(default_factory=dict)
    _first: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def note(self, place: str, kind: str, where: str, token: int, first: str) -> None:
        key = (place, kind, where)
        self._first.setdefault(key, first)
        self._tokens.setdefault(key, set()).add(token)

    def found(self, place: str) -> set[int]:
        """The tokens that were found in a file so far."""
        return {token for (one, _, _), tokens in self._tokens.items() if one == place for token in tokens}

    def not_read(self, place: str, why: str) -> None:
        self.unread.append(Unread(self.search.mask(place), why))

    @property
    def hits(self) -> list[Hit]:
        return [
            Hit(self.search.mask(place), kind, self.search.mask(where), self._first[place, kind, where], len(tokens))
            for (place, kind, where), tokens in sorted(self._tokens.items())
        ]
