"""Exports that are always whole: the latest delivery is everything, and a row that is not in it is superseded.

A row that is in the latest delivery as it was in the delivery before keeps the lineage of the earlier one; the later one counts
as collapsed into it. So a month whose rows did not change keeps its file, although all of its rows were delivered again.
Rows are equal if their mapped columns are; of several equal rows of a delivery, the first is compared with the first.
The deliveries are compared in their order, each with the rows in force before it: a new delivery continues from the stored rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import no_rows, read_rows
from ecom_lake.engine.build.mapped.due_deliveries import Due, has_lost
from ecom_lake.engine.build.mapped.facets import bronze_table, map_of
from ecom_lake.engine.build.mapped.findings import found_in
from ecom_lake.engine.build.mapped.part_files import SEQUENCE, write_parts
from ecom_lake.engine.build.mapped.running import made_of, run
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.store.entry import Entry, File, Made

_SAME = ("_one", "_other", "_occurrence")


@dataclass
class _InForce:
    """The rows of the latest delivery, each with the lineage of the delivery since which it is unchanged."""

    rows: pl.DataFrame
    made: dict[int, Made] = field(default_factory=dict)
    """By delivery: the fates of its rows that are not in force. The number of rows is that of its own delivery."""


def whole_file_parts(site: Site, entry: Entry, facet: Facet, due: Due) -> Iterator[tuple[Part, File]]:
    table = TableId("mapped", facet.target)
    new, starts_again = due.deliveries, bool(due.looked_up) or has_lost(site, entry, facet)
    if not new and not starts_again:
        yield from due.kept.items()
        return
    delivered = {int(part.batch): file for part, file in entry.parts(bronze_table(site, facet)).items()}
    continues = due.kept and not starts_again and min(new) > max(int(part.batch) for part in due.kept)
    state = _stored(site, entry, facet, due.kept) if continues else _InForce(_empty(site, facet))
    for sequence in sorted(new if continues else delivered):
        mapped = run(site, entry, facet, [sequence])
        found = found_in(site, entry, facet, [sequence], mapped)
        made = made_of(site, entry, facet, {sequence: delivered[sequence]}, mapped, found)
        state = _after(state, mapped.rows, sequence, made[sequence], facet.target)
    rows: dict[int, int] = dict(state.rows.group_by(SEQUENCE).len().iter_rows())
    made = {sequence: replace(one, rows=rows.get(sequence, 0)) for sequence, one in state.made.items()}
    yield from write_parts(site, entry, table, made, state.rows.sort(LINEAGE))


def _empty(site: Site, facet: Facet) -> pl.DataFrame:
    return no_rows(map_of(site).targets[facet.target].columns)


def _stored(site: Site, entry: Entry, facet: Facet, kept: Mapping[Part, File]) -> _InForce:
    deliveries = {int(part.batch): file for part, file in kept.items()}
    target = map_of(site).targets[facet.target]
    rows = read_rows(site, entry, TableId("mapped", facet.target), target, deliveries.keys()).collect()
    return _InForce(rows.sort(LINEAGE), {sequence: _as_made(file) for sequence, file in deliveries.items()})


def _as_made(file: File) -> Made:
    return Made(
        rows=file.rows,
        fingerprint=file.fingerprint,
        run=file.run,
        inputs=file.inputs,
        fates=file.fates,
        failed=file.failed,
        delivery=file.delivery,
    )


def _after(before: _InForce, delivered: pl.DataFrame, sequence: int, made: Made, target: str) -> _InForce:
    """The rows in force after a delivery, from those before it."""
    now = replaced(before.rows, delivered)
    made_before = {
        earlier: replace(one, fates=_with(one.fates, target, earlier, "superseded", now.superseded[earlier]))
        for earlier, one in before.made.items()
    }
    fates = _with(made.fates, target, sequence, "collapsed", now.collapsed)
    return _InForce(now.rows, {**made_before, sequence: replace(made, fates=fates)})


@dataclass(frozen=True)
class Replaced:
    """The rows in force after a delivery, each with the lineage of the delivery since which it is unchanged."""

    rows: pl.DataFrame
    collapsed: int
    """Rows of the delivery that were in force before."""
    superseded: Counter[int]
    """By delivery: the rows that are no longer in force."""


def replaced(before: pl.DataFrame, delivered: pl.DataFrame) -> Replaced:
    """What the rows in force before a delivery and its own rows become."""
    old, new = _marked(before), _marked(delivered)
    unchanged = old.join(new, on=_SAME, how="semi", maintain_order="left")
    changed = new.join(old, on=_SAME, how="anti", maintain_order="left")
    superseded = Counter(old.join(new, on=_SAME, how="anti")[SEQUENCE].to_list())
    return Replaced(pl.concat([unchanged, changed]).drop(_SAME).sort(LINEAGE), len(unchanged), superseded)


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a hash of their mapped columns, and a number among the equal rows."""
    content = pl.struct(pl.exclude(LINEAGE))
    hashed = rows.with_columns(content.hash(1).alias(_SAME[0]), content.hash(2).alias(_SAME[1]))
    return hashed.with_columns(pl.int_range(pl.len()).over(_SAME[:2]).alias(_SAME[2]))


Fates = tuple[tuple[str, int, str, int], ...]


def _with(fates: Fates, target: str, sequence: int, fate: str, rows: int) -> Fates:
    """The fates of a delivery with more rows of one fate."""
    counts = {name: count for _, _, name, count in fates}
    counts[fate] = counts.get(fate, 0) + rows
    return tuple((target, sequence, name, count) for name, count in counts.items() if count)
