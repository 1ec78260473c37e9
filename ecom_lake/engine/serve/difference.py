"""The differences between two states of a shop: which tables changed, which KPIs changed, and in which months."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.released import command, state
from ecom_lake.engine.serve.status import changed_tables
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError

Known = tuple[str, float | None]
"""The unit of a KPI, and its value."""


@dataclass(frozen=True)
class Changed:
    table: str
    rows_before: int | None
    """None if the table did not exist; the same for `rows_after`."""
    rows_after: int | None
    parts: int
    """The number of files that differ: one per month, or one for the whole table."""


@dataclass(frozen=True)
class Moved:
    metric: str
    unit: str
    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Difference:
    before: int
    after: int
    tables: tuple[Changed, ...]
    kpis: tuple[Moved, ...]
    months: tuple[tuple[str, Moved], ...]
    """The months in which a KPI changed, each with the change."""


def difference(site: Site, before: int, after: int) -> Difference:
    old, new = state(site, before), state(site, after)
    tables = tuple(_changed(table, old, new) for table in sorted(changed_tables(old, new)))
    return Difference(before, after, tables, _moved(_kpis(site, old), _kpis(site, new)), _moved_by_month(site, old, new))


def as_document(found: Difference) -> dict[str, Any]:
    """A difference as plain data, for JSON."""

    def moved(one: Moved) -> dict[str, Any]:
        return asdict(one) | {"difference": one.difference}

    return {
        "before": found.before,
        "after": found.after,
        "tables": [asdict(table) for table in found.tables],
        "kpis": [moved(kpi) for kpi in found.kpis],
        "months": [{"month": month} | moved(kpi) for month, kpi in found.months],
    }


def last_two_releases(site: Site) -> tuple[int, int]:
    """The states to compare by default: the latest release and the release before it."""
    numbers = [number for number in site.lake.log.numbers() if site.lake.log.entry(number).release == number]
    if len(numbers) < 2:
        raise UsageError(f"There are not two releases to compare; {command(site, 'log')} lists every state.")
    return numbers[-2], numbers[-1]


def _changed(table: TableId, old: Entry, new: Entry) -> Changed:
    before, after = ({part: file.hash for part, file in entry.parts(table).items()} for entry in (old, new))
    differing = sum(before.get(part) != after.get(part) for part in {*before, *after})
    return Changed(str(table), _rows(old, table), _rows(new, table), differing)


def _rows(entry: Entry, table: TableId) -> int | None:
    return sum(file.rows for file in entry.parts(table).values()) if entry.parts(table) else None


def _kpis(site: Site, entry: Entry) -> dict[str, Known]:
    paths = site.lake.paths(entry, TableId("gold", site.registry.domain.roles.kpis))
    if not paths:
        return {}
    rows = pl.read_parquet(paths, glob=False).select("metric", "unit", pl.col("value").cast(pl.Float64, strict=False))
    return {metric: (unit, value) for metric, unit, value in rows.iter_rows()}


def _moved_by_month(site: Site, old: Entry, new: Entry) -> tuple[tuple[str, Moved], ...]:
    before, after = _monthly(site, old), _monthly(site, new)
    none: dict[str, Known] = {}
    moved = ((month, _moved(before.get(month, none), after.get(month, none))) for month in sorted({*before, *after}))
    return tuple((month, one) for month, found in moved for one in found)


def _monthly(site: Site, entry: Entry) -> dict[str, dict[str, Known]]:
    paths = site.lake.paths(entry, TableId("gold", site.registry.domain.roles.kpis_by_month))
    if not paths:
        return {}
    compared = dict(site.registry.domain.roles.compared_by_month)
    values = [pl.col(kpi).cast(pl.Float64) for kpi in compared]
    rows = pl.read_parquet(paths, glob=False).select(pl.col("month").cast(pl.Date), *values)
    return {
        f"{month:%Y-%m}": {kpi: (unit, value) for (kpi, unit), value in zip(compared.items(), found, strict=True)}
        for month, *found in rows.iter_rows()
    }


def _moved(before: dict[str, Known], after: dict[str, Known]) -> tuple[Moved, ...]:
    """The metrics whose value differs, in the order of the newer table."""
    none: tuple[str, None] = ("", None)
    return tuple(
        Moved(metric, (after.get(metric) or before[metric])[0], old, new)
        for metric in {**after, **before}
        if (old := before.get(metric, none)[1]) != (new := after.get(metric, none)[1])
    )
