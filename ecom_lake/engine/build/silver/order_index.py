"""The order index: the current version of each order, and its month.

Every order is validated here before any month is built. The rows of an order then go to the month of the order, to the pending
rows (the order has not been delivered), or to quarantine (the order was refused). An earlier index is updated with the new
deliveries (placement.py); it is made from all deliveries if the code, the settings or a delivery changed, or a file is damaged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import delivered_table, deliveries_since, rows_by_delivery
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.parts import write
from ecom_lake.engine.build.silver.placement import Placement, Unplaced, updated
from ecom_lake.engine.build.silver.specs import INDEX
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.build.step.code_version import code_version, version_of
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.build.step.outcome import Check, Outcome
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Entry, File, Made
from ecom_lake.words import counted

TABLE = INDEX
UNPLACED = Part(batch="unplaced")
"""The part of a quarantine table for rows without a month."""


def make_order_index(site: Site) -> Outcome:
    entry = state_to_build_on(site)
    inputs = _inputs(site, entry)
    if is_current(site, entry) and not site.full:
        return Outcome(TABLE, entry.parts(TABLE), checks=_checks(site, entry))
    now = updated(site, entry, *_earlier(site, entry))
    changes: dict[TableId, dict[Part, File | None]] = {}
    with site.lake.scratch() as scratch:
        for (table, part), rows in _frames(site, now).items():
            fates = now.fates(site.connector.orders.source) if table == TABLE else ()
            made = Made(rows=rows.height, fingerprint=_code(site), run=site.run, inputs=inputs.versions, fates=fates)
            is_kept = rows.height or table == TABLE
            # One chunk, so that the bytes of the file do not depend on how many frames the rows come from.
            changes[table] = {part: write(site, entry, rows.rechunk(), table, part, made, scratch) if is_kept else None}
    after = commit(site, inputs, changes, "order index")
    return Outcome(TABLE, after.parts(TABLE), written=(WHOLE,), checks=_checks(site, after))


def _frames(site: Site, placement: Placement) -> dict[tuple[TableId, Part], pl.DataFrame]:
    """The rows of each file of this step; of the files except the index, only those with rows are written."""
    frames = {(TABLE, WHOLE): placement.index, (TableId("quarantine", site.connector.orders.source), UNPLACED): placement.refused}
    for line in site.connector.lines:
        unplaced = placement.lines.get(line.source, Unplaced())
        frames[TableId("pending", line.source), WHOLE] = unplaced.pending
        frames[TableId("quarantine", line.source), UNPLACED] = unplaced.refused
    return frames


def is_current(site: Site, entry: Entry) -> bool:
    current = entry.parts(TABLE).get(WHOLE)
    return current is not None and current.fingerprint == _code(site) and current.inputs == _inputs(site, entry).versions


def _inputs(site: Site, entry: Entry) -> Inputs:
    return Inputs(entry, tuple(map(site.connector.table, _sources(site))))


def _sources(site: Site) -> list[str]:
    return [spec.source for spec in (site.connector.orders, *site.connector.lines)]


def _code(site: Site) -> str:
    """A fingerprint of everything except the delivered rows that the index is made from."""
    connector, orders = site.connector, site.connector.orders
    code = (code_version(__name__), version_of(orders.shape))
    contracts = (orders.contract, OrderIndex.table)
    delivered = [delivered_table(site, spec.source) for spec in (orders, *connector.lines)]
    clock = (orders.times, site.shop.timezone)
    return fingerprint(code, contracts, connector.customer_key, orders.lookups, delivered, clock, site.months())


def definition_fingerprint(site: Site) -> str:
    """A fingerprint of everything that the index depends on, except the rows of its inputs."""
    return _code(site)


def _earlier(site: Site, entry: Entry) -> tuple[Placement, Mapping[str, Collection[int]]]:
    """The current placement and the deliveries that came since then. If it cannot be updated: none, and all deliveries."""
    file = entry.parts(TABLE).get(WHOLE)
    if file is not None and file.fingerprint == _code(site) and not site.full:
        tables = {source: site.connector.table(source) for source in _sources(site)}
        since = {source: deliveries_since(entry, table, file.inputs[table]) for source, table in tables.items()}
        new = {source: deliveries for source, deliveries in since.items() if deliveries is not None}
        if new.keys() == since.keys() and (stored := _stored(site, entry, file)):
            return stored, new
    return Placement(), {source: rows_by_delivery(entry, site.connector.table(source)).keys() for source in _sources(site)}


def _stored(site: Site, entry: Entry, index: File) -> Placement | None:
    """The current placement, read from the files of this step; None if one of them is damaged."""
    orders = site.connector.orders.source
    nothing = _frames(site, Placement())
    files = {place: file for place in nothing if (file := entry.parts(place[0]).get(place[1]))}
    if any(site.lake.damage_read(file) for file in files.values()):
        return None
    rows = nothing | {place: pl.read_parquet(site.lake.local(file), glob=False) for place, file in files.items()}
    superseded = {sequence: n for source, sequence, fate, n in index.fates if (source, fate) == (orders, "superseded")}
    lines = {
        line: Unplaced(rows[TableId("pending", line), WHOLE], rows[TableId("quarantine", line), UNPLACED])
        for line in (line.source for line in site.connector.lines)
    }
    return Placement(rows[TABLE, WHOLE], rows[TableId("quarantine", orders), UNPLACED], superseded, lines)


def _checks(site: Site, entry: Entry) -> tuple[Check, ...]:
    source = site.connector.orders.source
    unplaced = entry.parts(TableId("quarantine", source)).get(UNPLACED)
    pending = {
        line.source: file.rows
        for line in site.connector.lines
        if (file := entry.parts(TableId("pending", line.source)).get(WHOLE))
    }
    return (
        Check(
            TABLE,
            "orders_accepted",
            passed=unplaced is None,
            severity="warn",
            says=(
                f"{counted(unplaced.rows, 'delivered order', 'is/are')} in quarantine (`ecom-lake quarantine`). For orders"
                " outside the shop's months, change first_month or last_month in lake.toml."
                if unplaced
                else "Every delivered order was accepted."
            ),
        ),
        Check(
            TABLE,
            "nothing_pending",
            passed=not pending,
            severity="warn",
            says=(
                "Rows that wait for their orders: " + ", ".join(f"{rows:,} of {source}" for source, rows in pending.items()) + "."
                if pending
                else "No row waits for its order."
            ),
        ),
    )
