"""The state after deliveries were changed: landed files are staged before its commit and replaced after it; models are due.

Not here: what changes (engine/forget/, old_texts.py), the new files of bronze (changed_bronze.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl

from ecom_lake.engine.build.erasure.changed_bronze import DeliveryChange, NewParts, new_content
from ecom_lake.engine.build.erasure.landed import MemberEdits, stage
from ecom_lake.engine.build.erasure.person_rows import Mentions
from ecom_lake.engine.build.mapped.facets import mapped_from
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry, Landed
from ecom_lake.engine.store.landed_files import files_in
from ecom_lake.engine.store.log import ConflictError


def stage_landing(
    site: Site, entry: Entry, changes: Mapping[int, DeliveryChange], mentions: Mentions, may_remove: bool = False
) -> dict[str, str]:
    """Stage every landed file that holds a changed delivery; the new content hash of each delivery, by the old one.

    `may_remove`: a landed file that cannot be rewritten is removed after the commit; otherwise it raises an error."""
    by_content = {
        change.content: MemberEdits(change.edits(mentions), _rows_of(change), must_stay=not may_remove)
        for change in changes.values()
    }
    contents: dict[str, str] = {}
    for info in files_in(site.lake.landing):
        landed = entry.landing.get(info.path)
        if landed and not by_content.keys().isdisjoint(landed.hash.split("+")):
            contents |= stage(site, info, by_content)
    there = contents | {
        one.content: one.content for one in changes.values() if not one.is_in_bronze and one.content not in contents
    }
    return {content: there.get(content) or new_content() for content in by_content}


def _rows_of(change: DeliveryChange) -> Callable[[], pl.DataFrame]:
    return lambda: change.rows


def with_changes(site: Site, latest: Entry, seen: Entry, parts: NewParts, contents: Mapping[str, str]) -> Entry:
    """The newest state with the new parts and landed hashes; its models are due. Mapped tables that read the new parts are
    rebuilt, all deliveries of them, because several share a file."""
    changed = latest
    for table, new in parts.items():
        if any(latest.parts(table).get(part) != seen.parts(table)[part] for part in new):
            raise ConflictError(f"{table} was changed by another run meanwhile.")
        changed = changed.with_parts(table, new)
    for table in mapped_from(site, parts):
        changed = changed.with_parts(table, dict.fromkeys(latest.parts(table)))
    for table, its_parts in latest.tables.items():
        due = {part: replace(file, as_of=None, fingerprint="") for part, file in its_parts.items() if file.state is not None}
        changed = changed.with_parts(table, due) if due else changed
    return replace(changed, landing=_renamed(changed.landing, contents))


def _renamed(landing: Mapping[str, Landed], contents: Mapping[str, str]) -> dict[str, Landed]:
    """The landed files with their new content hashes."""
    return {
        path: replace(landed, hash="+".join(contents.get(one, one) for one in landed.hash.split("+")))
        for path, landed in landing.items()
    }
