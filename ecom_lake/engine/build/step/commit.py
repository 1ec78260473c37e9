"""Committing the result of a step: an error if its inputs changed meanwhile, no new entry if nothing changed.

Several runs may make the same part at once: the first commit counts, and the others keep its file. So two runs of the same step
leave one entry, in whatever order they end; `gc` deletes the other file (docs/decisions/0068-months-in-several-runs.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.log import ConflictError
from ecom_lake.errors import UserError

Changes = Mapping[TableId, Mapping[Part, File | None]]


@dataclass(frozen=True)
class Inputs:
    """The tables that a step reads, in the versions at its start."""

    entry: Entry
    tables: tuple[TableId, ...]

    @property
    def versions(self) -> dict[TableId, str]:
        return {table: self.entry.version(table) for table in self.tables}

    def verify(self, site: Site) -> None:
        """Raise an error if a file of the inputs is missing or corrupted."""
        verify(site, [file for table in self.tables for file in self.entry.parts(table).values()])

    def unchanged_in(self, head: Entry) -> bool:
        return all(head.version(table) == self.entry.version(table) for table in self.tables)


def verify(site: Site, files: Iterable[File]) -> None:
    """Raise an error if a file that is about to be read is missing or corrupted."""
    files = {file.path: file for file in files}.values()  # deliveries may share a file
    for file, why in zip(files, site.lake.store.each(site.lake.damage_read, files), strict=True):
        if why:
            raise UserError(f"{site.lake.where(file)} {why}. `ecom-lake repair` rebuilds it.")


def commit(site: Site, inputs: Inputs, changes: Changes, message: str) -> Entry:
    def change(head: Entry) -> Entry:
        if not inputs.unchanged_in(head):
            changed = ", ".join(str(t) for t in inputs.tables if head.version(t) != inputs.entry.version(t))
            raise ConflictError(f"{changed} changed while '{message}' was built; run the build again.")
        for table, parts in changes.items():
            now, before = head.parts(table), inputs.entry.parts(table)
            new = {
                part: file
                for part, file in parts.items()
                if now.get(part) != file and not _is_made_meanwhile(file, now.get(part), before.get(part))
            }
            head = head.with_parts(table, new) if new else head
        return head

    return commit_made(site, change, message)


def _is_made_meanwhile(file: File | None, now: File | None, before: File | None) -> bool:
    """Whether another run has committed the same rows, made from the same inputs, since this step read the state.

    A file that was there before is replaced in any case: it may be damaged."""
    if file is None or now is None or now == before:
        return False
    return replace(file, path=now.path, run=now.run) == now


def gone(entry: Entry, table: TableId, keep: Iterable[Part]) -> dict[Part, None]:
    """The parts of a table that are not in `keep`, as changes that remove them."""
    return dict.fromkeys(set(entry.parts(table)) - set(keep))
