"""Facts, month by month.

A month is a pure function of the delivered rows of its orders. If neither the digest of these rows nor the code has changed, the
month keeps its file. Only the deliveries of months that may have changed are read (changed_months.py). Months are built in
groups, so that memory depends on the size of a group and not of the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.build.bronze.delivered_rows import BATCH, rows_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.changed_months import EMPTY_DIGEST, Mark, Months, digests, find_months
from ecom_lake.engine.build.silver.evidence import with_raw_records
from ecom_lake.engine.build.silver.parts import (
    accounted,
    failed_rules,
    fates_of,
    looked_up,
    order_index,
    part_of,
    quarantine_check,
    write,
)
from ecom_lake.engine.build.silver.settle import Settled, settle
from ecom_lake.engine.build.silver.specs import code, inputs_of
from ecom_lake.engine.build.silver.whole_orders import LAST_DELIVERY, come_whole, superseded_lines, with_last_delivery
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.commit import Inputs, commit, gone
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.config import UNDATED
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.words import counted


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
    inputs, found = Inputs(entry, inputs_of(site, spec.contract.name)), find_months(site, entry, spec)
    plan = _Plan(
        current={month: file for month in site.months() if (file := entry.parts(table).get(part_of(month)))},
        found=found,
        code=code(site, spec),
        by_code={*(months if changed_by_code is None else changed_by_code), *others},
        forced={*found.unknown, *(asked if site.full else ())},
    )
    months = sorted({*asked, *others})
    due = [month for month in months if plan.may_change(month)]
    kept = {month: plan.current[month] for month in months if month not in due}
    changes: dict[TableId, dict[Part, File | None]] = {table: {}, refuse: {}}
    delivered = placed = 0
    touched: list[date] = []
    with site.lake.scratch() as scratch, ThreadPoolExecutor(site.threads, initializer=logs.inherit_context()) as writers:

        def publish(month: date, settled: Settled, rows: pl.DataFrame) -> tuple[File, File | None]:
            made = partial(Made, fingerprint=str(marks[month]), run=site.run, inputs=inputs.versions)
            return _publish(site, entry, spec, month, settled, rows, made, scratch)

        for group in _groups(due, found):
            rows = _delivered(site, entry, spec, group, found)
            marks = plan.marks(group, _digests(spec, rows))
            kept |= {month: plan.kept(month, marks[month]) for month in group if not plan.is_touched(month, marks[month])}
            touched += (rebuilt := [month for month in group if month not in kept])
            settled_months = list(_settled(site, spec, rows, rebuilt))
            for _, settled, its_rows in settled_months:
                delivered += its_rows.height
                placed += settled.good.height + settled.refused.height + settled.superseded.height
            written = writers.map(lambda month: publish(*month), settled_months)
            for (month, _, _), files in zip(settled_months, written, strict=True):
                changes[table][part_of(month)], changes[refuse][part_of(month)] = files
    check = accounted(spec, delivered, placed)
    if check.blocks:
        return Outcome(table, entry.parts(table), checks=(check,))
    unchanged = {part_of(month): replace(file, inputs=inputs.versions) for month, file in kept.items()}
    parts = {part_of(month) for month in site.months()}
    changes[table] |= {**gone(entry, table, parts), **unchanged}
    changes[refuse] |= {part: None for part in gone(entry, refuse, parts) if part.month}  # the other parts are the order index's
    after = commit(site, inputs, changes, f"{table}, {counted(len(touched), 'month')}")
    return _outcome(after, spec, asked, [part_of(month) for month in touched if month in asked], check)


@dataclass(frozen=True)
class _Plan:
    """Which months are rebuilt. A month is read if it may have changed, and rebuilt if its mark differs."""

    current: Mapping[date, File]
    found: Months
    code: str
    by_code: Collection[date]
    """The months that are rebuilt if their code changed."""
    forced: Collection[date]

    def may_change(self, month: date) -> bool:
        file = self.current.get(month)
        if file is None or month in self.found.changed or month in self.forced:
            return True
        return month in self.by_code and Mark.of(file).code != self.code

    def marks(self, months: Iterable[date], rows: Mapping[date, int]) -> dict[date, Mark]:
        return {
            month: Mark(
                self.code, self.found.orders.get(month, EMPTY_DIGEST), f"{rows.get(month, 0):016x}", self.found.deliveries(month)
            )
            for month in months
        }

    def is_touched(self, month: date, mark: Mark) -> bool:
        if (file := self.current.get(month)) is None or month in self.forced:
            return True
        was = Mark.of(file)
        return (was.rows, was.deliveries) != (mark.rows, mark.deliveries) or (month in self.by_code and was.code != mark.code)

    def kept(self, month: date, mark: Mark) -> File:
        """The file of a month with the same rows, whose orders may differ: it has another order without rows."""
        file = self.current[month]
        return replace(file, fingerprint=str(replace(mark, code=Mark.of(file).code)))


def _with_other_columns(site: Site, entry: Entry, spec: RowByRow) -> list[date]:
    """The months that were built with other columns. They are always rebuilt: all months of a table have the same columns."""
    wanted = spec.contract.schema
    parts, code_fingerprint = entry.parts(TableId("silver", spec.contract.name)), code(site, spec)
    older = [(m, f) for m in site.months() if (f := parts.get(part_of(m))) and not f.fingerprint.startswith(code_fingerprint)]
    return [month for month, file in older if dict(pl.scan_parquet(site.lake.local(file), glob=False).collect_schema()) != wanted]


def _groups(months: Sequence[date], found: Months) -> Iterator[list[date]]:
    """Groups of consecutive months. A group has at most one batch of rows, or consists of one month."""
    group: list[date] = []
    size = 0
    for month in months:
        rows = sum(found.rows.get(month, {}).values())
        if group and size + rows > BATCH:
            yield group
            group, size = [], 0
        group.append(month)
        size += rows
    if group:
        yield group


@dataclass(frozen=True)
class _Delivered:
    """What a group of months is built from."""

    rows: pl.DataFrame
    """With the month of each row."""
    lookups: Mapping[str, pl.DataFrame]


def _delivered(site: Site, entry: Entry, spec: RowByRow, months: Sequence[date], found: Months) -> _Delivered:
    deliveries = {sequence for month in months for sequence in found.rows.get(month, {})}
    placed = order_index(site, entry).filter(pl.col("month").is_in(list(months)))
    delivered = rows_of(site, entry, spec.source, deliveries)
    if spec is site.connector.orders:
        rows = delivered.join(placed.select("month", *LINEAGE), on=LINEAGE).collect()
    else:
        order = pl.col("order_id").str.strip_chars()
        rows = delivered.with_columns(order).join(placed.select("month", "order_id"), on="order_id").collect()
        if come_whole(site, spec):
            rows = with_last_delivery(site, entry, spec, rows, placed.collect())
    return _Delivered(rows, looked_up(site, entry, spec.lookups, rows))


def _digests(spec: RowByRow, delivered: _Delivered) -> Mapping[date, int]:
    found = digests(delivered.rows, *LINEAGE, *({LAST_DELIVERY} & set(delivered.rows.columns)))
    for lookup in spec.lookups:
        keys = delivered.rows.select("month", pl.col(lookup.on).str.strip_chars()).unique()
        latest = delivered.lookups[lookup.source].drop(LINEAGE)
        # With its name, so that equal rows of two lookup tables do not cancel out.
        looked_up_rows = keys.join(latest, on=lookup.on).with_columns(_lookup=pl.lit(lookup.source))
        its_rows = digests(looked_up_rows, "_lookup", *latest.columns)
        found |= {month: found[month] ^ digest for month, digest in its_rows.items()}
    return found


def _settled(
    site: Site, spec: RowByRow, delivered: _Delivered, months: Sequence[date]
) -> Iterator[tuple[date, Settled, pl.DataFrame]]:
    """Each of the months, with its settled rows and its delivered rows."""
    rows = delivered.rows.filter(pl.col("month").is_in(list(months)))
    current, older = superseded_lines(rows)
    settled = settle(current, spec, delivered.lookups, site.shop.timezone)
    month_of = rows.select(*LINEAGE, "month")
    frames = (
        rows,
        settled.good,
        settled.refused.join(month_of, on=LINEAGE, maintain_order="left"),
        pl.concat([settled.superseded, older]).join(month_of, on=LINEAGE, maintain_order="left"),
    )
    split = [(frame.head(0), frame.partition_by("month", as_dict=True)) for frame in frames]
    for month in months:
        mine, good, refused, superseded = (by_month.get((month,), none) for none, by_month in split)
        yield month, Settled(good, refused.drop("month"), superseded.drop("month")), mine


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
    refused = with_raw_records(site, entry, spec.source, settled.refused, rows)
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
