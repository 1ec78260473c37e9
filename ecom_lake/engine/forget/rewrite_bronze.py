"""Delivered rows without the persons: what changes of each delivery that holds them.

An unlinked row keeps its place and everything that is not personal; a removed row leaves a gap.
Not here: which rows (engine/build/erasure/), the files of bronze and landing (changed_bronze.py and changed_state.py there).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from ecom_lake.engine.build.bronze.merging import SEQUENCE
from ecom_lake.engine.build.erasure.arrivals import RECORD, positions
from ecom_lake.engine.build.erasure.changed_bronze import DeliveryChange, files_of_table, rows_of_file
from ecom_lake.engine.build.erasure.person_rows import NewIds, kept_columns, malformed_hits, mentions_of, unlinked
from ecom_lake.engine.build.erasure.source_rows import columns_of, unlinked_source
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ErasureList, Ids, Mode


@dataclass(frozen=True)
class Rewriting:
    """What an erasure finds in the delivered rows of a state."""

    site: Site
    entry: Entry
    listed: ErasureList
    ids: Ids
    hits: Mapping[str, pl.DataFrame]
    """By delivered table: the lineage of the rows about the persons."""
    mode: Mode
    new: NewIds = field(default_factory=NewIds)

    def changes(self) -> dict[int, DeliveryChange]:
        """By number of the delivery. Read once more from bronze: rows of other deliveries are not in memory."""
        found: dict[int, DeliveryChange] = {}
        for table in self.site.connector.delivered:
            hits, malformed = self._hits(table), self._malformed(table)
            for _, places in files_of_table(self.entry, TableId("bronze", table.name)):
                held = {file.delivery.sequence: file for _, file in places if file.delivery}
                touched = sorted(held.keys() & (hits.keys() | malformed.keys()))
                if not touched:
                    continue
                rows = rows_of_file(self.site, places)
                for sequence in touched:
                    delivery = held[sequence].delivery
                    assert delivery is not None
                    its_rows = rows.filter(pl.col(SEQUENCE) == sequence)
                    found[sequence] = self._change(table, delivery.content_hash, its_rows, hits.get(sequence, set()))
                    found[sequence].malformed = malformed.get(sequence, {})
        return found

    def _change(self, table: Delivered, content: str, rows: pl.DataFrame, records: Collection[int]) -> DeliveryChange:
        is_hit, place = pl.col(RECORD).is_in(sorted(records)), positions(rows[RECORD])
        columns = None if self.site.map is None else columns_of(self.site, table)
        kept = columns.kept if columns else kept_columns(table)
        if self.mode == "remove":
            return DeliveryChange(table, content, rows.filter(~is_hit), kept, cut=frozenset(place[number] for number in records))
        before = rows.filter(is_hit)
        if columns:
            after = unlinked_source(self.site, table, before, self.ids, self.new)
        else:
            after = unlinked(before, table, self.ids, self.new)
        names = [name for name in (columns or table).ids if name in rows.columns]
        changed = {
            place[number]: {name: new or "" for name, new in zip(names, values, strict=True)}
            for number, *values in after.select(RECORD, *names).iter_rows()
        }
        return DeliveryChange(table, content, pl.concat([rows.filter(~is_hit), after]).sort(RECORD), kept, changed=changed)

    def _hits(self, table: Delivered) -> dict[int, set[int]]:
        rows = self.hits.get(table.name)
        by_delivery: dict[int, set[int]] = {}
        for sequence, record in rows.select(LINEAGE).iter_rows() if rows is not None else ():
            by_delivery.setdefault(sequence, set()).add(record)
        return by_delivery

    def _malformed(self, table: Delivered) -> dict[int, dict[int, int]]:
        """By delivery: the malformed records that name the persons, with their positions."""
        found: dict[int, dict[int, int]] = {}
        for file in self.entry.parts(TableId("rejects", table.name)).values():
            assert file.delivery is not None
            rejects = pl.read_parquet(self.site.lake.local(file), glob=False)
            hits = malformed_hits(rejects, mentions_of(self.listed))
            if hits or rejects["raw"].null_count():  # their text expired here, and may still be in landing
                place = positions(rejects[RECORD])
                found[file.delivery.sequence] = {number: place[number] for number in hits}
        return found
