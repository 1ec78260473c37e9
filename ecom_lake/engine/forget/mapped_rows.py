"""Whether the tables of a map stay the same once the persons are gone from its source files; an error where they would not.

The map runs on the delivered rows before and after. Every row and every value that is not personal must be the same, and each id
of the persons must become one other id. So a map may be written in any way: what it cannot do safely is refused before anything
is rewritten. Not here: the rewritten rows (engine/build/erasure/source_rows.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.erasure.source_ids import SourceRows, groups_of
from ecom_lake.engine.build.erasure.source_rows import under_own_names
from ecom_lake.engine.build.mapped.facets import RECORDS_IN_ONE, is_unfolded, lookup_kinds, map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.forget.rewrite_bronze import Rewriting
from ecom_lake.engine.mapping.compiled import FIRST
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.mapping.run_facet import map_rows
from ecom_lake.engine.mapping.source_columns import personal_cells, source_columns
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.words import counted

SEQUENCE, RECORD = LINEAGE
_OTHERWISE = "Use --mode remove, or change the map"


def refuse_changed_rows(rewriting: Rewriting) -> None:
    """Raise an error if an erasure would change more than the persons, or leave something of them."""
    changed = _Changed(rewriting)
    for facet in map_of(rewriting.site).facets:
        _refuse_mixed_groups(changed, facet)
    if rewriting.mode == "remove":
        return
    _refuse_replaced_files(changed)
    ids = [frame for facet in map_of(rewriting.site).facets for frame in _checked(changed, facet)]
    if ids:
        _refuse_wrong_ids(changed, pl.concat(ids).unique())


@dataclass(frozen=True)
class _Changed:
    """The rows of the source files before and after."""

    rewriting: Rewriting

    @property
    def site(self) -> Site:
        return self.rewriting.site

    @property
    def entry(self) -> Entry:
        return self.rewriting.entry

    @cached_property
    def after(self) -> Mapping[int, pl.DataFrame]:
        """The rows of each changed delivery, under the map's own names."""
        changes = self.rewriting.changes()
        return {number: under_own_names(one.table, one.rows) for number, one in changes.items() if one.cut or one.changed}

    @cached_property
    def deliveries(self) -> Mapping[str, set[int]]:
        """The changed deliveries of each kind of file."""
        return {kind: set(rows[SEQUENCE]) for kind, rows in self.rewriting.hits.items()}

    def to_compare(self, facet: Facet) -> Collection[int] | None:
        """The deliveries of which a table may have other rows; None: all of its kind."""
        if self.deliveries.keys() & set(lookup_kinds(self.site, facet)):
            return None
        return self.deliveries.get(self.kind(facet), set())

    def kind(self, facet: Facet) -> str:
        return map_of(self.site).file_kind(facet.kind).name

    def before(self, facet: Facet) -> SourceRows:
        kind = self.kind(facet)
        looked_up = {kind: kind_rows(self.site, self.entry, kind).collect() for kind in lookup_kinds(self.site, facet)}
        searched = kind_rows(self.site, self.entry, kind, self.to_compare(facet)).collect()
        return SourceRows(self.site, {kind: searched}, looked_up)

    def afterwards(self, before: SourceRows) -> SourceRows:
        searched = {kind: self._replaced(rows) for kind, rows in before.searched.items()}
        return SourceRows(self.site, searched, {kind: self._replaced(rows) for kind, rows in before.looked_up.items()})

    def _replaced(self, rows: pl.DataFrame) -> pl.DataFrame:
        touched = sorted(set(rows[SEQUENCE]) & self.after.keys())
        others = rows.filter(~pl.col(SEQUENCE).is_in(touched))
        return pl.concat([others, *(self.after[number].select(rows.columns) for number in touched)]).sort(LINEAGE)

    def rows(self, facet: Facet, of: SourceRows) -> pl.DataFrame:
        searched = of.searched[self.kind(facet)]
        return map_rows(map_of(self.site), facet, searched, of.looked_up, self.site.shop.timezone, self.site.pseudonym_key).rows


def _refuse_replaced_files(changed: _Changed) -> None:
    for kind in sorted(changed.deliveries):
        if map_of(changed.site).kinds[kind].whole == "file":
            raise UserError(
                f"Files of the kind {kind} hold everything, and each replaces the ones before: the next one comes without the "
                "persons, and their orders would go with it. Use --mode remove."
            )


