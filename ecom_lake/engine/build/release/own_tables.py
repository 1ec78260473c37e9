"""The metadata of a lake as tables that the trust marts read: deliveries, fates, checks and columns.

Not here: the marts themselves (shop/trust/ledger.sql, quality_scorecard.sql, data_dictionary.sql). Every value comes from the
log or a contract; times come from the delivery records, so that the same input gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from ecom_lake.engine.build.mapped.readings import readings
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.specs import silver_contracts, silver_tables
from ecom_lake.engine.build.step.audit import all_rules
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.table import Rule, Table
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File


def own_table(site: Site, entry: Entry, name: str) -> pl.DataFrame:
    return {"lake_deliveries": _deliveries, "lake_fates": _fates, "lake_checks": _checks, "lake_columns": _columns}[name](
        site, entry
    )


def definition_fingerprint(site: Site) -> str:
    """A fingerprint of everything that these tables depend on, except the log."""
    return fingerprint(code_version(__name__), [(table, _source(site, table)) for _, table in _contracts(site)])


def reads_of(site: Site, name: str) -> tuple[TableId, ...]:
    """The tables of the lake that one of these tables describes."""
    bronze = tuple(TableId("bronze", delivered.name) for delivered in site.connector.delivered)
    mapped = tuple(TableId("mapped", table.name) for table in site.connector.mapped)
    silver = tuple(TableId("silver", table) for table in ("order_index", *silver_tables(site)))
    if name == "lake_deliveries":
        return (*bronze, *mapped)
    if name == "lake_fates":
        return (*bronze, *mapped, *silver)
    return (*silver, *(TableId("gold", table) for table in _others(site)))


def _deliveries(site: Site, entry: Entry) -> pl.DataFrame:
    """One row for each delivery and each table that its records are read as."""
    rows = [
        (
            *(one.kind, one.read_as, d.sequence, d.delivered_at, d.file, d.content_hash),
            *(one.rows + one.rejected + one.erased, one.rejected, one.erased),
        )
        for one in readings(site, entry)
        if (d := one.delivered.delivery)
    ]
    schema = {
        "table_name": pl.String(),
        "read_as": pl.String(),
        "sequence": pl.Int64(),
        "delivered_at": pl.String(),
        "file": pl.String(),
        "content_hash": pl.String(),
        "rows_delivered": pl.Int64(),
        "rejected": pl.Int64(),
        "erased": pl.Int64(),
    }
    return pl.DataFrame(sorted(rows), schema=schema, orient="row")


def _fates(site: Site, entry: Entry) -> pl.DataFrame:
    schema = {"read_as": pl.String(), "sequence": pl.Int64(), "fate": pl.String(), "rows": pl.Int64()}
    fates = [fate for _, file in _silver_files(site, entry) for fate in file.fates]
    fates += [fate for one in readings(site, entry) for fate in one.fates]
    counted = pl.DataFrame(fates, schema=schema, orient="row")
    return counted.group_by("read_as", "sequence", "fate").agg(pl.col("rows").sum()).sort("read_as", "sequence", "fate")


def _checks(site: Site, entry: Entry) -> pl.DataFrame:
    """For each rule of each table: how many rows were checked and how many failed."""
    last = max((d.delivered_at for f in _bronze_files(site, entry) if (d := f.delivery)), default=None)
    rows = []
    for layer, table in _contracts(site):
        failed: Counter[str] = Counter()
        checked = 0
        for file in entry.parts(TableId(layer, table.name)).values():
            failed.update(file.failed)
            # A refused silver row was checked as well, but is not in the file.
            checked += file.rows + (sum(file.failed.values()) if layer == "silver" else 0)
        for rule in _rules(table, failed):
            rows.append((layer, table.name, rule.name, rule.severity, rule.meaning, checked, failed[rule.name], last))
    schema = {
        "layer": pl.String(),
        "table_name": pl.String(),
        "rule": pl.String(),
        "severity": pl.String(),
        "meaning": pl.String(),
        "checked_rows": pl.Int64(),
        "failed_rows": pl.Int64(),
        "last_run": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("layer", "table_name", "rule")


def _rules(table: Table, failed: Iterable[str]) -> list[Rule]:
    """All rules of a table, and the rules of parsing that some rows failed."""
    known = all_rules(table)
    names = {rule.name for rule in known}
    return [*known, *(Rule(name, "", name.replace("_", " ") + ".") for name in sorted(failed) if name not in names)]


def _columns(site: Site, entry: Entry) -> pl.DataFrame:
    rows = []
    for layer, table in _contracts(site):
        example = _first_row(site, entry, TableId(layer, table.name))
        for position, column in enumerate(table.columns.values(), start=1):
            value = None if column.personal else example.get(column.name)
            rows.append(
                (
                    layer,
                    table.name,
                    position,
                    column.name,
                    column.kind.duckdb,
                    column.meaning,
                    column.nullable,
                    bool(column.personal),
                    None if value is None else str(value)[:80],
                    _source(site, table),
                )
            )
    schema = {
        "layer": pl.String(),
        "table_name": pl.String(),
        "position": pl.Int64(),
        "column_name": pl.String(),
        "type": pl.String(),
        "meaning": pl.String(),
        "nullable": pl.Boolean(),
        "is_personal": pl.Boolean(),
        "example": pl.String(),
        "source": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("layer", "table_name", "position")


def _source(site: Site, table: Table) -> str:
    """The file of the table's contract."""
    return site.registry.relative_path(site.registry.definition(table.name).file)


def _first_row(site: Site, entry: Entry, table: TableId) -> dict[str, object]:
    for file in (file for _, file in sorted(entry.parts(table).items()) if file.rows):
        return pl.read_parquet(site.lake.local(file), n_rows=1, glob=False).row(0, named=True)
    return {}


def _contracts(site: Site) -> Iterator[tuple[str, Table]]:
    for table in silver_contracts(site).values():
        yield "silver", table
    for name in _others(site):
        yield "gold", site.registry.table(name)


def _others(site: Site) -> list[str]:
    """The gold tables that do not read these tables. The others are left out: they would depend on themselves."""
    return [table for table in sorted(gold_tables(site)) if not site.registry.recipe(table).reads_own_tables]


def _silver_files(site: Site, entry: Entry) -> Iterator[tuple[Part, File]]:
    for name in ("order_index", *silver_tables(site)):
        yield from entry.parts(TableId("silver", name)).items()


def _bronze_files(site: Site, entry: Entry) -> Iterable[File]:
    return (file for delivered in site.connector.delivered for file in entry.parts(TableId("bronze", delivered.name)).values())
