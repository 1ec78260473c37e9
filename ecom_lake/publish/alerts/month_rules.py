"""Rules about a release: kpi, target, anomaly and model_refused. They read gold tables, of the last complete month only.

A fact about a month is about the month, not about the release: later releases do not send it again (docs/decisions/0059). So the
month of an open shop has to be over: gold calls a month complete up to three days before its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ecom_lake.engine.alerts import KpiRule, Rule, TargetRule
from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import Unit
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.alerts.message import Fact
from ecom_lake.publish.column_words import as_heading
from ecom_lake.publish.pages.rendering import amount, percent

_EARLIER_RELEASES = 10
"""Releases that are searched for the last one in which a refused model was not refused."""


def month_facts(site: Site, release: Entry, now: datetime | None = None) -> Iterator[Fact]:
    rules, ended = site.shop.alerts.rules, _ended_until(site, release, now or datetime.now(UTC))
    month = _last_complete_month(site, release, ended)
    if month:
        for kpi, thresholds in site.shop.alerts.kpis.items():
            yield from _kpi(site, release, month, kpi, thresholds)
        if isinstance(target := rules.get("target"), TargetRule):
            yield from _targets(site, release, month, target)
    if anomaly := rules.get("anomaly"):
        yield from _anomalies(site, release, ended, anomaly)
    if refused := rules.get("model_refused"):
        yield from _models(site, release, refused)


def _ended_until(site: Site, release: Entry, now: datetime) -> date:
    """The last day that is over in the shop's time zone and that the orders have reached; of a closed shop, every day."""
    if site.shop.last_month:
        return date.max
    latest = _rows(site, release, "kpi_daily", "date")["date"].max()
    yesterday = now.astimezone(ZoneInfo(site.shop.timezone)).date() - timedelta(days=1)
    return min(latest, yesterday) if isinstance(latest, date) else date.min


def _last_complete_month(site: Site, release: Entry, ended: date) -> date | None:
    """The last complete month that is over: the one before where the last one still runs."""
    for first, last in _rows(site, release, "reporting_period", "first_complete_month", "last_complete_month").iter_rows():
        months = pl.date_range(first, last, "1mo", eager=True).sort(descending=True) if first and last else ()
        return next((month for month in months if _last_day(month) <= ended), None)
    return None


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _kpi(site: Site, release: Entry, month: date, kpi: str, rule: KpiRule) -> Iterator[Fact]:
    months = _rows(site, release, site.registry.domain.roles.kpis_by_month, "month", kpi)
    for (value,) in months.filter(month=month).select(kpi).iter_rows():
        if value is None:
            continue
        for side, limit in (("above", rule.above), ("below", rule.below)):
            if limit is not None and (value > limit if side == "above" else value < limit):
                shown, threshold = (_shown(site, kpi, one) for one in (value, limit))
                title = f"{as_heading(kpi)} was {shown} in {month:%B %Y}, {side} {threshold}."
                yield Fact("kpi", f"{month} {kpi} {side} {limit}", title, (), rule)


def _targets(site: Site, release: Entry, last: date, rule: TargetRule) -> Iterator[Fact]:
    rows = _rows(site, release, "target_progress", "month", "kpi", "target", "reached", "expected_so_far", "status")
    for row in rows.sort("month", "kpi").iter_rows(named=True):
        reached, target, expected = (_shown(site, row["kpi"], row[name]) for name in ("reached", "target", "expected_so_far"))
        if row["status"] == "missed" and row["month"] == last:
            title = f"{as_heading(row['kpi'])} missed its target in {row['month']:%B %Y}: {reached}, target {target}."
        elif row["status"] == "off_track" and row["month"] > last and rule.off_track:
            title = f"{as_heading(row['kpi'])} is off track in {row['month']:%B %Y}: {reached}, expected by now {expected}."
        else:
            continue
        yield Fact("target", f"{row['month']} {row['kpi']} {row['status']} {row['target']}", title, (), rule)


def _anomalies(site: Site, release: Entry, ended: date, rule: Rule) -> Iterator[Fact]:
    """Of the last month that was examined and is over. It may be later than the last complete one, which is not nearly empty."""
    keys = ("month", "table_name", "column_name", "kind", "measure")
    rows = _rows(site, release, "anomalies", *keys, "is_anomaly", "sentence").filter(pl.col("month").dt.month_end() <= ended)
    found = rows.filter(pl.col("month") == pl.col("month").max(), "is_anomaly").sort(keys)
    for *about, _, sentence in found.iter_rows():
        yield Fact("anomaly", " ".join(map(str, about)), sentence, (), rule)


def _models(site: Site, release: Entry, rule: Rule) -> Iterator[Fact]:
    """Models that are refused now and were not in an earlier release: the fact is about the first release that refuses them."""
    cards = _rows(site, release, "model_cards", "model", "status", "reason").rows_by_key("model", unique=True)
    waiting = {str(model): release.number for model, (status, _) in cards.items() if status == "refused"}
    for earlier in islice(_releases_before(site, release), _EARLIER_RELEASES) if waiting else ():
        before = dict(_rows(site, earlier, "model_cards", "model", "status").iter_rows())
        for model in sorted(waiting):
            if before.get(model) == "refused":
                waiting[model] = earlier.number
            elif model in before:
                since = waiting.pop(model)
                title = f"The model {model} is refused since release {since}; it was {before[model]} before."
                yield Fact("model_refused", f"{model} {since}", title, (cards[model][1],), rule)
            else:
                waiting.pop(model)
        if not waiting:
            return


def _releases_before(site: Site, release: Entry) -> Iterator[Entry]:
    """The earlier releases that are kept, the latest first."""
    for number in reversed(site.lake.log.numbers()):
        if number < release.number and (entry := site.lake.log.entry(number)).release == number:
            yield entry


def _rows(site: Site, entry: Entry, table: str, *columns: str) -> pl.DataFrame:
    for file in entry.parts(TableId("gold", table)).values():
        if why := site.lake.damage_read(file):
            raise UserError(f"{site.lake.where(file)} {why}. Run `ecom-lake repair` to rebuild it.")
    return gold_rows(site, entry, table, *columns)


def _shown(site: Site, kpi: str, value: Any) -> str:
    columns = site.registry.gold[site.registry.domain.roles.kpis_by_month].columns
    return shown(value, columns[kpi].unit if kpi in columns else None, site.shop.numbers.currency)


def shown(value: Any, unit: Unit | str | None, currency: str | None) -> str:
    """A value as people write it, by its unit."""
    if value is None:
        return "unknown"
    if unit == "money":
        return amount(value, 2, currency=currency)
    if unit in ("share", "growth"):
        return percent(float(value))
    return f"{value:,.0f}" if unit == "count" else f"{value:,.2f}"
