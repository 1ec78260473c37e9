"""Bronze to silver: facts month by month, dimensions whole.

A month is a pure function of the delivered rows whose orders lie in it: their digest says whether it is touched at all,
and a month that is not keeps its file. Months are taken in groups, so that memory depends on the group and not on the shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from ecom_lake.connectors.connector import Lookup, ManyToOne, RowByRow
from ecom_lake.contracts.conform import conform
from ecom_lake.contracts.delivered import LINEAGE
from ecom_lake.errors import UserError
from ecom_lake.lake.lake import rows_in
from ecom_lake.lake.log import Entry, File
from ecom_lake.pipeline.bronze import BATCH, delivered_rows, rows_of
from ecom_lake.pipeline.commit import Changes, Inputs, commit, gone
from ecom_lake.pipeline.fingerprint import JUDGEMENT, code_of, fingerprint
from ecom_lake.pipeline.order_index import TABLE as INDEX
from ecom_lake.pipeline.outcome import Check, Outcome
from ecom_lake.pipeline.settle import Fates, Settled, count_fates, settle, with_raw_records
from ecom_lake.pipeline.site import Site

_CODE = ("pipeline/silver.py", "pipeline/settle.py", *JUDGEMENT, "connectors")


def part_of(month: date) -> str:
    return f"month={month:%Y-%m}"


def make_silver(site: Site, table: str, months: Sequence[date] | None = None) -> Outcome:
    """Make one silver table; of a fact the months asked for, or all."""
    spec = _spec(site, table)
    if not spec.contract.monthly:
        return _make_dimension(site, spec)
    assert isinstance(spec, RowByRow)
    return _make_months(site, spec, _known_months(site, months))


def inputs_of(site: Site, table: str) -> tuple[str, ...]:
    """The tables that a silver table is made from."""
    spec = _spec(site, table)
    lookups = [f"bronze/{lookup.source}" for lookup in spec.lookups] if isinstance(spec, RowByRow) else []
    index = [INDEX] if spec.contract.monthly or isinstance(spec, ManyToOne) else []
    return (*index, f"bronze/{spec.source}", *lookups)


def is_current(site: Site, entry: Entry, table: str, months: Sequence[date] | None = None) -> bool:
    """Whether a table, or some months of it, would come out as they are; told from the log alone."""
    spec = _spec(site, table)
    inputs = Inputs(entry, inputs_of(site, table))
    current = entry.parts(f"silver/{table}")
    if not spec.contract.monthly:
        return "" in current and current[""].fingerprint == _mark(spec, inputs)
    wanted = [part_of(month) for month in (months or site.months())]
    code = _code(spec)
    return all(
        part in current and current[part].inputs == inputs.versions and current[part].fingerprint.startswith(code)
        for part in wanted
    ) and not gone(entry, f"silver/{table}", map(part_of, site.months()))


def _spec(site: Site, table: str) -> RowByRow | ManyToOne:
    specs = (site.connector.orders, *site.connector.lines, *site.connector.dimensions)
    return next(spec for spec in specs if spec.contract.name == table)


def _code(spec: RowByRow | ManyToOne) -> str:
    return fingerprint(code_of(*_CODE), spec.contract)


def _mark(spec: RowByRow | ManyToOne, inputs: Inputs) -> str:
    return fingerprint(_code(spec), inputs.versions)


# ---------------------------------------------------------------------------------------------------------- facts


def _make_months(site: Site, spec: RowByRow, months: Sequence[date]) -> Outcome:
    table = f"silver/{spec.contract.name}"
    entry = site.lake.log.head()
    inputs = Inputs(entry, inputs_of(site, spec.contract.name))
    current = entry.parts(table)
    if is_current(site, entry, spec.contract.name, months) and not site.full:
        return _outcome(site, entry, spec, months, ())
    outside: dict[str, File | None] = dict(gone(entry, table, map(part_of, site.months())))
    code = _code(spec)
    digests = _digests(site, entry, spec)
    marks = {month: f"{code}-{digests.get(month, (0, 0))[1]:016x}" for month in months}
    touched = [m for m in months if site.full or not (file := current.get(part_of(m))) or file.fingerprint != marks[m]]
    changes: dict[str, dict[str, File | None]] = {table: outside, f"quarantine/{spec.source}": {}}
    for month in set(months) - set(touched):
        changes[table][part_of(month)] = replace(current[part_of(month)], inputs=inputs.versions)
    checks: list[Check] = []
    with site.lake.scratch() as scratch:
        for group in _groups(touched, digests):
            for month, settled, rows in _settled(site, entry, spec, group):
                checks += _accounted(spec, month, settled, rows)
                blank = File("", 0, 0, "", marks[month], site.run, inputs.versions)
                file, refused = _publish(site, entry, spec, month, settled, rows, blank, scratch)
                changes[table][part_of(month)] = file
                changes[f"quarantine/{spec.source}"][part_of(month)] = refused
    if any(check.blocks for check in checks):
        return Outcome(table, {part_of(m): current[part_of(m)] for m in months if part_of(m) in current}, (), tuple(checks))
    after = commit(site, inputs, changes, f"{table}, {len(touched)} months")
    return _outcome(site, after, spec, months, [part_of(month) for month in touched], checks)


def _digests(site: Site, entry: Entry, spec: RowByRow) -> dict[date, tuple[int, int]]:
    """Of each month the number and the digest of the delivered rows that it is made from."""
    if spec is site.connector.orders:
        placed = _index(site, entry)
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
        sources = [keys.join(_index(site, entry).select("order_id", "month"), on="order_id")]
    one = [s.select("month", pl.struct("order_id", *LINEAGE).hash().alias("hash")) for s in sources]
    sums = (
        pl.concat(one, how="vertical").group_by("month").agg(pl.len().alias("rows"), pl.col("hash").bitwise_xor().alias("digest"))
    ).collect()
    return {month: (int(rows), int(digest)) for month, rows, digest in sums.iter_rows()}


def _groups(months: Sequence[date], digests: Mapping[date, tuple[int, int]]) -> Iterator[list[date]]:
    """Consecutive months of together no more than a batch of rows, or of one month."""
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
    """Each month of a group with its settled rows and the delivered ones that they come from."""
    rows = _rows_of_months(site, entry, spec, months)
    lookups = {lookup.source: _looked_up(site, entry, lookup, rows) for lookup in spec.lookups}
    settled = settle(rows, spec, lookups)
    month_of = rows.select(*LINEAGE, "month")
    whole = (
        rows,
        settled.good,
        settled.refused.join(month_of, on=LINEAGE, maintain_order="left"),
        settled.superseded.join(month_of, on=LINEAGE, maintain_order="left"),
    )
    split = [(frame.head(0), frame.partition_by("month", as_dict=True)) for frame in whole]
    for month in months:
        mine, good, refused, superseded = (by_month.get((month,), none) for none, by_month in split)
        yield month, Settled(good, refused.drop("month"), superseded.drop("month")), mine


def _rows_of_months(site: Site, entry: Entry, spec: RowByRow, months: Sequence[date]) -> pl.DataFrame:
    placed = _index(site, entry).filter(pl.col("month").is_in(list(months)))
    delivered = rows_of(site, entry, spec.source)
    if spec is site.connector.orders:
        return delivered.join(placed.select("month", *LINEAGE), on=LINEAGE).collect()
    order = pl.col("order_id").str.strip_chars()
    return delivered.with_columns(order).join(placed.select("month", "order_id"), on="order_id").collect()


def _looked_up(site: Site, entry: Entry, lookup: Lookup, rows: pl.DataFrame) -> pl.DataFrame:
    """The latest delivered row for each value that the rows name."""
    on = pl.col(lookup.on).str.strip_chars()
    wanted = rows.lazy().select(on).unique()
    found = rows_of(site, entry, lookup.source).with_columns(on).join(wanted, on=lookup.on, how="semi").collect()
    return found.sort([lookup.on, *LINEAGE]).unique(lookup.on, keep="last", maintain_order=True)


def _index(site: Site, entry: Entry) -> pl.LazyFrame:
    index = site.lake.silver(entry, "order_index")
    if index is None:
        raise UserError(f"Shop '{site.shop.name}' has no order index yet; build silver/order_index first.")
    return index


def _publish(
    site: Site, entry: Entry, spec: RowByRow, month: date, settled: Settled, rows: pl.DataFrame, blank: File, scratch: Path
) -> tuple[File, File | None]:
    part = part_of(month)
    fates: Fates = (
        *count_fates(spec.source, "published", settled.good),
        *count_fates(spec.source, "superseded", settled.superseded),
        *count_fates(spec.source, "quarantined", settled.refused),
    )
    table, refuse = f"silver/{spec.contract.name}", f"quarantine/{spec.source}"
    refused = with_raw_records(settled.refused, rows, spec.source)
    failed = {str(rule): int(n) for rule, n in refused.group_by("rule").len().sort("rule").iter_rows()}
    file = _write(site, entry, settled.good, table, part, replace(blank, fates=fates, failed=failed), scratch)
    return file, _write(site, entry, refused, refuse, part, blank, scratch) if len(refused) else None


def _write(site: Site, entry: Entry, frame: pl.DataFrame, table: str, part: str, blank: File, scratch: Path) -> File:
    target = scratch / f"{table.replace('/', '-')}.parquet"
    frame.write_parquet(target, compression="zstd")
    return site.lake.publish(target, table, part, replace(blank, rows=rows_in(target)), entry.parts(table).get(part))


# ----------------------------------------------------------------------------------------------------- dimensions


def _make_dimension(site: Site, spec: RowByRow | ManyToOne) -> Outcome:
    table, refuse = f"silver/{spec.contract.name}", f"quarantine/{spec.source}"
    entry = site.lake.log.head()
    inputs = Inputs(entry, inputs_of(site, spec.contract.name))
    mark = _mark(spec, inputs)
    if is_current(site, entry, spec.contract.name) and not site.full:
        current = entry.parts(table)[""]
        accounted = _accounted_whole(entry, spec, current)
        return Outcome(table, entry.parts(table), (), (accounted, _quarantine_check(entry, spec)))
    good, refused, fates = _merged(site, entry, spec) if isinstance(spec, ManyToOne) else _one_by_one(site, entry, spec)
    failed = {str(rule): int(n) for rule, n in refused.group_by("rule").len().sort("rule").iter_rows()}
    blank = File("", 0, 0, "", mark, site.run, inputs.versions)
    with site.lake.scratch() as scratch:
        file = _write(site, entry, good, table, "", replace(blank, fates=fates, failed=failed), scratch)
        lost = _write(site, entry, refused, refuse, "", blank, scratch) if len(refused) else None
    accounted = _accounted_whole(entry, spec, file)
    if accounted.blocks:
        return Outcome(table, entry.parts(table), (), (accounted,))
    changes: Changes = {table: {"": file}, refuse: {"": lost}}
    after = commit(site, inputs, changes, table)
    return Outcome(table, after.parts(table), ("",), (accounted, _quarantine_check(after, spec)))


def _one_by_one(site: Site, entry: Entry, spec: RowByRow) -> tuple[pl.DataFrame, pl.DataFrame, Fates]:
    rows = rows_of(site, entry, spec.source).collect()
    lookups = {lookup.source: _looked_up(site, entry, lookup, rows) for lookup in spec.lookups}
    settled = settle(rows, spec, lookups)
    fates: Fates = (
        *count_fates(spec.source, "published", settled.good),
        *count_fates(spec.source, "superseded", settled.superseded),
        *count_fates(spec.source, "quarantined", settled.refused),
    )
    for lookup in spec.lookups:
        if lookup.source not in _sources(site):
            fates += _fates_of_lookup(site, entry, lookup)
    return settled.good, with_raw_records(settled.refused, rows, spec.source), fates


def _fates_of_lookup(site: Site, entry: Entry, lookup: Lookup) -> Fates:
    """A table that is only looked up in has no silver of its own: its latest rows are merged into those that name them."""
    on = pl.col(lookup.on).str.strip_chars()
    rows = rows_of(site, entry, lookup.source).select(on, *LINEAGE).collect().sort([lookup.on, *LINEAGE])
    named = rows.filter(pl.col(lookup.on).is_not_null())
    latest = named.unique(lookup.on, keep="last", maintain_order=True)
    older = named.join(latest, on=LINEAGE, how="anti")
    nameless = rows.filter(pl.col(lookup.on).is_null())
    return (
        *count_fates(lookup.source, "collapsed", latest),
        *count_fates(lookup.source, "superseded", older),
        *count_fates(lookup.source, "quarantined", nameless),
    )


def _merged(site: Site, entry: Entry, spec: ManyToOne) -> tuple[pl.DataFrame, pl.DataFrame, Fates]:
    merged = spec.merge(rows_of(site, entry, spec.source), _index(site, entry))
    judged = conform(merged.rows, spec.contract)
    columns = [*LINEAGE, "rule", "column", "value"]
    refused = pl.concat([judged.bad.select(columns), merged.refused.select(columns)])
    merged_away = tuple(
        (spec.source, int(sequence), str(fate), int(n))
        for sequence, fate, n in merged.fates.select("source_sequence", "fate", "rows")
        .sort("source_sequence", "fate")
        .iter_rows()
    )
    fates: Fates = (
        *count_fates(spec.source, "published", judged.good),
        *count_fates(spec.source, "quarantined", refused),
        *merged_away,
    )
    good = judged.good.sort(spec.contract.key)
    return good, with_raw_records(refused, delivered_rows(site, entry, spec.source, refused), spec.source), fates


def _sources(site: Site) -> set[str]:
    return {spec.source for spec in (site.connector.orders, *site.connector.lines, *site.connector.dimensions)}


# --------------------------------------------------------------------------------------------------------- checks


def _accounted(spec: RowByRow, month: date, settled: Settled, rows: pl.DataFrame) -> list[Check]:
    went = settled.good.height + settled.refused.height + settled.superseded.height
    return [
        Check(
            f"silver/{spec.contract.name}",
            "every_row_accounted",
            passed=went == rows.height,
            severity="block",
            says=f"{rows.height} delivered rows of {month:%Y-%m} became {went}: published, superseded or quarantined.",
        )
    ]


def _outcome(
    site: Site, entry: Entry, spec: RowByRow, months: Sequence[date], written: Sequence[str], checks: Sequence[Check] = ()
) -> Outcome:
    table = f"silver/{spec.contract.name}"
    files = {part_of(month): entry.parts(table)[part_of(month)] for month in months}
    bad = next((check for check in checks if not check.passed), None)
    all_accounted = bad or Check(
        table, "every_row_accounted", True, "block", "Every delivered row is published, superseded or quarantined."
    )
    return Outcome(table, files, tuple(written), (all_accounted, _quarantine_check(entry, spec)))


def _accounted_whole(entry: Entry, spec: RowByRow | ManyToOne, made: File) -> Check:
    delivered = sum(file.rows for file in entry.parts(f"bronze/{spec.source}").values())
    went = sum(rows for source, _, _, rows in made.fates if source == spec.source)
    return Check(
        f"silver/{spec.contract.name}",
        "every_row_accounted",
        passed=went == delivered,
        severity="block",
        says=f"{delivered} delivered rows became {went}: published, collapsed, superseded or quarantined.",
    )


def _quarantine_check(entry: Entry, spec: RowByRow | ManyToOne) -> Check:
    parts = entry.parts(f"quarantine/{spec.source}")
    rows = sum(file.rows for file in parts.values())
    return Check(
        f"silver/{spec.contract.name}",
        "nothing_quarantined",
        passed=not rows,
        severity="warn",
        says=f"{rows} rows of {spec.source} are in quarantine; `ecom-lake quarantine` shows them."
        if rows
        else "No row was refused.",
        evidence=tuple({"part": part, "rows": file.rows} for part, file in sorted(parts.items())),
    )


def _known_months(site: Site, months: Sequence[date] | None) -> list[date]:
    known = site.months()
    if months is None:
        return known
    if unknown := [month for month in months if month not in known]:
        bounds = f"{known[0]:%Y-%m} to {known[-1]:%Y-%m}" if known else "none"
        raise UserError(f"Month {unknown[0]:%Y-%m} is not one of the shop's ({bounds}); change lake.toml or ask for another.")
    return sorted(months)
