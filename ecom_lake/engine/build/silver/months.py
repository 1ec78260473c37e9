"""Facts, month by month.

A month is a pure function of the delivered rows of its orders. If neither the digest of these rows nor the code has changed, the
month keeps its file. Months are built in groups, so that memory depends on the size of a group and not of the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.bronze.delivered_rows import BATCH, rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import accounted, failed_rules, fates_of, looked_up, order_index, quarantine_check, write
from ecom_lake.engine.build.silver.settle import Settled, settle, with_raw_records
from ecom_lake.engine.build.silver.specs import code, inputs_of
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.commit import Inputs, commit, gone
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.config import UNDATED, month_name
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.words import counted


def part_of(month: date) -> Part:
    return Part(month=month_name(month))


def are_current(site: Site, entry: Entry, spec: RowByRow, months: Sequence[date]) -> bool:
    """Whether rebuilding these months would change nothing, computed from the log only."""
    table, inputs = TableId("silver", spec.contract.name), Inputs(entry, inputs_of(site, spec.contract.name))
    files = [entry.parts(table).get(part_of(month)) for month in months]
    code_fingerprint = code(site, spec)
    if gone(entry, table, map(part_of, site.months())):
        return False
    return all(file and file.inputs == inputs.versions and file.fingerprint.startswith(code_fingerprint) for file in files)


def make_months(site: Site, spec: RowByRow, months: Sequence[date], changed_by_code: Collection[date] | None = None) -> Outcome:
    """Build the months whose rows or code have changed. `changed_by_code`: the months that new code affects; None means all."""
    table, refuse = TableId("silver", spec.contract.name), TableId("quarantine", spec.source)
    entry = state_to_build_on(site)
    if are_current(site, entry, spec, months) and not site.full:
        return _outcome(entry, spec, months, (), _all_accounted(spec, entry, months))
    is_full = changed_by_code is None and len(months) == len(site.months())
    asked, others = months, [] if is_full else _with_other_columns(site, entry, spec)
    months = sorted({*asked, *others})
    inputs = Inputs(entry, inputs_of(site, spec.contract.name))
    inputs.verify(site)
    current, digests = entry.parts(table), _digests(site, entry, spec)
    marks = {month: f"{code(site, spec)}-{digests.get(month, (0, 0))[1]:016x}" for month in months}
    by_code = {*(months if changed_by_code is None else changed_by_code), *others}
    touched = [m for m in months if _is_touched(current.get(part_of(m)), marks[m], m in by_code) or (site.full and m in asked)]
    untouched = {part_of(m): replace(current[part_of(m)], inputs=inputs.versions) for m in months if m not in touched}
    changes: dict[TableId, dict[Part, File | None]] = {
        table: {**gone(entry, table, map(part_of, site.months())), **untouched},
        refuse: {},
    }
    delivered = placed = 0
    with site.lake.scratch() as scratch, ThreadPoolExecutor(site.threads, initializer=logs.inherit_context()) as writers:

        def publish(month: date, settled: Settled, rows: pl.DataFrame) -> tuple[File, File | None]:
            made = partial(Made, fingerprint=marks[month], run=site.run, inputs=inputs.versions)
            return _publish(site, entry, spec, month, settled, rows, made, scratch)

        for group in _groups(touched, digests):
            settled_months = list(_settled(site, entry, spec, group))
            for _, settled, rows in settled_months:
                delivered += rows.height
                placed += settled.good.height + settled.refused.height + settled.superseded.height
            written = writers.map(lambda month: publish(*month), settled_months)
            for (month, _, _), files in zip(settled_months, written, strict=True):
                changes[table][part_of(month)], changes[refuse][part_of(month)] = files
    check = accounted(spec, delivered, placed)
    if check.blocks:
        return Outcome(table, current, checks=(check,))
    after = commit(site, inputs, changes, f"{table}, {counted(len(touched), 'month')}")
    return _outcome(after, spec, asked, [part_of(month) for month in touched if month in asked], check)


def _with_other_columns(site: Site, entry: Entry, spec: RowByRow) -> list[date]:
    """The months that were built with other columns. They are always rebuilt: all months of a table have the same columns."""
    wanted = spec.contract.schema
    parts, code_fingerprint = entry.parts(TableId("silver", spec.contract.name)), code(site, spec)
    older = [(m, f) for m in site.months() if (f := parts.get(part_of(m))) and not f.fingerprint.startswith(code_fingerprint)]
    return [month for month, file in older if dict(pl.read_parquet_schema(site.lake.local(file))) != wanted]


def _is_touched(file: File | None, mark: str, by_code: bool) -> bool:
    if file is None or by_code:
        return file is None or file.fingerprint != mark
    return _digest_in(file.fingerprint) != _digest_in(mark)


def _digest_in(mark: str) -> str:
    return mark.rsplit("-", 1)[-1]


def _digests(site: Site, entry: Entry, spec: RowByRow) -> dict[date, tuple[int, int]]:
    """By month: the number and the digest of the delivered rows that it is built from."""
    if spec is site.connector.orders:
        placed = order_index(site, entry)
        sources = [placed.select("month", "order_id", *LINEAGE)]
        for lookup in spec.lookups:
            key = pl.col(lookup.on).str.strip_chars().alias("customer_key")
            known = rows_of(site, entry, lookup.source).select(key, *LINEAGE)
            sources.append(
                placed.select("customer_key", "month").join(known, on="customer_key").rename({"customer_key": "order_id"})
            )
    else:
        order = pl.col("order_id").str.strip_chars()
        keys = rows_of(site, entry, spec.source).select(order, *LINEAGE)
        sources = [keys.join(order_index(site, entry).select("order_id", "month"), on="order_id")]
    one = [s.select("month", pl.struct("order_id", *LINEAGE).hash().alias("hash")) for s in sources]
    sums = (
        pl.concat(one, how="vertical").group_by("month").agg(pl.len().alias("rows"), pl.col("hash").bitwise_xor().alias("digest"))
    ).collect()
    return {month: (int(rows), int(digest)) for month, rows, digest in sums.iter_rows()}


def _groups(months: Sequence[date], digests: Mapping[date, tuple[int, int]]) -> Iterator[list[date]]:
    """Groups of consecutive months. A group has at most one batch of rows, or consists of one month."""
    group: list[date] = []
    size = 0
    for month in months:
        rows = digests.get(month, (0, 0))[0]
        if group and size + rows > BATCH:
            yield group
            group, size = [], 0
        group.append(month)
        size += rows
    if group:
        yield group


def _settled(site: Site, entry: Entry, spec: RowByRow, months: Sequence[date]) -> Iterator[tuple[date, Settled, pl.DataFrame]]:
    """Each month of a group, with its settled rows and its delivered rows."""
    rows = _rows_of_months(site, entry, spec, months)
    settled = settle(rows, spec, looked_up(site, entry, spec.lookups, rows), site.shop.timezone)
    month_of = rows.select(*LINEAGE, "month")
    frames = (
        rows,
        settled.good,
        settled.refused.join(month_of, on=LINEAGE, maintain_order="left"),
        settled.superseded.join(month_of, on=LINEAGE, maintain_order="left"),
    )
    split = [(frame.head(0), frame.partition_by("month", as_dict=True)) for frame in frames]
    for month in months:
        mine, good, refused, superseded = (by_month.get((month,), none) for none, by_month in split)
        yield month, Settled(good, refused.drop("month"), superseded.drop("month")), mine


def _rows_of_months(site: Site, entry: Entry, spec: RowByRow, months: Sequence[date]) -> pl.DataFrame:
    placed = order_index(site, entry).filter(pl.col("month").is_in(list(months)))
    delivered = rows_of(site, entry, spec.source)
    if spec is site.connector.orders:
        return delivered.join(placed.select("month", *LINEAGE), on=LINEAGE).collect()
    order = pl.col("order_id").str.strip_chars()
    return delivered.with_columns(order).join(placed.select("month", "order_id"), on="order_id").collect()


def _publish(
    site: Site,
    entry: Entry,
    spec: RowByRow,
    month: date,
    settled: Settled,
    rows: pl.DataFrame,
    made: Callable[..., Made],
    scratch: Path,
) -> tuple[File, File | None]:
    """The file of the good rows, and the file of the refused rows if there are any."""
    part = part_of(month)
    refused = with_raw_records(settled.refused, rows, spec.source)
    filled = made(rows=len(settled.good), fates=fates_of(spec.source, settled), failed=failed_rules(refused))
    kept = settled.good.with_columns(month=pl.lit(None, pl.Date)) if month == UNDATED else settled.good
    good = write(site, entry, kept, TableId("silver", spec.contract.name), part, filled, scratch)
    if not len(refused):
        return good, None
    return good, write(site, entry, refused, TableId("quarantine", spec.source), part, made(rows=len(refused)), scratch)


def _outcome(entry: Entry, spec: RowByRow, months: Sequence[date], written: Sequence[Part], check: Check) -> Outcome:
    table = TableId("silver", spec.contract.name)
    files = {part_of(month): entry.parts(table)[part_of(month)] for month in months}
    return Outcome(table, files, tuple(written), (check, quarantine_check(entry, spec)))


def _all_accounted(spec: RowByRow, entry: Entry, months: Sequence[date]) -> Check:
    """The row ledger of unchanged months: the published rows in the log equal the rows of the files."""
    files = [entry.parts(TableId("silver", spec.contract.name))[part_of(month)] for month in months]
    published = sum(rows for file in files for _, _, fate, rows in file.fates if fate == "published")
    return accounted(spec, sum(file.rows for file in files), published)
