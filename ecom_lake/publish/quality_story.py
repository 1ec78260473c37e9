"""The data of the quality page: a release's ledger, scorecard, anomalies and quarantine. Not here: its layout (`pages/`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby

import polars as pl

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.maintenance.refused import LAYERS as REFUSED
from ecom_lake.engine.build.maintenance.refused import MALFORMED, Refused, refusals
from ecom_lake.engine.build.release.offer import not_built
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.pages.quality import RefusedRows, Story, page

PAGE = "quality.html"
EXAMPLES = 3
_READS = tuple(
    TableId("gold", table)
    for table in ("dim_date", "fct_orders", "ledger", "quality_scorecard", "anomalies", "revenue_waterfall")
)


def render(site: Site, entry: Entry) -> bytes:
    """The same release gives the same bytes."""
    damaged = _damaged(site, entry)
    sound = replace(entry, tables={table: parts for table, parts in entry.tables.items() if table not in damaged})
    return page(replace(_story(site, sound), unreadable=[str(table) for table in damaged]))


def definition_fingerprint(site: Site) -> str:
    """A hash of all that the page depends on, except the release: code, shop and settings."""
    return fingerprint(code_version(__name__), site.shop.name, site.shop.numbers.currency, not_built(site))


def _damaged(site: Site, entry: Entry) -> list[TableId]:
    """The damaged tables that the page reads. The page leaves them out, because the other tables may be intact."""
    read = {table: parts for table, parts in entry.tables.items() if table in _READS or table.layer in REFUSED}
    return sorted(table for table, parts in read.items() if any(site.lake.damage_read(file) for file in parts.values()))


def _story(site: Site, entry: Entry) -> Story:
    days = gold_rows(site, entry, "dim_date")
    orders = gold_rows(site, entry, "fct_orders", "order_date")
    return Story(
        shop=site.shop.name,
        as_of=_day(days.filter("is_as_of")["date"]),
        last_order=_day(orders["order_date"]),
        ledger=gold_rows(site, entry, "ledger"),
        scorecard=gold_rows(site, entry, "quality_scorecard"),
        anomalies=gold_rows(site, entry, "anomalies"),
        waterfall=gold_rows(site, entry, "revenue_waterfall"),
        refused=_refused(site, entry),
        absent=not_built(site),
        currency=site.shop.numbers.currency,
    )


def _refused(site: Site, entry: Entry) -> list[RefusedRows]:
    found = refusals(site, entry, limit=EXAMPLES)
    examples = {key: list(group) for key, group in groupby(found.examples, key=lambda one: (one.table, one.rule))}
    return [
        RefusedRows(table, rule, rows, rule == MALFORMED, list(map(_where, examples[table, rule])))
        for table, rule, rows in found.counts
    ]


def _where(one: Refused) -> dict[str, object]:
    """The place of a record and what is wrong with it, never its content: a delivered record may be personal."""
    problem = one.value if one.rule == MALFORMED else one.column
    return {"file": one.file, "record": one.record, "problem": problem or one.rule}


def _day(days: pl.Series) -> date | None:
    last = days.max()
    return last if isinstance(last, date) else None
