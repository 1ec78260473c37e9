"""What a map makes of files, before it is built: the ledger to come, rows before and after, and what is not understood.

Here: files in, counts and examples out; nothing is stored. Not here: reading a map (engine/mapping/), how it is displayed (cli/).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import no_rows, rows_in_files
from ecom_lake.engine.build.mapped.whole_files import replaced
from ecom_lake.engine.build.silver.settle import judge, latest
from ecom_lake.engine.build.silver.whole_orders import LAST_DELIVERY, superseded_lines
from ecom_lake.engine.contracts.conform import conform
from ecom_lake.engine.contracts.connector import Connector, ManyToOne, RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.shop_time import in_shop_time
from ecom_lake.engine.landing.archives import Member, content_hash, unpack
from ecom_lake.engine.landing.file_parser import parse
from ecom_lake.engine.landing.refused import Refused, Unrecognized, shown
from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.mapping.checks import CheckResult, run_checks
from ecom_lake.engine.mapping.columns_used import facet_columns, kinds_read, whole_for
from ecom_lake.engine.mapping.definitions import Facet, Kind, Map
from ecom_lake.engine.mapping.map_file import delivered
from ecom_lake.engine.mapping.run_facet import MappedRows, map_rows

SHOWN = 10
_HEADER = "header_sequence"
"""The delivery of the order of a line."""
SEQUENCE, RECORD = LINEAGE
_KEY = b"the pseudonyms of a trial"
"""A trial makes pseudonyms that no lake has."""


@dataclass(frozen=True)
class Files:
    """The delivered rows of the files, by kind, with lineage: each file is a delivery. Columns have the names of the map."""

    rows: Mapping[str, pl.DataFrame]
    rejected: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    """Files with the content of one before them: a build takes it once."""
    deliveries: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Kind → its deliveries, in order, also those without rows. For kinds with `whole = "file"`; a draft has none."""


