"""The commit log of a shop: which immutable files are the current tables, and which of those are released.

`_store/log/00000042.json` is created only if absent and never changes. It holds the whole map from table and part to
files, so that one small read tells a reader everything, and two writers can only be one after the other.
Not here: writing data files (lake.py), deciding what to commit (pipeline/).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from ecom_lake import logs
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

LOG = "_store/log"
Parts = Mapping[str, "File"]


@dataclass(frozen=True)
class Delivery:
    """How a bronze file came: the delivery record, from which every time in gold is taken."""

    sequence: int
    file: str
    content_hash: str
    delivered_at: str
    rejected: int
    extra_columns: tuple[str, ...] = ()
    encoding: str = ""
    misnamed_columns: tuple[tuple[str, str], ...] = ()
    """Extra columns that are probably columns of the table which the file lacks: the name there, and the name here."""


@dataclass(frozen=True)
class File:
    """One immutable data file and what it was made from."""

    path: str
    rows: int
    bytes: int
    hash: str
    fingerprint: str
    run: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Version of each table that the file was made from."""
    fates: tuple[tuple[str, int, str, int], ...] = ()
    """Delivered rows that this step accounts for: bronze table, delivery, fate, rows."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Rows that failed each rule, where any did."""
    delivery: Delivery | None = None


@dataclass(frozen=True)
class Landed:
    """A file seen in landing: what it held, or why it was refused."""

    stamp: str
    hash: str
    """The content hash of each file that it holds, joined by `+`."""
    reader: str
    refused: str = ""
    refused_tables: tuple[str, ...] = ()
    """The delivered tables that its refused files were meant for, as far as names and columns show it."""


@dataclass(frozen=True)
class BuiltWith:
    """The settings that a state was built with, and where they were written."""

    values: Mapping[str, Any]
    """Every setting that can change a table, by name."""
    written: str
    """Digest of what the file said of the shop."""
    file: str
    """The file; empty where there was none."""
    files: Mapping[str, str]
    """The files that this shop has been built with, the latest one last, each with the digest of what it said then."""


@dataclass(frozen=True)
class Entry:
    """One state of a shop."""

    number: int
    parent: int | None
    run: str
    at: str
    message: str
    tables: Mapping[str, Parts] = field(default_factory=dict)
    landing: Mapping[str, Landed] = field(default_factory=dict)
    release: int | None = None
    """The entry whose tables readers see."""
    pinned: bool = False
    built_with: BuiltWith | None = None
    """None in a state that was made before settings were recorded."""

    def parts(self, table: str) -> Parts:
        return self.tables.get(table, {})

    def version(self, table: str) -> str:
        """Changes whenever the table's content does, and only then."""
        if table not in self._versions:
            content = "\n".join(f"{part} {file.hash}" for part, file in sorted(self.parts(table).items()))
            self._versions[table] = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        return self._versions[table]

    @cached_property
    def _versions(self) -> dict[str, str]:
        return {}

    def with_parts(self, table: str, parts: Mapping[str, File | None]) -> Entry:
        """This entry with some parts of a table replaced; a part that is None is gone."""
        merged: dict[str, File | None] = {**self.parts(table), **parts}
        kept = {part: file for part, file in merged.items() if file is not None}
        tables = {name: found for name, found in self.tables.items() if name != table} | ({table: kept} if kept else {})
        return replace(self, tables=tables)


EMPTY = Entry(number=0, parent=None, run="", at="", message="nothing yet")


class ConflictError(Exception):
    """What a step had read changed before it could commit."""


class DamagedError(UserError):
    """An entry that does not hold what was written."""


_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
_ASIDE = "damaged-"
_SEAL = b'{"seal":"'
_SEALED = 32
_UNSEALED = b'{"number":'
"""How entries began before they were sealed."""


