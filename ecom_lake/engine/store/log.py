"""The commit log of a shop: which immutable files are the current tables, and which state is released.

`_store/log/00000042.json` is created only if absent and never changes. It maps each table to a manifest of its files, so that
one small read is a consistent state, and of two concurrent writers one retries on top of the other. Data files are written
before manifests, and manifests before the entry: what an interrupted commit leaves is named by no state.
Not here: what an entry is (entry.py), manifests (entry_manifests.py), writing data files (lake.py), deciding what to commit
(engine/build/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ecom_lake import logs
from ecom_lake.engine.store.entry import EMPTY, Entry
from ecom_lake.engine.store.entry_json import UNREADABLE, NewerVersionError, decode, encode
from ecom_lake.engine.store.entry_manifests import EntryManifests
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

LOG = "_store/log"
_SET_ASIDE = "damaged-"


class ConflictError(Exception):
    """The tables that a step had read changed before it could commit."""


class DamagedError(UserError):
    """An entry whose bytes are not the ones that were written."""


class Log:
    def __init__(self, store: Store, shop: str) -> None:
        self._store = store
        self._shop = shop
        self._listed: Sequence[int] = ()
        self.manifests = EntryManifests(store, shop)

    def head(self) -> Entry:
        return self._newest(self.numbers())

    def _newest(self, numbers: Sequence[int]) -> Entry:
        return self.entry(numbers[-1]) if numbers else EMPTY

    def released(self) -> Entry | None:
        """The state that readers see; None where nothing was released yet."""
        head = self.head()
        return None if head.release is None else self.entry(head.release)

    def numbers(self) -> list[int]:
        return self._list()[0]

    def _list(self) -> tuple[list[int], int]:
        """The numbers of the entries, in order, and the highest number that was ever used."""
        names = self._store.names(f"{self._shop}/{LOG}")
        self._listed = numbers = _numbers(names)
        set_aside = _numbers(name.removeprefix(_SET_ASIDE) for name in names if name.startswith(_SET_ASIDE))
        return numbers, max([0, *numbers[-1:], *set_aside])

    def entry(self, number: int) -> Entry:
        try:
            return self._read(number)
        except DamagedError:
            raise DamagedError(f"The log entry {self._path(number)} is damaged. {self._what_to_do(number)}") from None

    def _read(self, number: int) -> Entry:
        path = self._path(number)
        try:
            try:
                return self._decoded(self._store.read_immutable(path))
            except UNREADABLE:
                return self._decoded(self._store.read(path))  # it may have been repaired since it was remembered
        except FileNotFoundError:
            raise UserError(self._why_gone(number)) from None
        except UNREADABLE:
            raise DamagedError(path) from None

    def _why_gone(self, number: int) -> str:
        newest = max(self.numbers(), default=0)
        erasure = self._read(newest).erasure if newest > number else 0
        if erasure:
            return (
                f"Entry {number} of shop '{self._shop}' is not in the log: an erasure deletes all older states, because they "
                "hold the erased persons, and nothing leads back beyond it. `ecom-lake log` lists the entries."
            )
        return f"Entry {number} of shop '{self._shop}' is not in the log; `ecom-lake log` lists the entries."

    def has(self, number: int) -> bool:
        """Whether an entry was in the log when it was last listed, or is in it now; its content is not checked."""
        return number in self._listed or self._store.exists(self._path(number))

    def _decoded(self, data: bytes) -> Entry:
        return decode(data, self.manifests.parts, self.manifests.landing)

    def is_readable(self, number: int) -> bool:
        """Whether the entry is intact, also where a newer version wrote it. Its manifests are not read."""
        try:
            self._read(number)
        except DamagedError:
            return False
        except NewerVersionError:
            return True
        return True

    def _what_to_do(self, number: int) -> str:
        intact = next((self._read(n) for n in reversed(self.numbers()) if n < number and self.is_readable(n)), None)
        repair = "`ecom-lake repair` sets it aside and rebuilds what was recorded only there."
        if intact is None:
            return f"No earlier entry is intact. {repair}"
        shown = "nothing was released" if intact.release is None else f"readers saw release {intact.release}"
        return f"The latest intact entry before it is {intact.number}, when {shown}. {repair}"

    def set_aside(self, number: int) -> str:
        """Move a damaged entry out of the log, under another name; its number is not used again."""
        kept = f"{self._shop}/{LOG}/{_SET_ASIDE}{number:08d}.json"
        self._store.copy(self._path(number), kept)
        self.delete(number)
        return kept

    def read(self, number: int) -> bytes:
        """The bytes of an entry."""
        return self._store.read_immutable(self._path(number))

    def append(self, number: int, data: bytes) -> bool:
        """Copy an entry of another root's log, whose manifests were copied; False where another entry has its number."""
        return self._created(self._path(number), data)

    def commit(self, change: Callable[[Entry], Entry], run: str, message: str, release: bool = False) -> Entry:
        """Append `change(head)`; where another writer was faster, on top of theirs. If it returns the head, nothing is appended.

        `release`: readers see the new entry."""
        while True:
            numbers, highest = self._list()
            head = self._newest(numbers)
            changed = change(head)
            if changed is head:
                return head
            entry = replace(
                changed,
                number=highest + 1,
                parent=head.number or None,
                run=run,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                message=message,
            )
            entry = replace(entry, release=entry.number) if release else replace(entry, definitions="")
            entry = self.manifests.write(entry, head)
            if self._created(self._path(entry.number), encode(entry)):
                return entry
            logs.log_event("retried", after=f"another writer took state {entry.number}")

    def _created(self, path: str, data: bytes) -> bool:
        """Write an entry unless another writer has its number. Where the answer to a write was lost, the bytes decide."""
        return self._store.create(path, data) or self._store.read_immutable(path) == data

    def delete(self, number: int) -> None:
        self._store.delete(self._path(number))

    def _path(self, number: int) -> str:
        return f"{self._shop}/{LOG}/{number:08d}.json"


def _numbers(names: Iterable[str]) -> list[int]:
    return sorted(int(stem) for name in names if (stem := name.removesuffix(".json")).isdigit() and stem != name)
