"""Mending a lake: damaged entries leave the log, damaged files are made again from what they were made from.

Here: what is damaged, and forgetting it, so that the next build makes it. What was delivered is read again from landing.
Not here: building (build.py, orchestration/), saying what is damaged without mending it (engine/serve/doctor.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecom_lake.engine.build.bronze.ingest import contents, landed_files, take
from ecom_lake.engine.build.release.plain_view import distrust
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.order_index import UNPLACED
from ecom_lake.engine.build.silver.specs import INDEX, specs
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.integrity import hash_file

Place = tuple[TableId, Part]
"""A table and one of its parts."""
_DELIVERED = ("bronze", "rejects")


@dataclass(frozen=True)
class Repaired:
    set_aside: tuple[str, ...] = ()
    """Damaged entries of the log, under the names that they have now."""
    read_again: tuple[str, ...] = ()
    """Delivered files that were read from landing again."""
    put_back: tuple[str, ...] = ()
    """Damaged fits of models, of which the plain view had a whole copy: made again, their labels could be others."""
    forgotten: tuple[str, ...] = ()
    """Damaged files that the next build makes again."""
    lost: tuple[str, ...] = ()
    """Deliveries that are damaged and no longer in landing."""


def repair(site: Site) -> Repaired:
    aside = tuple(_clear_log(site))
    head = state_to_build_on(site)  # what is forgotten here is made again with the settings in force
    damaged = {place: file for place, file in _files(head) if site.lake.is_damaged(file)}
    delivered = {place: file for place, file in damaged.items() if place[0].layer in _DELIVERED}
    mended = _read_again(site, delivered) if delivered else {}
    fits = dict(_put_back(site, damaged))
    made = {place: file for place, file in damaged.items() if place not in delivered and place not in fits}
    site.lake.log.commit(lambda latest: _without(site, latest, made, damaged, mended | fits), site.run, "repair")
    distrust(site)
    return Repaired(
        set_aside=aside,
        read_again=tuple(_said(file) for file in mended.values()),
        put_back=tuple(sorted(str(table) for table, _ in fits)),
        forgotten=tuple(sorted(file.path for file in made.values())),
        lost=tuple(_said(file) for place, file in delivered.items() if place not in mended),
    )


def _said(file: File) -> str:
    delivery = file.delivery
    return f"{delivery.file} (delivery {delivery.sequence}, of {delivery.delivered_at})" if delivery else file.path


def _files(entry: Entry) -> Iterator[tuple[Place, File]]:
    for table, parts in entry.tables.items():
        for part, file in parts.items():
            yield (table, part), file


def _clear_log(site: Site) -> Iterator[str]:
    """Set every damaged entry aside. Where readers were shown one of them, they see the newest whole release."""
    log = site.lake.log
    for number in log.numbers():
        if not log.is_intact(number):
            yield log.set_aside(number)
    numbers = log.numbers()
    shown = log.head().release
    if shown is not None and shown not in numbers:
        whole = next((n for n in reversed(numbers) if log.entry(n).release == n), None)
        log.commit(lambda head: replace(head, release=whole, pinned=False), site.run, "repair")


def _read_again(site: Site, damaged: dict[Place, File]) -> dict[Place, File]:
    """Delivered files made again under the numbers that they have, as far as landing still holds them."""
    lost = {file.delivery.content_hash for file in damaged.values() if file.delivery}
    _, taken = take(site, landed_files(site), contents(site.lake.log.head()) - lost)
    found: dict[tuple[TableId, str], File] = {}
    for one in taken:
        for layer, file in (("bronze", one.file), ("rejects", one.rejects)):
            if file and file.delivery:
                found[TableId(layer, one.table), file.delivery.content_hash] = file
    mended: dict[Place, File] = {}
    for (table, part), file in damaged.items():
        if file.delivery and (again := found.get((table, file.delivery.content_hash))):
            mended[table, part] = replace(again, delivery=file.delivery)
    return mended


def _put_back(site: Site, damaged: dict[Place, File]) -> Iterator[tuple[Place, File]]:
    """A model's last fit is made from the one before it, and so from no table that is still there."""
    fits = {TableId("gold", fit) for fit in site.registry.fits.values()}
    for (table, part), file in damaged.items():
        if table not in fits:
            continue
        with site.lake.scratch() as scratch:
            copy = scratch / "fit.parquet"
            with contextlib.suppress(FileNotFoundError):
                site.lake.store.fetch(f"{site.shop.name}/{table}.parquet", copy)
                if hash_file(copy) == file.hash:
                    yield (table, part), site.lake.publish(copy, table, part, replace(file, run=site.run), None)


def _without(site: Site, latest: Entry, made: dict[Place, File], damaged: dict[Place, File], mended: dict[Place, File]) -> Entry:
    """The entry without the parts that are to be made again, and with those that were; what changed meanwhile is left."""
    changed = latest
    for table, part in made:
        for maker, its_part in _made_with(site, latest, table, part):
            if latest.parts(table).get(part) == damaged[table, part]:
                changed = changed.with_parts(maker, {its_part: None})
    for (table, part), file in mended.items():
        if latest.parts(table).get(part) == damaged[table, part]:
            changed = changed.with_parts(table, {part: file})
    return changed


def _made_with(site: Site, entry: Entry, table: TableId, part: Part) -> Iterator[Place]:
    """The part itself, and those whose step writes it too: quarantine and pending rows come with a silver table."""
    yield table, part
    if table.layer == "pending" or (table.layer == "quarantine" and part == UNPLACED):
        yield INDEX, WHOLE
    elif table.layer == "quarantine":
        for silver, spec in specs(site).items():
            lookups = [lookup.source for lookup in spec.lookups] if isinstance(spec, RowByRow) else []
            if table.name in (spec.source, *lookups) and part in entry.parts(TableId("silver", silver)):
                yield TableId("silver", silver), part