class Log:
    def __init__(self, store: Store, shop: str) -> None:
        self._store = store
        self._shop = shop

    def head(self) -> Entry:
        return self._newest(self._names())

    def _newest(self, names: Iterable[str]) -> Entry:
        numbers = _numbers(names)
        return self.entry(numbers[-1]) if numbers else EMPTY

    def released(self) -> Entry | None:
        """The state that readers see, or None where nothing was ever released."""
        head = self.head()
        return None if head.release is None else self.entry(head.release)

    def numbers(self) -> list[int]:
        return _numbers(self._names())

    def _names(self) -> list[str]:
        return [info.path.rsplit("/", 1)[-1] for info in self._store.list(f"{self._shop}/{LOG}")]

    def entry(self, number: int) -> Entry:
        try:
            return self._read(number)
        except DamagedError:
            raise DamagedError(f"The log entry {self._path(number)} is damaged. {self._way_out(number)}") from None

    def _read(self, number: int) -> Entry:
        path = self._path(number)
        try:
            try:
                return _decode(self._store.read_immutable(path))
            except _UNREADABLE:
                return _decode(self._store.read(path))  # it may have been mended since it was remembered
        except FileNotFoundError:
            raise UserError(
                f"Entry {number} of shop '{self._shop}' is not in the log; `ecom-lake log` lists those that are."
            ) from None
        except _UNREADABLE:
            raise DamagedError(path) from None

    def is_whole(self, number: int) -> bool:
        try:
            self._read(number)
        except DamagedError:
            return False
        return True

    def _way_out(self, number: int) -> str:
        whole = next((self._read(n) for n in reversed(self.numbers()) if n < number and self.is_whole(n)), None)
        repair = "`ecom-lake repair` sets it aside and builds again what only it held."
        if whole is None:
            return f"No entry before it is whole. {repair}"
        shown = "nothing was released yet" if whole.release is None else f"readers saw release {whole.release}"
        return f"Entry {whole.number} before it is whole, when {shown}. {repair}"

    def set_aside(self, number: int) -> str:
        """Take a damaged entry out of the log, and keep it; its number is not used again."""
        kept = f"{self._shop}/{LOG}/{_ASIDE}{number:08d}.json"
        self._store.copy(self._path(number), kept)
        self.delete(number)
        return kept

    def read(self, number: int) -> bytes:
        """An entry as it lies there."""
        return self._store.read_immutable(self._path(number))

    def append(self, number: int, data: bytes) -> bool:
        """Write an entry of another root's log, unless there is another one of that number."""
        return self._is_ours(self._path(number), data)

    def commit(self, change: Callable[[Entry], Entry], run: str, message: str) -> Entry:
        """Append `change(head)`; where another writer was quicker, on top of theirs. No change, no entry."""
        while True:
            names = self._names()
            head = self._newest(names)
            changed = change(head)
            if changed is head:
                return head
            entry = replace(
                changed,
                number=max([head.number, *_numbers(name.removeprefix(_ASIDE) for name in names)]) + 1,
                parent=head.number or None,
                run=run,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                message=message,
            )
            if changed.release == -1:
                entry = replace(entry, release=entry.number)
            if self._is_ours(self._path(entry.number), _encode(entry)):
                return entry
            logs.tell("retried", after=f"another writer took state {entry.number}")

    def _is_ours(self, path: str, data: bytes) -> bool:
        """Take the number, unless another writer has it. Where the answer to a write was lost, its bytes say whose it is."""
        return self._store.create(path, data) or self._store.read_immutable(path) == data

    def delete(self, number: int) -> None:
        self._store.delete(self._path(number))

    def _path(self, number: int) -> str:
        return f"{self._shop}/{LOG}/{number:08d}.json"


def _numbers(names: Iterable[str]) -> list[int]:
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())


def _encode(entry: Entry) -> bytes:
    """JSON that starts with the hash of the rest: a flipped bit that leaves it readable is found too."""
    said = {k: _plain(v) for k, v in vars(entry).items() if k != "_versions" and (k, v) != ("built_with", None)}
    body = json.dumps(said, separators=(",", ":")).encode()
    return _SEAL + _seal(body) + b'",' + body[1:]


def _seal(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SEALED // 2).hexdigest().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, File):
        filled = {key: item for key, item in vars(value).items() if item not in ({}, (), None)}
        return filled | ({"delivery": _delivery(value.delivery)} if value.delivery else {})
    if isinstance(value, Landed):
        return {key: item for key, item in vars(value).items() if item != ()}
    return asdict(value) if isinstance(value, BuiltWith) else value


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {key: item for key, item in asdict(delivery).items() if (key, item) != ("misnamed_columns", ())}


@lru_cache(4)
def _decode(data: bytes) -> Entry:
    """A step asks for the head several times; an entry is never changed."""
    if not data.startswith(_UNSEALED):
        seal, data = data[: len(_SEAL) + _SEALED], b"{" + data[len(_SEAL) + _SEALED + 2 :]
        if seal != _SEAL + _seal(data):
            raise ValueError("the seal is broken")
    raw = json.loads(data)
    raw["tables"] = {table: {part: _file(file) for part, file in parts.items()} for table, parts in raw["tables"].items()}
    raw["landing"] = {path: _landed(landed) for path, landed in raw["landing"].items()}
    if built_with := raw.get("built_with"):
        raw["built_with"] = BuiltWith(**built_with)
    return Entry(**raw)


def _landed(raw: dict[str, Any]) -> Landed:
    return Landed(**raw | {"refused_tables": tuple(raw.get("refused_tables", ()))})


def _file(raw: dict[str, Any]) -> File:
    if delivery := raw.get("delivery"):
        misnamed = tuple((there, here) for there, here in delivery.get("misnamed_columns", ()))
        columns = {"extra_columns": tuple(delivery["extra_columns"]), "misnamed_columns": misnamed}
        raw["delivery"] = Delivery(**delivery | columns)
    if fates := raw.get("fates"):
        raw["fates"] = tuple((source, sequence, fate, rows) for source, sequence, fate, rows in fates)
    return File(**raw)
