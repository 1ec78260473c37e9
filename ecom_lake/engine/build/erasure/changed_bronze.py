"""Bronze and rejects after deliveries were changed: every file that holds one is written again, under a new name.

Several deliveries may share a file: those that did not change keep their content, so that their months are not rebuilt.
Here: the new parts, not yet committed. Not here: what changes (engine/forget/, old_texts.py), the state with them
(changed_state.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

import polars as pl

from ecom_lake.engine.build.bronze.merging import SEQUENCE
from ecom_lake.engine.build.erasure.arrivals import without_text
from ecom_lake.engine.build.erasure.former_contents import keyed
from ecom_lake.engine.build.erasure.person_rows import Mentions
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.landing.record_editing import Edits
from ecom_lake.engine.store.entry import Delivery, Entry, File, Made
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import MERGED

Places = list[tuple[Part, File]]
NewParts = Mapping[TableId, Mapping[Part, File]]


@dataclass
class DeliveryChange:
    """What changes of one delivery."""

    table: Delivered
    content: str
    """Its content hash before."""
    rows: pl.DataFrame
    """Its rows in bronze afterwards."""
    kept: frozenset[str]
    """The columns whose values stay in a changed row."""
    cut: frozenset[int] = frozenset()
    """Positions among its rows in bronze before; `changed`: new ids by such a position."""
    changed: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    malformed: Mapping[int, int] = field(default_factory=dict)
    """Record number of a malformed record → its position among the malformed ones."""

    @property
    def is_in_bronze(self) -> bool:
        """Whether bronze or rejects change, or at most the landed file."""
        return bool(self.cut or self.changed or self.malformed)

    def edits(self, mentions: Mentions) -> Edits:
        malformed = frozenset(self.malformed.values())
        return Edits(self.cut, self.changed, self.kept, malformed, mentions)


def rows_of_file(site: Site, places: Places) -> pl.DataFrame:
    """All rows of a file of these parts, with the number of each row's delivery."""
    file = places[0][1]
    sequences = [one.delivery.sequence for _, one in places if one.delivery]
    rows = pl.read_parquet(site.lake.local(file), glob=False)
    if not file.first_hash:
        return rows.with_columns(pl.lit(sequences[0], dtype=pl.Int64).alias(SEQUENCE))
    return rows.filter(pl.col(SEQUENCE).is_in(sequences))


def files_of_table(entry: Entry, table: TableId) -> Iterator[tuple[str, Places]]:
    """The files of a table, each with the parts that are in it."""
    ordered = sorted(entry.parts(table).items(), key=lambda place: (place[1].path, place[0]))
    for path, places in groupby(ordered, key=lambda place: place[1].path):
        yield path, list(places)


def new_content() -> str:
    """The content hash of a delivery that is no longer in landing as it was delivered: no file has it."""
    return uuid.uuid4().hex


def new_parts(
    site: Site, entry: Entry, changes: Mapping[int, DeliveryChange], contents: Mapping[str, str]
) -> dict[TableId, dict[Part, File]]:
    """The new parts, in the store. `contents`: the new content hash of each changed delivery, by the old one."""
    made: dict[TableId, dict[Part, File]] = {}
    changes = {number: one for number, one in changes.items() if one.is_in_bronze or contents[one.content] != one.content}
    files = _Files(site, changes, contents)
    for table in site.connector.delivered:
        bronze, rejects = TableId("bronze", table.name), TableId("rejects", table.name)
        for _, places in files_of_table(entry, bronze):
            if any(file.delivery and file.delivery.sequence in changes for _, file in places):
                made.setdefault(bronze, {}).update(files.bronze(bronze, places))
        for part, file in entry.parts(rejects).items():
            if file.delivery and file.delivery.sequence in changes:
                made.setdefault(rejects, {})[part] = files.rejects(rejects, part, file)
    return made


@dataclass(frozen=True)
class _Files:
    """Writes the files of changed deliveries again."""

    site: Site
    changes: Mapping[int, DeliveryChange]
    contents: Mapping[str, str]

    def bronze(self, table: TableId, places: Places) -> dict[Part, File]:
        """The parts of one file, written again."""
        is_merged = bool(places[0][1].first_hash)
        rows = rows_of_file(self.site, places)
        others = rows.filter(~pl.col(SEQUENCE).is_in(list(self.changes)))
        numbers = [file.delivery.sequence for _, file in places if file.delivery]
        changed = [self.changes[number].rows for number in numbers if number in self.changes]
        written = pl.concat([others, *(frame.select(rows.columns) for frame in changed)]).sort(LINEAGE)
        delivered = [self._part(place) for place in places]
        name = delivered[0][1].fingerprint
        with self.site.lake.scratch() as scratch:
            target = scratch / "bronze.parquet"
            (written if is_merged else written.drop(SEQUENCE)).write_parquet(target, compression="zstd", statistics=False)
            if is_merged:
                name = f"{MERGED}{places[0][0]}-{places[-1][0]}-{hash_file(target)[:16]}"
            made = Made(rows=len(written), fingerprint="", run="")
            one = self.site.lake.publish(target, table, Part(batch=name), made, None)
        return {
            part: replace(file, path=one.path, bytes=one.bytes, hash=one.hash, first_hash=file.first_hash if is_merged else "")
            for part, file in delivered
        }

    def _part(self, place: tuple[Part, File]) -> tuple[Part, File]:
        part, file = place
        delivery = file.delivery
        assert delivery is not None
        if (change := self.changes.get(delivery.sequence)) is None:
            return place
        content = self.contents[change.content]
        delivery = self._delivery(delivery, change, content)
        first_hash = fingerprint(file.content, content)
        name = _name(part, content)
        return part, replace(file, rows=len(change.rows), fingerprint=name, delivery=delivery, first_hash=first_hash)

    def _delivery(self, before: Delivery, change: DeliveryChange, content: str) -> Delivery:
        was = () if content == before.content_hash else (keyed(self.site, before.content_hash),)
        return replace(before, content_hash=content, erased=before.erased + len(change.cut), was=before.was + was)

    def rejects(self, table: TableId, part: Part, file: File) -> File:
        assert file.delivery is not None
        change = self.changes[file.delivery.sequence]
        content = self.contents[change.content]
        rejects = without_text(pl.read_parquet(self.site.lake.local(file), glob=False), set(change.malformed))
        with self.site.lake.scratch() as scratch:
            target = scratch / "rejects.parquet"
            rejects.write_parquet(target, compression="zstd", statistics=False)
            one = self.site.lake.publish(
                target, table, Part(batch=_name(part, content)), Made(rows=len(rejects), fingerprint="", run=""), None
            )
        delivery = self._delivery(file.delivery, change, content)
        return replace(file, path=one.path, bytes=one.bytes, hash=one.hash, fingerprint=_name(part, content), delivery=delivery)


def _name(part: Part, content: str) -> str:
    """The name of the file of a delivery: two deliveries may be equal once the personal columns of both are empty."""
    return f"{content}-{part}"
