"""Dimensions: tables without months, from one delivered row each or merged from several delivered rows."""

from __future__ import annotations

from functools import partial

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.evidence import with_raw_records
from ecom_lake.engine.build.silver.parts import accounted, failed_rules, fates_of, looked_up, order_index, quarantine_check, write
from ecom_lake.engine.build.silver.settle import Fates, count_fates, settle
from ecom_lake.engine.build.silver.specs import Spec, code, inputs_of, specs
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.conform import Conformed, conform
from ecom_lake.engine.contracts.connector import Lookup, ManyToOne, Merged, RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.shop_time import in_shop_time
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made


def is_current(site: Site, entry: Entry, spec: Spec) -> bool:
    """Whether rebuilding the table would change nothing, computed from the log only."""
    current = entry.parts(TableId("silver", spec.contract.name)).get(WHOLE)
    return current is not None and current.fingerprint == _mark(site, entry, spec)


def make_dimension(site: Site, spec: Spec) -> Outcome:
    table = TableId("silver", spec.contract.name)
    entry = state_to_build_on(site)
    if is_current(site, entry, spec) and not site.full:
        checks = (_accounted(site, entry, spec, entry.parts(table)[WHOLE]), quarantine_check(entry, spec))
        return Outcome(table, entry.parts(table), checks=checks)
    inputs = Inputs(entry, inputs_of(site, spec.contract.name))
    good, refused, fates = _merged(site, entry, spec) if isinstance(spec, ManyToOne) else _row_by_row(site, entry, spec)
    made = partial(Made, fingerprint=_mark(site, entry, spec), run=site.run, inputs=inputs.versions)
    with site.lake.scratch() as scratch:
        filled = made(rows=len(good), fates=fates, failed=failed_rules(refused[spec.source]))
        file = write(site, entry, good, table, WHOLE, filled, scratch)
        quarantined: dict[TableId, dict[Part, File | None]] = {
            TableId("quarantine", source): {
                WHOLE: write(site, entry, rows, TableId("quarantine", source), WHOLE, made(rows=len(rows)), scratch)
                if len(rows)
                else None
            }
            for source, rows in refused.items()
        }
    check = _accounted(site, entry, spec, file)
    if check.blocks:
        return Outcome(table, entry.parts(table), checks=(check,))
    after = commit(site, inputs, {table: {WHOLE: file}, **quarantined}, str(table))
    return Outcome(table, after.parts(table), (WHOLE,), (check, quarantine_check(after, spec)))


def _mark(site: Site, entry: Entry, spec: Spec) -> str:
    return fingerprint(code(site, spec), Inputs(entry, inputs_of(site, spec.contract.name)).versions)


_Refused = dict[str, pl.DataFrame]
"""Refused rows with their raw records, by delivered table."""


def _row_by_row(site: Site, entry: Entry, spec: RowByRow) -> tuple[pl.DataFrame, _Refused, Fates]:
    rows = rows_of(site, entry, spec.source).collect()
    settled = settle(rows, spec, looked_up(site, entry, spec.lookups, rows), site.shop.timezone)
    fates = fates_of(spec.source, settled)
    refused = {spec.source: with_raw_records(site, entry, spec.source, settled.refused, rows)}
    for lookup in spec.lookups:
        if lookup.source not in {spec.source for spec in specs(site).values()}:
            refused[lookup.source], its_fates = _lookup_only(site, entry, lookup)
            fates += its_fates
    return settled.good, refused, fates


def _lookup_only(site: Site, entry: Entry, lookup: Lookup) -> tuple[pl.DataFrame, Fates]:
    """The refused rows and the fates of a lookup table without a silver table: its latest rows are merged into other tables."""
    delivered = rows_of(site, entry, lookup.source).collect()
    rows = delivered.with_columns(pl.col(lookup.on).str.strip_chars()).sort([lookup.on, *LINEAGE])
    has_key = pl.col(lookup.on).fill_null("") != ""
    with_key, without_key = rows.filter(has_key), rows.filter(~has_key)
    latest = with_key.unique(lookup.on, keep="last", maintain_order=True)
    older = with_key.join(latest, on=LINEAGE, how="anti")
    why = without_key.select(*LINEAGE, rule=pl.lit(f"{lookup.on}_missing"), column=pl.lit(lookup.on), value=pl.col(lookup.on))
    return with_raw_records(site, entry, lookup.source, why, delivered), (
        *count_fates(lookup.source, "collapsed", latest),
        *count_fates(lookup.source, "superseded", older),
        *count_fates(lookup.source, "quarantined", without_key),
    )


def _merged(site: Site, entry: Entry, spec: ManyToOne) -> tuple[pl.DataFrame, _Refused, Fates]:
    merged, judged = merge(site, entry, spec, rows_of(site, entry, spec.source))
    merged_away = tuple(
        (spec.source, int(sequence), str(fate), int(n))
        for sequence, fate, n in merged.fates.select("source_sequence", "fate", "rows")
        .sort("source_sequence", "fate")
        .iter_rows()
    )
    fates: Fates = (
        *count_fates(spec.source, "published", judged.good),
        *count_fates(spec.source, "quarantined", judged.bad),
        *merged_away,
    )
    good = judged.good.sort(spec.contract.key)
    return good, {spec.source: with_raw_records(site, entry, spec.source, judged.bad)}, fates


def merge(site: Site, entry: Entry, spec: ManyToOne, rows: pl.LazyFrame) -> tuple[Merged, Conformed]:
    """Merge the rows and check the result against the contract. `bad` holds the rows that either step refuses."""
    if spec.times:
        rows = in_shop_time(rows.collect(), spec.times, site.shop.timezone).lazy()
    merged = spec.merge(rows, order_index(site, entry) if spec.reads_orders else pl.LazyFrame(schema=OrderIndex.table.schema))
    judged = conform(merged.rows, spec.contract)
    columns = [*LINEAGE, "rule", "column", "value"]
    return merged, Conformed(judged.good, pl.concat([judged.bad.select(columns), merged.refused.select(columns)]))


def _accounted(site: Site, entry: Entry, spec: Spec, made: File) -> Check:
    delivered = sum(file.rows for file in entry.parts(site.connector.table(spec.source)).values())
    return accounted(spec, delivered, sum(rows for source, _, _, rows in made.fates if source == spec.source))
