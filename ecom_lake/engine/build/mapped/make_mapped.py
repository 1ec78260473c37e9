"""Bronze to the mapped tables: each delivery is mapped once, and again only if its cells or the rows that it looks up changed.

A mapped table has a part for each delivery of each kind of file that it is made from. The part accounts for the delivered rows
that are not in it: collapsed into another row of their group, left out by `where`, or superseded by a later whole file.
Here: the step. Not here: which deliveries are mapped again (due_deliveries.py), exports that are always whole (whole_files.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import BATCH
from ecom_lake.engine.build.bronze.merging import merge_small_files
from ecom_lake.engine.build.mapped.checks import checks_of
from ecom_lake.engine.build.mapped.due_deliveries import Due, find_due, refuse_other_key
from ecom_lake.engine.build.mapped.facets import bronze_table, facets_of, inputs_of_table, map_of, mapped_targets
from ecom_lake.engine.build.mapped.findings import found_in
from ecom_lake.engine.build.mapped.part_files import groups, write_parts
from ecom_lake.engine.build.mapped.running import made_of, run
from ecom_lake.engine.build.mapped.whole_files import whole_file_parts
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.commit import Inputs, commit, gone
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.store.entry import Entry, File, Parts


def make_mapped(site: Site) -> list[Outcome]:
    """All mapped tables of a shop with a map, in one commit."""
    refuse_other_key(site)
    entry = state_to_build_on(site)
    tables = [TableId("mapped", table.name) for table in site.connector.mapped]
    made = {table: dict(_parts(site, entry, table)) for table in tables}
    outcomes = [
        _outcome(site, entry, TableId("mapped", target), made[TableId("mapped", target)]) for target in mapped_targets(site)
    ]
    if any(outcome.refused for outcome in outcomes):
        return outcomes
    inputs = Inputs(entry, tuple(sorted({read for table in tables for read in inputs_of_table(site, table.name)})))
    changes = {table: {**gone(entry, table, parts), **parts} for table, parts in made.items()}
    after = commit(site, inputs, changes, "mapped tables")
    merge_small_files(site, after, "mapped")
    return outcomes


def _outcome(site: Site, entry: Entry, table: TableId, parts: Parts) -> Outcome:
    before = entry.parts(table)
    written = tuple(sorted(part for part, file in parts.items() if part not in before or before[part].path != file.path))
    return Outcome(table, parts, written, checks_of(site, entry, table, parts))


def _parts(site: Site, entry: Entry, table: TableId) -> Iterator[tuple[Part, File]]:
    for facet in facets_of(site, table.name):
        due = find_due(site, entry, facet)
        if map_of(site).kinds[bronze_table(site, facet).name].whole == "file":
            yield from whole_file_parts(site, entry, facet, due)
        else:
            yield from due.kept.items()
            yield from _mapped(site, entry, facet, due)


def _mapped(site: Site, entry: Entry, facet: Facet, due: Due) -> Iterator[tuple[Part, File]]:
    """The parts of the deliveries that are mapped now."""
    for deliveries in (due.deliveries, due.looked_up):
        for batch in groups({sequence: file.rows for sequence, file in deliveries.items()}, BATCH):
            mapped = run(site, entry, facet, batch)
            found = found_in(site, entry, facet, batch, mapped) if deliveries is due.deliveries else None
            made = made_of(site, entry, facet, {sequence: deliveries[sequence] for sequence in batch}, mapped, found)
            yield from write_parts(site, entry, TableId("mapped", facet.target), made, mapped.rows)


def mapped_now(site: Site, entry: Entry, target: str, deliveries: Collection[int]) -> pl.DataFrame:
    """The rows of some deliveries of a mapped table as the map makes them now. Nothing is written."""
    return pl.concat([run(site, entry, facet, deliveries).rows for facet in facets_of(site, target)])
