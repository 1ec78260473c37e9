"""Running a facet on the delivered rows of some deliveries, and what the log records of the result."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows, rows_by_delivery
from ecom_lake.engine.build.mapped.due_deliveries import inputs_of, mark_of
from ecom_lake.engine.build.mapped.facets import bronze_table, lookup_kinds, map_of
from ecom_lake.engine.build.mapped.part_files import SEQUENCE, part_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.mapping.run_facet import MappedRows, map_rows
from ecom_lake.engine.store.entry import Delivery, Entry, File, Made


def run(site: Site, entry: Entry, facet: Facet, deliveries: Collection[int]) -> MappedRows:
    rows = kind_rows(site, entry, bronze_table(site, facet).name, deliveries).collect()
    looked_up = {kind: kind_rows(site, entry, kind, _in_force(site, entry, kind)).collect() for kind in lookup_kinds(site, facet)}
    return map_rows(map_of(site), facet, rows, looked_up, site.shop.timezone, site.pseudonym_key)


def _in_force(site: Site, entry: Entry, kind: str) -> list[int] | None:
    """The deliveries of a kind whose rows are looked up: of whole files the newest one; None for all of them."""
    if map_of(site).kinds[kind].whole != "file":
        return None
    return sorted(rows_by_delivery(entry, TableId("bronze", kind)))[-1:]


def made_of(
    site: Site,
    entry: Entry,
    facet: Facet,
    deliveries: Mapping[int, File],
    mapped: MappedRows,
    found: Mapping[str, int] | None,
) -> dict[int, Made]:
    """By delivery: its mapped rows, and the fates of its other delivered rows. `deliveries` are the bronze files; `found` is what
    the part of the last one records of them all (findings.py). None: each part records what it did before."""
    before, last = entry.parts(TableId("mapped", facet.target)), max(deliveries)
    mark, inputs = mark_of(site, facet), inputs_of(site, entry, facet)
    counts: dict[int, int] = dict(mapped.rows.group_by(SEQUENCE).len().iter_rows())
    return {
        sequence: Made(
            rows=counts.get(sequence, 0),
            fingerprint=mark.of(file),
            run=site.run,
            inputs=inputs,
            fates=tuple(
                (facet.target, sequence, fate, rows)
                for fate, of_fate in (("collapsed", mapped.collapsed), ("left_out", mapped.left_out))
                if (rows := of_fate.get(sequence, 0))
            ),
            failed=before[part_of(sequence)].failed if found is None else found if sequence == last else {},
            delivery=Delivery(sequence, "", "", "", 0),
        )
        for sequence, file in deliveries.items()
    }