@dataclass(frozen=True)
class FacetTrial:
    """The ledger of one table from one kind: delivered = published + refused + superseded + pending + collapsed + left out."""

    facet: Facet
    delivered: int
    published: int
    refused: int
    superseded: int
    pending: int
    collapsed: int
    left_out: int
    replaced: int = 0
    """Of the superseded rows, the lines of orders that come again in a later file."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """Rule of the contract → rows that fail it."""
    refused_by: Mapping[str, int] = field(default_factory=dict)
    """Column, the first one of the rule → refused rows."""
    good: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The published rows."""
    not_listed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    before: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The first delivered records, the columns that the cells read."""
    after: pl.DataFrame = field(default_factory=pl.DataFrame)
    """What became of them."""


@dataclass(frozen=True)
class MapTrial:
    facets: tuple[FacetTrial, ...]
    checks: tuple[CheckResult, ...]
    without_facet: Mapping[str, int]
    """Kind → records that no table reads."""


def read_files_of(map_: Map, paths: Iterable[tuple[str, Path]]) -> Files:
    """Reads files, given as name and path, as the build reads them: equal content once."""
    tables = {table.name: table for table in delivered(map_)}
    found = _FilesRead()
    with tempfile.TemporaryDirectory() as scratch:
        for name, path in paths:
            try:
                for member in unpack(path, Path(scratch), name):
                    _read_member(member, map_, tables, Path(scratch), found)
            except Refused as refusal:
                found.refused.append(str(refusal))
    rows = {kind: pl.concat(parts) for kind, parts in found.rows.items()}
    return Files(rows, found.rejected, tuple(found.refused), tuple(found.repeated), found.deliveries)


@dataclass
class _FilesRead:
    rows: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    deliveries: dict[str, list[int]] = field(default_factory=dict)
    contents: set[str] = field(default_factory=set)


def _read_member(member: Member, map_: Map, tables: Mapping[str, Delivered], scratch: Path, found: _FilesRead) -> None:
    target, rejects = scratch / "rows.parquet", scratch / "rejects.parquet"
    content = "" if member.refused else content_hash(member.path)
    if content in found.contents:
        found.repeated.append(member.name)
        return
    try:
        parsed = parse(member, [*tables.values()], target, rejects)
    except Unrecognized:
        found.refused.append(_not_read(member.name, map_))
        return
    except Refused as refusal:
        found.refused.append(str(refusal))
        return
    found.contents.add(content)
    number = len(found.contents)
    found.deliveries.setdefault(parsed.table, []).append(number)
    found.rows.setdefault(parsed.table, []).append(_delivery(number, target, tables[parsed.table]))
    if parsed.rejected:
        found.rejected[member.name] = parsed.rejected
    target.unlink()


def _delivery(number: int, path: Path, table: Delivered) -> pl.DataFrame:
    sequence = pl.lit(number, pl.Int64).alias(SEQUENCE)
    return rows_in_files([str(path)], table).with_columns(sequence).select(*table.columns, *LINEAGE).collect()


def _not_read(file: str, map_: Map) -> str:
    kind = snake_case(Path(file).stem)
    return (
        f"{shown(file)}: the map {map_.where} does not read it, as no [files] of it has its name or its columns. "
        f"Leave the file out, or add [files.{shown(kind)}] and a table that reads it to the map."
    )


def try_map(map_: Map, files: Files, connector: Connector, timezone: str) -> MapTrial:
    """Runs every table of the map whose files are there, and checks its rows against the contracts."""
    with_files = [facet for facet in map_.facets if map_.file_kind(facet.kind).name in files.rows]
    mapped = [_mapped(map_, facet, files, timezone) for facet in with_files]
    tables: dict[str, list[pl.DataFrame]] = {}
    for made in mapped:
        tables.setdefault(made.facet.target, []).append(made.in_force)
    canonical = {table: pl.concat(parts) for table, parts in tables.items()}
    trial = _Trial(connector, canonical, timezone)
    read = {map_.file_kind(facet.kind).name for facet in map_.facets}
    return MapTrial(
        facets=tuple(_facet_trial(made, trial) for made in mapped),
        checks=run_checks(map_, files.rows, timezone),
        without_facet={kind: rows.height for kind, rows in files.rows.items() if kind not in read},
    )


@dataclass(frozen=True)
class _Mapped:
    """The rows of one table from one kind."""

    facet: Facet
    kind: Kind
    """The kind of its files."""
    delivered: pl.DataFrame
    made: MappedRows
    in_force: pl.DataFrame
    """Of files that are everything, the rows that the newest one has."""
    collapsed: int = 0
    """Rows of files that are everything, which an earlier file has too."""
    superseded: int = 0
    """Rows of files that are everything, which a later file does not have."""


def _mapped(map_: Map, facet: Facet, files: Files, timezone: str) -> _Mapped:
    kind = map_.file_kind(facet.kind)
    absent = {table.name: no_rows(table.columns) for table in delivered(map_)}
    looked_up = {
        name: _in_force(files, map_.kinds[name]) if name in files.rows else absent[name] for name in kinds_read(map_, facet)
    }
    made = map_rows(map_, facet, files.rows[kind.name], looked_up, timezone, _KEY)
    whole = _Mapped(facet, kind, files.rows[kind.name], made, made.rows)
    return _of_whole_files(whole, files.deliveries[kind.name]) if kind.whole == "file" else whole


def _in_force(files: Files, kind: Kind) -> pl.DataFrame:
    """The rows that a lookup sees: of whole files, those of the newest one."""
    rows = files.rows[kind.name]
    return rows.filter(pl.col(SEQUENCE) == files.deliveries[kind.name][-1]) if kind.whole == "file" else rows


def _of_whole_files(mapped: _Mapped, deliveries: Sequence[int]) -> _Mapped:
    in_force, collapsed, superseded = mapped.made.rows.clear(), 0, 0
    for sequence in deliveries:
        now = replaced(in_force, mapped.made.rows.filter(pl.col(SEQUENCE) == sequence))
        in_force, collapsed, superseded = now.rows, collapsed + now.collapsed, superseded + now.superseded.total()
    return replace(mapped, in_force=in_force, collapsed=collapsed, superseded=superseded)


def _facet_trial(mapped: _Mapped, trial: _Trial) -> FacetTrial:
    facet, made = mapped.facet, mapped.made
    fates = trial.fates(mapped)
    before, after = _examples(mapped.delivered, facet, made.rows)
    return FacetTrial(
        facet,
        delivered=sum(made.records.values()),
        published=fates.good.height,
        refused=fates.refused.height,
        superseded=mapped.superseded + fates.replaced + fates.superseded,
        replaced=fates.replaced,
        pending=fates.pending,
        collapsed=mapped.collapsed + sum(made.collapsed.values()),
        left_out=sum(made.left_out.values()),
        rules=dict(Counter(fates.refused["rule"].to_list()).most_common()),
        refused_by=Counter(name.split(",")[0] for name in fates.refused["column"].drop_nulls().to_list()),
        good=fates.good,
        not_listed=made.not_listed,
        before=before,
        after=after,
    )


def _examples(rows: pl.DataFrame, facet: Facet, mapped: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    shown = mapped.head(SHOWN)
    before = shown.select(LINEAGE).join(rows, on=LINEAGE, how="left", maintain_order="left").drop(LINEAGE)
    used = facet_columns(facet)
    return before.select(name for name in before.columns if name in used), shown.select(facet.cells.keys())


@dataclass(frozen=True)
class _Fates:
    good: pl.DataFrame
    """The published rows."""
    refused: pl.DataFrame
    """At least the rule and the column of each."""
    superseded: int
    """Rows with the key of a later row."""
    replaced: int = 0
    """Lines of orders that come again in a later file."""
    pending: int = 0
    """Rows whose order is missing."""


class _Trial:
    """The contracts of a connector, applied to the rows of a map."""

    def __init__(self, connector: Connector, canonical: Mapping[str, pl.DataFrame], timezone: str) -> None:
        every = (connector.orders, *connector.lines, *connector.dimensions)
        self._specs: dict[str, RowByRow | ManyToOne] = {spec.source: spec for spec in every}
        self._sources = {table.name: table for table in connector.delivered}
        self._canonical = canonical
        self._timezone = timezone
        self._orders = connector.orders
        self._placed = self._placed_orders()

    def fates(self, mapped: _Mapped) -> _Fates:
        spec, rows = self._specs[mapped.facet.target], mapped.in_force
        if isinstance(spec, ManyToOne):
            return self._merged(spec, rows)
        pending = replaced_lines = 0
        if spec.contract.monthly and spec is not self._orders:
            placed = rows.join(self._placed, on="order_id", how="inner", maintain_order="left")
            pending = rows.height - placed.height
            rows, older = superseded_lines(_with_last_delivery(mapped, placed))
            replaced_lines = older.height
        judged = judge(rows, spec, self._lookups(spec), self._timezone)
        good, superseded = latest(judged.good, spec.contract.key)
        return _Fates(good, judged.bad, superseded.height, replaced_lines, pending)

    def _merged(self, spec: ManyToOne, rows: pl.DataFrame) -> _Fates:
        merged = spec.merge(in_shop_time(rows, spec.times, self._timezone).lazy(), pl.LazyFrame(schema=OrderIndex.table.schema))
        judged = conform(merged.rows, spec.contract)
        refused = pl.concat([bad.select("rule", "column") for bad in (judged.bad, merged.refused)])
        return _Fates(judged.good, refused, int(merged.fates["rows"].sum()))

    def _placed_orders(self) -> pl.DataFrame:
        """The orders that are published, with their month and their delivery."""
        rows = self._canonical.get(self._orders.source)
        if rows is None:
            return pl.DataFrame(schema={"order_id": pl.String(), "month": pl.Date(), _HEADER: pl.Int64()})
        judged = judge(rows, self._orders, self._lookups(self._orders), self._timezone)
        good, _ = latest(judged.good, self._orders.contract.key)
        return good.select("order_id", "month", pl.col(SEQUENCE).alias(_HEADER))

    def _lookups(self, spec: RowByRow) -> dict[str, pl.DataFrame]:
        return {lookup.source: self._latest(lookup.source, lookup.on) for lookup in spec.lookups}

    def _latest(self, source: str, on: str) -> pl.DataFrame:
        rows = self._canonical.get(source)
        if rows is None:
            return no_rows(self._sources[source].columns)
        return rows.drop_nulls(on).unique(on, keep="last", maintain_order=True)


def _with_last_delivery(mapped: _Mapped, lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with the last delivery of their order, if their files contain orders whole (silver/whole_orders.py)."""
    if whole_for(mapped.facet, mapped.kind) != "order":
        return lines.drop(_HEADER)
    header = pl.when(pl.col(_HEADER).is_in(mapped.delivered[SEQUENCE].unique().implode())).then(_HEADER)
    last = pl.max_horizontal(pl.col(SEQUENCE).max().over("order_id"), header)
    return lines.with_columns(last.alias(LAST_DELIVERY)).drop(_HEADER)


def kinds_without_files(map_: Map, files: Files) -> Sequence[str]:
    """The kinds of the map of which no file was given."""
    return [table.name for table in delivered(map_) if table.name not in files.rows]
