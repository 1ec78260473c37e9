"""The manifests of the log's entries: written before an entry, loaded when a table of it is read, checked, repaired.

Not here: the files of a manifest (manifests.py), their records (entry_json.py), the log (log.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import EMPTY, Entry, Landed, Parts, version_of
from ecom_lake.engine.store.entry_json import content_of_landing, content_of_parts, landing_of_content, parts_of_content
from ecom_lake.engine.store.manifests import Content, Manifests, Record
from ecom_lake.engine.store.store import Store
from ecom_lake.engine.store.stored import Stored

Loaded = TypeVar("Loaded")
_DELIVERED = ("bronze", "rejects")
"""The layers that cannot be rebuilt from another layer: their manifests are written twice."""
_LOADED = 256
"""The number of manifests that stay in memory: those of two states."""


class EntryManifests:
    def __init__(self, store: Store, shop: str) -> None:
        self._store = store
        self._manifests = Manifests(store, shop)
        self._loaded: OrderedDict[str, Any] = OrderedDict()

    def parts(self, manifest: str) -> Parts:
        return self._load(manifest, parts_of_content)

    def landing(self, manifest: str) -> Mapping[str, Landed]:
        return self._load(manifest, landing_of_content)

    def write(self, entry: Entry, head: Entry) -> Entry:
        """The entry with all its tables and landed files in manifests. `head`: the state that the entry follows."""
        tables = {table: self._written(table, parts, head.tables.get(table)) for table, parts in entry.tables.items()}
        return replace(entry, tables=tables, landing=self._landing_written(entry.landing, head.landing))

    def paths(self, entries: Iterable[Entry]) -> set[str]:
        """The paths, in the store, of all files of the entries' manifests: second copies included, whether they exist or not."""
        return {path for digest in self.digests(entries) for path in self._manifests.paths(digest)}

    def data_paths(self, entries: Iterable[Entry]) -> set[str]:
        """The paths of all data files that the entries name."""
        return {record["path"] for record in self._records(entries) if "path" in record}

    def states_referred_to(self, entries: Iterable[Entry]) -> set[int]:
        """The states that data files of the entries refer to: the inputs of a model's table are kept with it."""
        return {state for record in self._records(entries) if (state := record.get("state")) is not None}

    def _records(self, entries: Iterable[Entry]) -> Iterator[Record]:
        """The records of all data files that the entries name. A segment that many of them share is read once."""
        found = [parts for entry in entries for parts in entry.tables.values()]
        yield from (vars(file) for parts in found if not isinstance(parts, Stored) for file in parts.values())
        manifests = [parts.manifest for parts in found if isinstance(parts, Stored)]
        for records in self._store.each(self._manifests.records, self._digests(manifests)):
            yield from records.values()

    def digests(self, entries: Iterable[Entry]) -> list[str]:
        """The hashes of all files of the entries' manifests."""
        return self._digests(stored.manifest for entry in entries for _, stored in _stored(entry))

    def _digests(self, manifests: Iterable[str]) -> list[str]:
        files = self._store.each(self._manifests.files, sorted(set(manifests)))
        return sorted({digest for found in files for digest in found})

    def damaged(self, entry: Entry, intact: set[str]) -> list[str]:
        """What is damaged of an entry's manifests, in words. `intact`: the manifests that were checked before; it is extended."""
        unchecked = [(what, stored.manifest) for what, stored in _stored(entry) if stored.manifest not in intact]
        checked = self._store.each(lambda one: self._manifests.is_intact(one[1]), unchecked)
        intact |= {manifest for (_, manifest), is_intact in zip(unchecked, checked, strict=True) if is_intact}
        return [what for (what, _), is_intact in zip(unchecked, checked, strict=True) if not is_intact]

    def copy(self, entry: Entry, target: EntryManifests, present: set[str]) -> None:
        """Copy an entry's manifests to another store. `present`: the hashes of files that it has already; it is extended."""
        missing = [digest for digest in self.digests([entry]) if digest not in present]
        self._store.each(lambda digest: self._manifests.copy(digest, target._manifests), missing)
        present.update(missing)

    def repair(self, entry: Entry) -> None:
        """Restore damaged files from their second copies, where they have an intact one."""
        for _, stored in _stored(entry):
            self._manifests.repair(stored.manifest)

    def readable(self, entry: Entry) -> Entry:
        """The entry with the parts and landed files that can still be read."""
        tables = {
            table: parts_of_content(self._manifests.readable(parts.manifest)) if isinstance(parts, Stored) else parts
            for table, parts in entry.tables.items()
        }
        landing = entry.landing
        if isinstance(landing, Stored):
            landing = landing_of_content(self._manifests.readable(landing.manifest))
        return replace(entry, tables={table: parts for table, parts in tables.items() if parts}, landing=landing)

    def _load(self, manifest: str, decode: Callable[[Content], Loaded]) -> Loaded:
        if manifest in self._loaded:
            self._loaded.move_to_end(manifest)
            return cast(Loaded, self._loaded[manifest])
        content = decode(self._manifests.read(manifest))
        self._keep(manifest, content)
        return content

    def _keep(self, manifest: str, content: object) -> None:
        self._loaded[manifest] = content
        while len(self._loaded) > _LOADED:
            self._loaded.popitem(last=False)

    def _written(self, table: TableId, parts: Parts, before: Parts | None) -> Parts:
        if isinstance(parts, Stored):
            return parts
        replaced, twice = before.manifest if isinstance(before, Stored) else "", table.layer in _DELIVERED
        manifest = self._manifests.write(content_of_parts(parts), replaced, twice)
        self._keep(manifest, parts)
        return Stored(version_of(parts), manifest, self.parts)

    def _landing_written(self, landing: Mapping[str, Landed], before: Mapping[str, Landed]) -> Mapping[str, Landed]:
        if isinstance(landing, Stored) or not landing:
            return landing
        replaced = before.manifest if isinstance(before, Stored) else ""
        manifest = self._manifests.write(content_of_landing(landing), replaced)
        self._keep(manifest, landing)
        return Stored(replace(EMPTY, landing=landing).landing_version, manifest, self.landing)


def _stored(entry: Entry) -> Iterator[tuple[str, Stored[Any, Any]]]:
    """The mappings of an entry that are in manifests, each with its name."""
    named = {**{str(table): parts for table, parts in entry.tables.items()}, "landing": entry.landing}
    for name, mapping in named.items():
        if isinstance(mapping, Stored):
            yield name, mapping
