"""Manifests: the files of a table, or the landed files of a shop, as immutable files that the states of the log share.

`_store/manifests/<hash>.json.gz` is named after its content, is created only if absent and never changes. A manifest holds
records. A long one holds the hashes of its segments, and the segments hold the records, so that a new record rewrites one
segment. The records decide where a segment ends (content-defined boundaries): equal content has equal segments and hashes.
Not here: what a record means (entry_json.py), which state names which manifest (log.py).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

MANIFESTS = "_store/manifests"
Record = Mapping[str, Any]
_SEGMENT = 16_384
"""Bytes of JSON in a segment, on average: the records of some 40 files, about 4 kB compressed."""
_UNREADABLE = (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error)


class DamagedManifestError(UserError):
    """A file of a manifest is missing, or has other bytes than those that were written."""

    def __init__(self, path: str) -> None:
        super().__init__(f"The manifest {path} is missing or damaged. `ecom-lake repair` restores or rebuilds what it lists.")


@dataclass(frozen=True)
class Content:
    records: Mapping[str, Record]
    shared: Record = field(default_factory=dict)
    """What nearly every record would repeat."""


class Manifests:
    """The manifests of one shop."""

    def __init__(self, store: Store, shop: str) -> None:
        self._store = store
        self._shop = shop

    def write(self, content: Content, replaced: str = "", twice: bool = False) -> str:
        """Write what is new of a manifest; returns its hash. `replaced`: the manifest before it, whose segments exist.

        `twice`: with a second copy of each file, for records that could not be rebuilt."""
        existing = set(self._segments(replaced)) if replaced else set[str]()
        bodies = list(_segments(content.records))
        head = {"shared": content.shared} if content.shared else {}
        if len(bodies) == 1:
            return self._create(_json({**head, "records": content.records}), twice)
        segments = [_hash(body) for body in bodies]
        for digest, body in zip(segments, bodies, strict=True):
            if digest not in existing:
                self._create(body, twice)
        return self._create(_json({**head, "segments": segments}), twice)

    def read(self, manifest: str) -> Content:
        head = json.loads(self._bytes(manifest))
        bodies = [head] if "records" in head else map(json.loads, self._store.each(self._bytes, head["segments"]))
        return Content({key: record for body in bodies for key, record in body["records"].items()}, head.get("shared", {}))

    def records(self, digest: str) -> Mapping[str, Record]:
        """The records of one file: of a segment or of a manifest without segments."""
        records: Mapping[str, Record] = json.loads(self._bytes(digest)).get("records", {})
        return records

    def files(self, manifest: str) -> list[str]:
        """The hashes of the manifest and of its segments."""
        return [manifest, *self._segments(manifest)]

    def copy(self, digest: str, target: Manifests) -> None:
        target._create(self._bytes(digest), twice=self._store.exists(self.paths(digest)[1]))

    def paths(self, digest: str) -> tuple[str, str]:
        """The path of a file, and the path of its second copy."""
        return (f"{self._shop}/{MANIFESTS}/{digest}.json.gz", f"{self._shop}/{MANIFESTS}/{digest}.copy.json.gz")

    def readable(self, manifest: str) -> Content:
        """The content without damaged segments; nothing if the manifest itself is damaged."""
        found = [body for digest in (manifest, *self._readable_segments(manifest)) if (body := self._readable(digest))]
        records = {key: record for body in found for key, record in body.get("records", {}).items()}
        return Content(records, found[0].get("shared", {}) if found else {})

    def repair(self, manifest: str) -> None:
        """Restore damaged files from their second copies, where they have one."""
        for digest in (manifest, *self._readable_segments(manifest)):
            found, second = (self._checked(path, digest) for path in self.paths(digest))
            path, copy = self.paths(digest)
            if found is None and second is not None:
                self._store.write(path, _compressed(second))
            if second is None and found is not None and self._store.exists(copy):
                self._store.write(copy, _compressed(found))

    def is_intact(self, manifest: str) -> bool:
        """Whether every file can be read from the store itself, and not only from memory or from a second copy."""
        try:
            return all(self._checked(self.paths(digest)[0], digest) is not None for digest in self.files(manifest))
        except DamagedManifestError:
            return False

    def _segments(self, manifest: str) -> list[str]:
        return list(json.loads(self._bytes(manifest)).get("segments", ()))

    def _readable_segments(self, manifest: str) -> list[str]:
        return list((self._readable(manifest) or {}).get("segments", ()))

    def _readable(self, digest: str) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self._bytes(digest)))
        except DamagedManifestError:
            return None

    def _bytes(self, digest: str) -> bytes:
        path, copy = self.paths(digest)
        try:
            body = gzip.decompress(self._store.read_immutable(path))
        except _UNREADABLE:
            body = b""
        if _hash(body) == digest:
            return body
        for place in (path, copy):  # it may have been repaired since it was remembered
            if (found := self._checked(place, digest)) is not None:
                return found
        raise DamagedManifestError(path)

    def _checked(self, path: str, digest: str) -> bytes | None:
        """The content of a file; None if it is missing or damaged."""
        try:
            body = gzip.decompress(self._store.read(path))
        except _UNREADABLE:
            return None
        return body if _hash(body) == digest else None

    def _create(self, body: bytes, twice: bool) -> str:
        digest, data = _hash(body), _compressed(body)
        for path in self.paths(digest)[: 2 if twice else 1]:
            if not self._store.create(path, data):
                self._store.write(path, data)  # garbage of an older state with this content: too new now to be deleted
        return digest


def _segments(records: Mapping[str, Record]) -> Iterator[bytes]:
    """The records in the order of their keys, cut after a record whose key and size decide so; at least one segment."""
    lines: list[bytes] = []
    for key in sorted(records):
        name = _json(key)
        lines.append(name + b":" + _json(records[key]))
        draw = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()) / 2**64
        if draw * _SEGMENT < len(lines[-1]):
            yield _body(lines)
            lines = []
    if lines or not records:
        yield _body(lines)


def _body(lines: list[bytes]) -> bytes:
    return b'{"records":{' + b",".join(lines) + b"}}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
