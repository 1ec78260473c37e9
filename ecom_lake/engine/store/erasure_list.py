"""The erasure list of a shop: the ids of erased persons as HMACs, so that a later delivery of the same persons is recognised.

`_store/erasures/00000001.json` is created only if absent and never changes; `00000001.done` is created when everything that held
the persons is gone. The key of the HMACs lies outside the lake: without it, the list names nobody. An entry of the log names the
newest erasure that its state takes into account (`Entry.erasure`). Entries of several keys stay side by side, because an HMAC
under another key needs the id: an entry names its key by a check, and `CHECK.lost` states that a key is lost, so that nobody
of its entries is recognised.
Not here: what is erased from a delivery (engine/build/erasure/), the steps of an erasure (engine/forget/).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from ecom_lake.engine.contracts.delivered import PERSON
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError
from ecom_lake.words import counted

ERASURES = "_store/erasures"
ERASURE_KEY = "ECOM_LAKE_ERASURE_KEY"
FORMER_KEY = f"{ERASURE_KEY}_FORMER"
SHORTEST_KEY = 16
"""Characters: whoever has the list and guesses the key can test ids."""
Mode = Literal["unlink", "remove"]
Ids = Mapping[str, Collection[str]]
"""Ids by kind, in plain text: in memory only."""
_DONE, _LOST = ".done", ".lost"
_FILE = re.compile(r"\d{8}\.(json|done)|[0-9a-f]{32}\.lost")
Marks = Mapping[str, Collection[str]]
"""HMACs of ids, by kind."""


class ErasureConflictError(UserError):
    """A person was erased while a delivery was read that may hold the same person."""


def belongs_to_list(path: str, shop: str) -> bool:
    """Whether a file of the store is a part of the erasure list, and not a landed file that is staged next to it."""
    folder, _, name = path.rpartition("/")
    return folder == f"{shop}/{ERASURES}" and bool(_FILE.fullmatch(name))


@dataclass(frozen=True)
class Erasure:
    number: int
    mode: Mode
    at: str
    key_check: str
    ids: Marks
    renews: frozenset[str] | None = None
    """The HMACs of the ids that were asked for, one for each person, if these were erased under a key that is lost and are listed
    again."""

    @property
    def persons(self) -> Collection[str]:
        return self.ids.get(PERSON, ()) if self.renews is None else self.renews


class ErasureList:
    """The list as it was when this object was made, and in addition what is added through it. `only`: one entry of it.
    `former`: the key of entries that were made before the key was changed."""

    def __init__(self, store: Store, shop: str, key: bytes, only: int | None = None, former: bytes = b"") -> None:
        self._store, self._folder, self._keys = store, f"{shop}/{ERASURES}", (key, *([former] if former else []))
        names = {name for name in store.names(self._folder) if _FILE.fullmatch(name)}
        self._lost = {name.removesuffix(_LOST) for name in names if name.endswith(_LOST)}
        """The checks of lost keys."""
        self._names = names if only is None else {name for name in names if name.startswith(f"{only:08d}.")}
        self.compared = self.newest
        """The newest entry that `listed` takes into account, together with all earlier ones."""
        self.added: list[int] = []
        """The entries that were added through this object."""

    def __bool__(self) -> bool:
        return self.newest > 0

    @property
    def newest(self) -> int:
        return max(self._numbers(), default=0)

    @property
    def unfinished(self) -> list[int]:
        return [number for number in self._numbers() if f"{number:08d}{_DONE}" not in self._names]

    def entry(self, number: int) -> Erasure:
        path = f"{self._folder}/{number:08d}.json"
        stored = json.loads(self._store.read(path))
        ids = {kind: frozenset(marks) for kind, marks in stored["ids"].items()}
        renews = frozenset(stored["renewed"]) if stored.get("renewed") is not None else None
        return Erasure(number, stored["mode"], stored["at"], stored["key_check"], ids, renews)

    @cached_property
    def _marks(self) -> dict[bytes, dict[str, set[str]]]:
        """The HMACs of all entries whose key is not lost, by key and kind."""
        key_of = {self._check(key): key for key in self._keys}
        marks: dict[bytes, dict[str, set[str]]] = {self._keys[0]: {}}
        for erasure in map(self.entry, self._numbers()):
            if key := key_of.get(erasure.key_check):
                for kind, some in erasure.ids.items():
                    marks.setdefault(key, {}).setdefault(kind, set()).update(some)
            elif erasure.key_check not in self._lost:
                raise UserError(self._other_key(erasure))
        return marks

    def listed(self, kind: str, values: Iterable[str]) -> set[str]:
        """Those of the values that are ids of an erased person."""
        listed = [(key, marks[kind]) for key, marks in self._marks.items() if kind in marks] if self else []
        return {value for value in values if any(self._mark(kind, value, key) in marks for key, marks in listed)}

    def mentions(self, tokens: Iterable[str]) -> bool:
        """Whether one of the words of a text is an id of an erased person, of whichever kind."""
        words = set(tokens)
        listed = [(key, kind, some) for key, marks in (self._marks if self else {}).items() for kind, some in marks.items()]
        return any(self._mark(kind, word, key) in some for word in words for key, kind, some in listed)

    def lost(self) -> dict[str, list[Erasure]]:
        """The entries whose key is lost, by the check of the key."""
        found: dict[str, list[Erasure]] = {}
        for erasure in map(self.entry, self._numbers()) if self._lost else ():
            if erasure.key_check in self._lost and erasure.key_check not in map(self._check, filter(None, self._keys)):
                found.setdefault(erasure.key_check, []).append(erasure)
        return found

    def unrecognised(self) -> str:
        """A sentence about the persons whose key is lost and who were not listed again; empty if there are none."""
        if not (lost := self.lost()):
            return ""
        renewed = [one for one in map(self.entry, self._numbers()) if one.renews is not None and one.key_check not in lost]
        persons = len(_persons_of(*lost.values())) - len(_persons_of(renewed))
        if persons <= 0:
            return ""
        who = counted(persons, "person", "is/are")
        return (
            f"The key of the erasure list is lost, and {who} not recognised when delivered again: list them again with "
            "`ecom-lake forget --again FILE`."
        )

    def give_up(self) -> list[Erasure]:
        """Record that the key of every entry that no present key has made is lost. Nobody of these is recognised any more, and
        what of them is not finished cannot be."""
        self.refuse_weak_key()
        checks = set(map(self._check, self._keys)) | self._lost
        given_up = [erasure for erasure in map(self.entry, self._numbers()) if erasure.key_check not in checks]
        for erasure in given_up:
            self.finish(erasure.number)
        for check in {erasure.key_check for erasure in given_up}:
            self._store.create(f"{self._folder}/{check}{_LOST}", b"")
            self._lost.add(check)
        return given_up

    def add(self, mode: Mode, ids: Ids, again: bool = False, renews: Collection[str] | None = None) -> Erasure | None:
        """A new entry with those of the ids that are not listed yet; None where all of them are. `again`: with all of them.
        `renews`: an id of each person who is listed again.

        Where another process adds an entry first, `compared` stays: no id was compared with that entry."""
        listed = self._marks[self._keys[0]]  # an error under another key, before anything is written
        new = {kind: sorted(self._new_marks(kind, values, again)) for kind, values in ids.items()}
        if not any(new.values()):
            return None
        at = datetime.now(UTC).isoformat(timespec="seconds")
        check = self._check(self._keys[0])
        marks_of_renewed = None if renews is None else sorted(self._new_marks(PERSON, renews, again=True))
        content: dict[str, object] = {"mode": mode, "at": at, "key_check": check, "ids": {k: v for k, v in new.items() if v}}
        content["renewed"] = marks_of_renewed
        number = self.newest + 1
        while not self._store.create(f"{self._folder}/{number:08d}.json", json.dumps(content | {"number": number}).encode()):
            number += 1  # another process added an entry
        self._names |= {f"{number:08d}.json"}
        self.added.append(number)
        if number == self.compared + 1:
            self.compared = number
        for kind, marks in new.items():
            listed.setdefault(kind, set()).update(marks)
        return self.entry(number)

    def finish(self, number: int) -> None:
        self._store.create(f"{self._folder}/{number:08d}{_DONE}", b"")
        self._names |= {f"{number:08d}{_DONE}"}

    def finish_added(self) -> None:
        for number in self.added:
            self.finish(number)

    def copy_to(self, target: Store, shop: str, finished: bool = False) -> None:
        """Add the entries to another lake of the shop. `finished`: with the record that they are carried through."""
        for number in self._numbers():
            name = f"{number:08d}.json"
            data = self._store.read(f"{self._folder}/{name}")
            if not target.create(f"{shop}/{ERASURES}/{name}", data) and target.read(f"{shop}/{ERASURES}/{name}") != data:
                raise UserError(
                    f"{target.where(f'{shop}/{ERASURES}/{name}')} is another erasure than that of {self._store.url}: the two "
                    "lakes have different erasure lists, and neither is a copy of the other."
                )
            if finished and number not in self.unfinished:
                target.create(f"{shop}/{ERASURES}/{number:08d}{_DONE}", b"")
        for check in self._lost:
            target.create(f"{shop}/{ERASURES}/{check}{_LOST}", b"")

    def _new_marks(self, kind: str, values: Iterable[str], again: bool) -> Iterator[str]:
        known = self._marks[self._keys[0]].get(kind, set()) if not again else set[str]()
        return (mark for value in values if (mark := self._mark(kind, value, self._keys[0])) not in known)

    def _numbers(self) -> list[int]:
        return sorted(int(name.removesuffix(".json")) for name in self._names if name.endswith(".json"))

    def _mark(self, kind: str, value: str, key: bytes) -> str:
        self.refuse_weak_key()
        return hmac.digest(key, f"{kind}\x1f{value}".encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def _check(self, key: bytes) -> str:
        return self._mark("", "", key)

    def refuse_other_key(self) -> None:
        """Raise an error if an entry was made with a key that is neither set nor recorded as lost."""
        self.refuse_weak_key()
        _ = self._marks

    def refuse_weak_key(self) -> None:
        if not self._keys[0]:
            raise UserError(
                f"The erasure list needs its key: set {ERASURE_KEY} to a secret text of at least {SHORTEST_KEY} characters, keep "
                "it outside the lake, and never lose it. Without it, nobody who was erased is recognised when delivered again."
            )
        if len(self._keys[0]) < SHORTEST_KEY:
            raise UserError(f"{ERASURE_KEY} is too short: use a secret text of at least {SHORTEST_KEY} characters.")

    def _other_key(self, erasure: Erasure) -> str:
        path = self._store.where(f"{self._folder}/{erasure.number:08d}.json")
        return (
            f"{ERASURE_KEY} is not the key that {path} was made with: set {FORMER_KEY} to the key that it was made with. If that "
            "key is lost, run `ecom-lake forget --lost-key`."
        )


def _persons_of(*several: Iterable[Erasure]) -> set[str]:
    return {mark for erasures in several for erasure in erasures for mark in erasure.persons}
