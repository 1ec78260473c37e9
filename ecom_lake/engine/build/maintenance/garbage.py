"""Finding and deleting garbage in a shop's store: old states of the log, and files and manifests that no kept state names.

Bronze and its rejects are never garbage: all other layers can be rebuilt from them. The only exceptions are bronze files whose
rows the newest state has in a merged file (bronze/merging.py), and merged files that no kept state names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.lake import MERGED, STORE
from ecom_lake.engine.store.log import LOG
from ecom_lake.engine.store.store import Info

_SPARED = (f"{LOG}/", f"{STORE}/bronze/", f"{STORE}/rejects/")


@dataclass(frozen=True)
class Garbage:
    states: tuple[int, ...]
    files: tuple[Info, ...]

    @property
    def bytes(self) -> int:
        return sum(info.size for info in self.files)


def find_garbage(site: Site, older_than: timedelta) -> Garbage:
    """States and files that are older, and that no state that was current since then uses or has released."""
    now = datetime.now(UTC)
    horizon = now - older_than
    log = site.lake.log
    head = log.head()
    numbers = log.numbers()
    entries = dict(zip(numbers, site.lake.store.each(log.entry, numbers), strict=True))
    ended = _ended([min(now, datetime.fromisoformat(entry.at)) for entry in entries.values()])
    kept = {n for n, end in zip(entries, ended, strict=True) if end is None or end > horizon} | {head.number}
    kept |= {entry.release for n, entry in entries.items() if n in kept and entry.release in entries}
    named = _named(site, [entries[n] for n in kept])
    merged_away = {
        f"{STORE}/{table}/{file.fingerprint}.parquet"
        for table, parts in head.tables.items()
        if table.layer == "bronze"
        for file in parts.values()
        if file.first_hash
    }
    files = []
    for info in site.lake.store.list(f"{site.shop.name}/{STORE}"):
        path = info.path.removeprefix(f"{site.shop.name}/")
        half_written = "/." in path
        is_merged = path in merged_away or f"/{MERGED}" in path
        spared = path in named or (path.startswith(_SPARED) and not half_written and not is_merged)
        if not spared and info.modified < horizon:
            files.append(info)
    return Garbage(tuple(sorted(set(entries) - kept)), tuple(files))


def _named(site: Site, entries: Sequence[Entry]) -> set[str]:
    """The paths of the files that the entries name, and of the manifests that name them."""
    manifests = site.lake.log.manifests.paths(entries)
    return {*site.lake.log.manifests.data_paths(entries), *(path.removeprefix(f"{site.shop.name}/") for path in manifests)}


def _ended(made: Sequence[datetime]) -> list[datetime | None]:
    """When each state stopped being current, which is when the next was committed. Until then readers and builds may use it.

    If the clock was set back, a state counts as old as the one before it."""
    return [*islice(accumulate(made, max), 1, None), None][: len(made)]


def collect_garbage(site: Site, garbage: Garbage) -> None:
    """Delete states before files, so that no existing state names a deleted file."""
    site.lake.store.each(site.lake.log.delete, garbage.states)
    site.lake.store.each(site.lake.store.delete, [info.path for info in garbage.files])