def _refuse_mixed_groups(changed: _Changed, facet: Facet) -> None:
    """An id that counts records of several persons becomes another one as soon as a record of one person is missing."""
    kind = changed.kind(facet)
    if not facet.per or not map_of(changed.site).targets[facet.target].ids or kind not in changed.deliveries:
        return
    hits = changed.rewriting.hits[kind].with_columns(pl.lit(True).alias("is_hit"))
    groups = groups_of(changed.before(facet), facet).join(hits, on=LINEAGE, how="left")
    is_hit = pl.col("is_hit").fill_null(False)
    mixed = groups.group_by(SEQUENCE, FIRST).agg(is_hit.any().alias("some"), is_hit.all().alias("all"))
    if count := len(mixed.filter(pl.col("some") & ~pl.col("all"))):
        raise UserError(
            f"{counted(count, 'group')} of [{facet.target}] in the map {'has' if count == 1 else 'have'} records of these "
            "persons and of others: ids and amounts of the others would change when the persons are delivered again and "
            "dropped. Change `per` in the map."
        )


def _checked(changed: _Changed, facet: Facet) -> Iterator[pl.DataFrame]:
    """The ids of a table before and after, by kind; an error if something else is not the same."""
    deliveries = changed.to_compare(facet)
    if deliveries is not None and not deliveries:
        return
    target, rows = map_of(changed.site).targets[facet.target], changed.before(facet)
    before, after = changed.rows(facet, rows), changed.rows(facet, changed.afterwards(rows))
    if not before.select(LINEAGE).equals(after.select(LINEAGE)):
        raise UserError(
            f"[{facet.target}] in the map selects or groups records by a column that would be emptied, and would get other rows. "
            f"{_OTHERWISE}: a column that a cell of no personal column reads stays."
        )
    for name in (name for name in target.columns if name not in target.ids and name not in target.personal):
        if count := int(before[name].ne_missing(after[name]).sum()):
            raise UserError(
                f"{name} of [{facet.target}] would change in {counted(count, 'row')}: its cell reads what leads to a person. "
                f"{_OTHERWISE}."
            )
    _refuse_kept_values(changed, facet, before, after)
    for name, kind in target.ids.items():
        if name in facet.cells:
            yield pl.DataFrame({"old": before[name], "new": after[name]}).with_columns(pl.lit(kind).alias("kind")).unique()


def _refuse_kept_values(changed: _Changed, facet: Facet, before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Raise an error if a personal column keeps a value, because another column needs what its cell reads."""
    map_ = map_of(changed.site)
    hits = changed.rewriting.hits.get(changed.kind(facet))
    if hits is None:
        return
    record = pl.col(RECORD) // RECORDS_IN_ONE if is_unfolded(changed.site, facet) else pl.col(RECORD)
    is_hit = before.select(SEQUENCE, record).join(
        hits.with_columns(pl.lit(True).alias("is_hit")), on=LINEAGE, how="left", maintain_order="left"
    )
    for of, name, places in personal_cells(map_):
        kept = sorted(column for kind, column in places if column in source_columns(map_, kind).kept)
        same = (before[name] == after[name]) & is_hit["is_hit"] if of == facet and kept else None
        if same is not None and same.any():
            raise UserError(
                f"{name} of [{facet.target}] would stay, because it is read from {', '.join(kept)}, which another cell needs. "
                f"{_OTHERWISE}."
            )


def _refuse_wrong_ids(changed: _Changed, ids: pl.DataFrame) -> None:
    """`ids`: each kind of id, before and after."""
    for kind in sorted(set(ids["kind"])):
        pairs = ids.filter(pl.col("kind") == kind)
        asked = pl.col("old").is_in(sorted(changed.rewriting.ids.get(kind, ())))
        stays = pairs.filter(asked & (pl.col("old") == pl.col("new")))
        others = pairs.filter(~asked.fill_null(False) & pl.col("old").ne_missing(pl.col("new")))
        stated = pairs.filter(asked)
        is_one_to_one = len(stated) == stated["old"].n_unique() == stated["new"].n_unique() and not stated["new"].null_count()
        is_new = set(stated["new"]).isdisjoint(pairs["old"])
        if len(stays):
            raise UserError(
                f"{counted(len(stays), f'{kind} id')} would stay, because the map makes it of columns that other cells need. "
                f"{_OTHERWISE}."
            )
        if len(others) or not is_one_to_one or not is_new:
            raise UserError(
                f"Some {kind} ids would be split, joined, or become ids of others, because the map makes them of values that "
                f"cannot be replaced one by one. {_OTHERWISE}."
            )
