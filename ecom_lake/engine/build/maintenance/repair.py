"""Repairing a lake: damaged entries of the log are set aside, damaged files and what damaged manifests list are removed from it.

Here: finding damage, and removing damaged files from the log so that the next build rebuilds them. Delivered files are read
from landing again. Not here: building (build.py, dagster/), reporting damage without repairing it (engine/serve/doctor.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecom_lake.engine.build.bronze.ingest import landed_files, take
from ecom_lake.engine.build.release.plain_view import invalidate
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.order_index import UNPLACED
from ecom_lake.engine.build.silver.specs import INDEX, specs
from ecom_lake.engine.build.step.built_with import state_to_build_on
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import Entry, File, files_of
from ecom_lake.engine.store.integrity import hash_file

Place = tuple[TableId, Part]
"""A table and one of its parts."""
_DELIVERED = ("bronze", "rejects")


@dataclass(frozen=True)
class Repaired:
    set_aside: tuple[str, ...] = ()
    """Damaged entries of the log, by their new names."""
    read_again: tuple[str, ...] = ()
    """Damaged delivered files that were read from landing again."""
    put_back: tuple[str, ...] = ()
    """Damaged tables of models that were restored from the plain view: another run could give other results."""
    forgotten: tuple[str, ...] = ()
    """Damaged files that the next build rebuilds, and tables of which a damaged manifest listed files."""
    lost: tuple[str, ...] = ()
    """Deliveries that are damaged and no longer in landing."""


def repair(site: Site) -> Repaired:
    unreadable = tuple(_set_aside_unreadable(site))
    unlisted = tuple(_repair_manifests(site))
    aside = (*unreadable, *_set_aside_damaged(site))
    head = state_to_build_on(site)  # the removed files are rebuilt with the current settings
    paths = {path for path, file in files_of([head]).items() if site.lake.is_damaged(file)}
    damaged = {place: file for place, file in _files(head) if file.path in paths}
    delivered = {place: file for place, file in damaged.items() if place[0].layer in _DELIVERED}
    restored = _read_again(site, delivered) if delivered else {}
    models = dict(_restored_models(site, damaged))
    removed = {place: file for place, file in damaged.items() if place not in delivered and place not in models}
    removed |= dict(_models_of_damaged_states(site, head))
    site.lake.log.commit(lambda latest: _without(site, latest, removed, damaged | removed, restored | models), site.run, "repair")
    invalidate(site)
    return Repaired(
        set_aside=aside,
        read_again=tuple(_delivery_of(file) for file in restored.values()),
        put_back=tuple(sorted(str(table) for table, _ in models)),
        forgotten=(*unlisted, *sorted(file.path for file in removed.values())),
        lost=tuple(_delivery_of(file) for place, file in delivered.items() if place not in restored),
    )


def _delivery_of(file: File) -> str:
    """The landed file and the delivery that a file was read from, in words."""
    delivery = file.delivery
    return f"{delivery.file} (delivery {delivery.sequence}, of {delivery.delivered_at})" if delivery else file.path


def _files(entry: Entry) -> Iterator[tuple[Place, File]]:
    for table, parts in entry.tables.items():
        for part, file in parts.items():
            yield (table, part), file


def _set_aside_unreadable(site: Site) -> Iterator[str]:
    """Set aside every entry with damaged bytes."""
    log = site.lake.log
    for number in log.numbers():
        if not log.is_readable(number):
            yield log.set_aside(number)


def _repair_manifests(site: Site) -> Iterator[str]:
    """Restore damaged manifests from their second copies; what else they list is removed from the newest state.

    Yields the removed tables, or tables with removed parts. The next build rebuilds these parts. Deliveries that it reads
    from landing again get new numbers."""
    log = site.lake.log
    head = log.head()
    log.manifests.repair(head)
    if damaged := log.manifests.damaged(head, set()):
        log.commit(lambda latest: log.manifests.readable(latest), site.run, "repair")
        yield from damaged


def _set_aside_damaged(site: Site) -> Iterator[str]:
    """Set aside every state with a manifest that is damaged and has no intact second copy. If the released one is damaged, the
    newest intact release replaces it."""
    log, intact = site.lake.log, set[str]()
    for number in log.numbers():
        entry = log.entry(number)
        if log.manifests.damaged(entry, intact):
            log.manifests.repair(entry)
        if log.manifests.damaged(entry, intact):
            yield log.set_aside(number)
    numbers = log.numbers()
    shown = log.head().release
    if shown is not None and shown not in numbers:
        newest = next((n for n in reversed(numbers) if log.entry(n).release == n), None)
        log.commit(lambda head: replace(head, release=newest, pinned=False), site.run, "repair")


def _read_again(site: Site, damaged: dict[Place, File]) -> dict[Place, File]:
    """Damaged delivered files, read from landing again under the same numbers if landing still has them."""
    lost = {file.delivery.content_hash for file in damaged.values() if file.delivery}
    _, taken = take(site, landed_files(site), {}, only=lost)  # a new file may hold an erased person: it waits for an ingest
    found: dict[tuple[TableId, str], File] = {}
    for one in taken:
        for layer, file in (("bronze", one.file), ("rejects", one.rejects)):
            if file and file.delivery:
                found[TableId(layer, one.table), file.delivery.content_hash] = file
    restored: dict[Place, File] = {}
    for (table, part), file in damaged.items():
        if file.delivery and (again := found.get((table, file.delivery.content_hash))):
            restored[table, part] = replace(again, delivery=file.delivery)
    return restored


def _restored_models(site: Site, damaged: dict[Place, File]) -> Iterator[tuple[Place, File]]:
    """Damaged tables of models, restored from the plain view. They cannot be rebuilt: each fit starts from the one before it, and
    the inputs that the model ran on may have been corrected since."""
    models = {table for fit in site.registry.fits.values() for table in site.registry.recipe(fit).tables}
    for (table, part), file in damaged.items():
        if table.layer != "gold" or table.name not in models:
            continue
        with site.lake.scratch() as scratch:
            copy = scratch / "table.parquet"
            with contextlib.suppress(FileNotFoundError):
                site.lake.store.fetch(f"{site.shop.name}/{table}.parquet", copy)
                if hash_file(copy) == file.hash:
                    yield (table, part), site.lake.publish(copy, table, part, replace(file, run=site.run), None)


def _models_of_damaged_states(site: Site, head: Entry) -> Iterator[tuple[Place, File]]:
    """The tables of models whose identities cannot be checked, because older inputs that they ran on are damaged: they run again.

    Present inputs are rebuilt with the same bytes."""
    present = {file.path for _, file in _files(head)}
    declared = site.registry.domain.snapshots
    compared = {site.registry.table(table).id for table in declared.tables} if declared else set()
    for fit in site.registry.fits.values():
        made = head.parts(TableId("gold", fit)).get(WHOLE)
        if made is None or made.state is None or not site.lake.log.has(made.state):
            continue  # without the state, the next build runs the model anyway
        state = site.lake.log.entry(made.state)
        older = (file for table in {*made.inputs, *compared} for file in state.parts(table).values() if file.path not in present)
        if any(site.lake.is_damaged(file) for file in older):
            tables = [TableId("gold", table) for table in site.registry.recipe(fit).tables]
            yield from (((table, part), file) for table in tables for part, file in head.parts(table).items())


def _without(
    site: Site, latest: Entry, removed: dict[Place, File], damaged: dict[Place, File], restored: dict[Place, File]
) -> Entry:
    """The entry without the removed parts and with the restored ones. Parts that changed meanwhile stay as they are."""
    changed = latest
    for table, part in removed:
        for maker, its_part in _made_with(site, latest, table, part):
            if latest.parts(table).get(part) == damaged[table, part]:
                changed = changed.with_parts(maker, {its_part: None})
    for (table, part), file in restored.items():
        if latest.parts(table).get(part) == damaged[table, part]:
            changed = changed.with_parts(table, {part: file})
    return changed


def _made_with(site: Site, entry: Entry, table: TableId, part: Part) -> Iterator[Place]:
    """The part itself, and the silver parts whose step also writes it: a silver step writes quarantine and pending rows too."""
    yield table, part
    if table.layer == "pending" or (table.layer == "quarantine" and part == UNPLACED):
        yield INDEX, WHOLE
    elif table.layer == "quarantine":
        for silver, spec in specs(site).items():
            lookups = [lookup.source for lookup in spec.lookups] if isinstance(spec, RowByRow) else []
            if table.name in (spec.source, *lookups) and part in entry.parts(TableId("silver", silver)):
                yield TableId("silver", silver), part
