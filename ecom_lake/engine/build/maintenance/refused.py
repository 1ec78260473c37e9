"""Refused records with their raw text: rows that failed a contract, and records that could not be parsed."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError

MALFORMED = "malformed"
"""The rule name for records in the rejects."""
LAYERS = ("quarantine", "rejects")


@dataclass(frozen=True)
class Refused:
    """One delivered record that was not accepted into a table."""

    table: str
    """The delivered table."""
    rule: str
    file: str
    record: int
    column: str | None
    value: str | None
    """The value that failed the rule; for a malformed record, why it could not be parsed."""
    raw: str


@dataclass(frozen=True)
class Refusals:
    counts: tuple[tuple[str, str, int], ...]
    """Table, rule and rows, most rows first."""
    examples: tuple[Refused, ...]


def refusals(site: Site, entry: Entry, table: str | None = None, rule: str | None = None, limit: int = 10) -> Refusals:
    """How many records each rule refused, with the first `limit` of each."""
    wanted = None if table is None else _delivered_name(site, table)
    frames = [frame for frame in (_read(site, entry, layer, wanted) for layer in LAYERS) if frame is not None]
    if not frames:
        return Refusals((), ())
    rows = pl.concat(frames).sort("table", "rule", "source_sequence", "source_record")
    if rule is not None:
        _check_rule(rule, rows)
        rows = rows.filter(pl.col("rule") == rule)
    counts = rows.group_by("table", "rule").len().sort(["len", "table", "rule"], descending=[True, False, False])
    files = _files(entry)
    first = rows.filter(pl.int_range(pl.len()).over("table", "rule") < limit)
    examples = tuple(
        Refused(name, failed, files.get(sequence, f"delivery {sequence}"), record, column, found, raw)
        for name, failed, sequence, record, column, found, raw in first.iter_rows()
    )
    return Refusals(tuple((str(name), str(failed), int(count)) for name, failed, count in counts.iter_rows()), examples)


def _delivered_name(site: Site, table: str) -> str:
    """The name of a delivered table, given by its own name or by the silver table that is built from it."""
    specs = (site.connector.orders, *site.connector.lines, *site.connector.dimensions)
    sources = {spec.contract.name: spec.source for spec in specs}
    delivered = [one.name for one in (*site.connector.delivered, *site.connector.mapped)]
    name = table.rsplit(".", 1)[-1]
    if name in delivered:
        return name
    if name in sources:
        return sources[name]
    raise UsageError(f"There is no delivered table '{table}'; the delivered tables are {', '.join(delivered)}.")


def _check_rule(rule: str, rows: pl.DataFrame) -> None:
    failed = sorted(rows["rule"].unique())
    if rule not in failed:
        raise UsageError(f"No row failed the rule '{rule}'; the failed rules are {', '.join(failed)}.")


def _read(site: Site, entry: Entry, layer: str, wanted: str | None) -> pl.DataFrame | None:
    frames = [
        _as_refused(pl.read_parquet(site.lake.local(file), glob=False), table.name, file.delivery.sequence)
        if file.delivery
        else _as_quarantined(pl.read_parquet(site.lake.local(file), glob=False), table.name)
        for table, parts in entry.tables.items()
        if table.layer == layer and wanted in (None, table.name)
        for file in parts.values()
    ]
    return pl.concat(frames) if frames else None


def _as_quarantined(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    return rows.select(
        pl.lit(table).alias("table"),
        "rule",
        "source_sequence",
        "source_record",
        "column",
        "value",
        pl.col("raw_record").alias("raw"),
    )


def _as_refused(rows: pl.DataFrame, table: str, sequence: int) -> pl.DataFrame:
    return rows.select(
        pl.lit(table).alias("table"),
        pl.lit(MALFORMED).alias("rule"),
        pl.lit(sequence, dtype=pl.Int64).alias("source_sequence"),
        "source_record",
        pl.lit(None, dtype=pl.String).alias("column"),
        pl.col("reason").alias("value"),
        "raw",
    )


def _files(entry: Entry) -> dict[int, str]:
    """The landed file of each delivery."""
    return {
        file.delivery.sequence: file.delivery.file
        for table, parts in entry.tables.items()
        if table.layer == "bronze"
        for file in parts.values()
        if file.delivery
    }
