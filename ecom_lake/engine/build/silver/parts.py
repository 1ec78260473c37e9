"""Shared by the silver steps: writing a part of a table, lookups in bronze, and the checks of the row ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.settle import Fates, Settled, count_fates
from ecom_lake.engine.build.silver.specs import INDEX, Spec
from ecom_lake.engine.build.step.commit import verify
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.config import month_name
from ecom_lake.engine.contracts.connector import Lookup
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.errors import UserError
from ecom_lake.words import counted

ZSTD_LEVEL = 1
"""On ids and times, files are as small as at higher levels, and writing takes a third less time."""


def part_of(month: date) -> Part:
    return Part(month=month_name(month))


def order_index(site: Site, entry: Entry) -> pl.LazyFrame:
    index = site.lake.silver(entry, INDEX.name)
    if index is None:
        raise UserError(f"Shop '{site.shop.name}' has no order index yet; build {INDEX} first.")
    verify(site, list(entry.parts(INDEX).values()))
    return index


def looked_up(site: Site, entry: Entry, lookups: tuple[Lookup, ...], rows: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    """By lookup table: the latest delivered row for each value that occurs in `rows`."""
    return {lookup.source: latest_by_key(matches(site, entry, lookup, rows.lazy()), lookup) for lookup in lookups}


def matches(site: Site, entry: Entry, lookup: Lookup, rows: pl.LazyFrame) -> pl.DataFrame:
    """Every delivered row of the lookup table whose value occurs in `rows`."""
    on = pl.col(lookup.on).str.strip_chars()
    wanted = rows.select(on).unique()
    useful = [pl.col(column).str.strip_chars().fill_null("") != "" for column in lookup.needs]
    delivered = rows_of(site, entry, lookup.source).filter(*useful).with_columns(on)
    return delivered.join(wanted, on=lookup.on, how="semi").collect()


def latest_by_key(found: pl.DataFrame, lookup: Lookup) -> pl.DataFrame:
    """The latest delivered row for each value, of the rows of a lookup table."""
    if found[lookup.on].n_unique() == found.height:  # nearly always; the test is faster than the sort
        return found
    return found.sort([lookup.on, *LINEAGE]).unique(lookup.on, keep="last", maintain_order=True)


def write(site: Site, entry: Entry, frame: pl.DataFrame, table: TableId, part: Part, made: Made, scratch: Path) -> File:
    target = scratch / f"{table.layer}-{table.name}-{part}.parquet"
    frame.write_parquet(target, compression="zstd", compression_level=ZSTD_LEVEL)
    return site.lake.publish(target, table, part, made, entry.parts(table).get(part))


def fates_of(source: str, settled: Settled) -> Fates:
    return (
        *count_fates(source, "published", settled.good),
        *count_fates(source, "superseded", settled.superseded),
        *count_fates(source, "quarantined", settled.refused),
    )


def failed_rules(refused: pl.DataFrame) -> dict[str, int]:
    return {str(rule): int(n) for rule, n in refused.group_by("rule").len().sort("rule").iter_rows()}


def accounted(spec: Spec, delivered: int, placed: int) -> Check:
    """The row ledger of one table: blocks unless every delivered row has exactly one fate."""
    return Check(
        TableId("silver", spec.contract.name),
        "every_row_accounted",
        passed=placed == delivered,
        severity="block",
        says=f"{delivered:,} delivered rows, {placed:,} published, collapsed, superseded or quarantined.",
    )


def quarantine_check(entry: Entry, spec: Spec) -> Check:
    parts = entry.parts(TableId("quarantine", spec.source))
    rows = sum(file.rows for file in parts.values())
    return Check(
        TableId("silver", spec.contract.name),
        "nothing_quarantined",
        passed=not rows,
        severity="warn",
        says=f"{counted(rows, 'row')} of {spec.source} {'is' if rows == 1 else 'are'} in quarantine (`ecom-lake quarantine`)."
        if rows
        else "No row was refused.",
        evidence=tuple({"part": str(part), "rows": file.rows} for part, file in sorted(parts.items())),
    )
