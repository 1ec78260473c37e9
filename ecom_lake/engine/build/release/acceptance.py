"""Whether the deliveries since the last release may be released.

Three conditions, in one blocking check: at least one file of orders was accepted; no table had all of its new files refused; no
delivery has a larger share of failed rows than the shop allows (`max_failed_share` in lake.toml).
Not here: why a file is refused (landing/), why a row fails (contracts/), reading the failed rows (refused.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from ecom_lake.engine.build.mapped.facets import delivered_tables
from ecom_lake.engine.build.release.own_tables import own_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import EMPTY, Entry, Landed

TABLE = TableId("gold", "release")
NAME = "deliveries_accepted"
MEANING = "Orders were delivered, no table had all of its new files refused, and no delivery has too many failed rows."
_SHOWN = 3
"""The largest number of faults in the message; the evidence holds all of them."""
Fault = Mapping[str, Any]


def deliveries_accepted(site: Site, entry: Entry) -> Check:
    """The check, computed from the log alone."""
    shown = site.lake.log.entry(entry.release) if entry.release else EMPTY
    refused, failed = list(_refused_tables(site, entry, shown)), list(_failed_deliveries(site, entry, shown))
    faults = [*refused, *failed] or list(_no_orders(site, entry))
    sentences = [str(fault["why"]) for fault in faults[:_SHOWN]]
    if more := len(faults) - _SHOWN if len(faults) > _SHOWN else 0:
        sentences.append(f"{more:,} more of this kind.")
    if refused:
        sentences.append("Correct or remove the refused files, then build.")
    if failed:
        sentences.append(
            "`ecom-lake quarantine` shows the rows. Replace the file in landing by a corrected one or remove it, then build; to "
            f"release without these rows, raise max_failed_share of [shops.{site.shop.name}] in lake.toml."
        )
    return Check(TABLE, NAME, not faults, "block", " ".join(sentences) if faults else MEANING, tuple(faults))


def _no_orders(site: Site, entry: Entry) -> Iterator[Fault]:
    """The fault if no order record was ever delivered: the files were refused or have no rows, or there are no files."""
    orders = site.connector.orders.source
    parts = [part for table in delivered_tables(site, orders) for part in entry.parts(table).values()]
    if any(part.rows or (part.delivery and part.delivery.rejected) for part in parts):
        return
    refused = [landed.refused for landed in entry.landing.values() if landed.refused]
    empty = ", ".join(sorted({part.delivery.file for part in parts if part.delivery}))
    what = f"No order was ever delivered: {empty} has no rows." if empty else "No file of orders was ever accepted."
    yield {"table": orders, "why": " ".join([what, *refused, f"Put the orders into {site.lake.landing.url}, then build."])}


def _refused_tables(site: Site, entry: Entry, shown: Entry) -> Iterator[Fault]:
    """The tables with new files since the current release, all of which were refused."""
    for delivered in site.connector.delivered:
        bronze = TableId("bronze", delivered.name)
        refused = {
            path: landed.refused
            for path, landed in entry.landing.items()
            if delivered.name in landed.refused_tables and not _was_refused_before(shown, path, landed)
        }
        if refused and entry.parts(bronze).keys() <= shown.parts(bronze).keys():
            why = f"Every new file of {delivered.name} was refused: {' '.join(refused.values())}"
            yield {"table": delivered.name, "files": ", ".join(refused), "why": why}


def _was_refused_before(shown: Entry, path: str, landed: Landed) -> bool:
    """Whether the same file, by its stamp or its content, was refused when the current release was made."""
    before = shown.landing.get(path)
    if before is None or not before.refused:
        return False
    return before.stamp == landed.stamp or (bool(landed.hash) and before.hash == landed.hash)


def _failed_deliveries(site: Site, entry: Entry, shown: Entry) -> Iterator[Fault]:
    """The deliveries with too many failed rows.

    Left out: deliveries that are in the current release already, and new ones whose file was replaced or removed in landing.
    """
    if entry.tables == shown.tables:
        return  # what had failed then was allowed then
    limit = site.shop.max_failed_share
    landed = {content for file in entry.landing.values() for content in file.hash.split("+")}
    before = {(row["read_as"], row["delivery"]): row for row in _deliveries(site, shown)}
    for row in _deliveries(site, entry):
        known = before.get((row["read_as"], row["delivery"]))
        if row["failed"] <= limit * row["rows"] or (known is None and row["content_hash"] not in landed):
            continue
        if known is None or known["failed"] <= limit * known["rows"]:
            read_as = f" read as {row['read_as']}" if row["read_as"] != row["table"] else ""
            counts = f"{row['failed']:,} of {row['rows']:,} rows of {row['table']}{read_as} failed, more than {limit:.0%}."
            yield {**row, "why": f"{row['file']} (delivery {row['delivery']}): {counts}"}


def _deliveries(site: Site, entry: Entry) -> list[dict[str, Any]]:
    """Each delivery of an entry, with its rows and how many of them were rejected or quarantined."""
    keys = ("read_as", "sequence")
    fates = own_table(site, entry, "lake_fates").filter(fate="quarantined").select(*keys, quarantined="rows")
    deliveries = own_table(site, entry, "lake_deliveries").join(fates, on=keys, how="left").sort(keys)
    failed = pl.col("rejected") + pl.col("quarantined").fill_null(0)
    return deliveries.select(
        "file", "content_hash", table="table_name", read_as="read_as", delivery="sequence", rows="rows_delivered", failed=failed
    ).to_dicts()
