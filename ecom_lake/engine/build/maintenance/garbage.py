"""Finding and deleting garbage in a shop's store: old states of the log, and files and manifests that no kept state names.

Bronze and its rejects are never garbage: all other layers can be rebuilt from them. The only exceptions are bronze files whose
rows the newest state has in a merged file (bronze/merging.py), merged files that no kept state names, and rejects whose text has
expired (expiry.py). Once deliveries were written again without persons or old texts (build/erasure/), a file that no kept state
names may hold these, and is garbage in every layer. Records of sent messages stay for months (store/sent.py).
Here: `ecom-lake gc`, and what a deletion must keep. Not here: which states stay without anybody's asking (retention.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice

from ecom_lake.engine.build.bronze.deliveries import deliveries
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store import sent
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ERASURES
from ecom_lake.engine.store.lake import MERGED, STORE
from ecom_lake.engine.store.log import LOG
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import UserError

_SPARED = (f"{LOG}/", f"{ERASURES}/")
_DELIVERED = (f"{STORE}/bronze/", f"{STORE}/rejects/")


@dataclass(frozen=True)
class State:
    """When a state was current, and which release readers saw then."""

    number: int
    made: datetime
    ended: datetime | None
    """When the next state was committed. Until then readers and builds may use it. None for the newest state."""
    release: int | None

    @property
    def is_release(self) -> bool:
        return self.release == self.number


Keep = Callable[[Sequence[State], datetime], set[int]]
"""The numbers of the states that stay, from all states, oldest first, and the present time."""


@dataclass(frozen=True)
class Garbage:
    states: tuple[int, ...]
    files: tuple[Info, ...]
    newest: int
    """The newest state when it was found."""

    @property
    def bytes(self) -> int:
        return sum(info.size for info in self.files)


def find_garbage(site: Site, older_than: timedelta) -> Garbage:
    """States and files that are older, and that no state that was current since then uses or has released."""

    def current_since(states: Sequence[State], now: datetime) -> set[int]:
        return {state.number for state in states if state.ended is None or state.ended > now - older_than}

    return garbage_without(site, current_since, older_than)


def garbage_without(site: Site, keep: Keep, older_than: timedelta) -> Garbage:
    """All states but those that `keep` keeps and those that they need; all older files that no kept state names."""
    now = datetime.now(UTC)
    states = states_of(site, now)
    kept = _with_shown(states, keep(states, now))
    named, referred_to = _named(site, kept)
    referred_to = {state.number for state in states if state.number in referred_to - kept}
    named |= _named(site, referred_to)[0]
    head = site.lake.log.head()
    merged_away = _merged_away(head)
    spared_folders = _SPARED if any(delivery.was for delivery in deliveries(head)) else (*_SPARED, *_DELIVERED)
    files = []
    for info in site.lake.store.list(f"{site.shop.name}/{STORE}"):
        path = info.path.removeprefix(f"{site.shop.name}/")
        half_written = "/." in path
        is_merged = path in merged_away or f"/{MERGED}" in path
        spared = path in named or (path.startswith(spared_folders) and not half_written and not is_merged)
        kept_for = max(older_than, sent.KEPT) if path.startswith(f"{sent.SENT}/") else older_than
        if not spared and info.modified < now - kept_for:
            files.append(info)
    numbers = [state.number for state in states]
    return Garbage(tuple(number for number in numbers if number not in kept | referred_to), tuple(files), max(numbers, default=0))


def states_of(site: Site, now: datetime) -> list[State]:
    """All states, oldest first. If the clock was set back, a state counts as old as the one before it."""
    log = site.lake.log

    def read(number: int) -> tuple[int, datetime, int | None]:
        entry = log.entry(number)
        return number, min(now, datetime.fromisoformat(entry.at)), entry.release

    found = site.lake.store.each(read, log.numbers())
    made = list(accumulate((at for _, at, _ in found), max))
    ended: list[datetime | None] = [*islice(made, 1, None), None]
    return [State(number, at, end, release) for (number, _, release), at, end in zip(found, made, ended, strict=False)]


def _merged_away(head: Entry) -> set[str]:
    """The paths of bronze files whose rows the newest state has in a merged file, and of rejects whose text has expired."""
    delivered = ("bronze", "rejects")
    bronze = ((table, file) for table, parts in head.tables.items() if table.layer in delivered for file in parts.values())
    return {f"{STORE}/{table}/{file.fingerprint}.parquet" for table, file in bronze if file.first_hash}


def _with_shown(states: Sequence[State], kept: set[int]) -> set[int]:
    """The states that stay, with the newest one and with the releases that readers saw during them."""
    newest = {states[-1].number} if states else set()
    all_kept = kept | newest
    shown = {state.release for state in states if state.number in all_kept}
    return all_kept | {state.number for state in states if state.number in shown}


def _named(site: Site, numbers: Iterable[int]) -> tuple[set[str], set[int]]:
    """The paths of the files and manifests that these states name, and the states that these files refer to.

    The states that those refer to in turn are not kept: each fit refers to a state with the fit before it, back to the first."""
    entries, manifests = [site.lake.log.entry(number) for number in sorted(numbers)], site.lake.log.manifests
    paths = {path.removeprefix(f"{site.shop.name}/") for path in manifests.paths(entries)} | manifests.data_paths(entries)
    return paths, manifests.states_referred_to(entries)


def collect_garbage(site: Site, garbage: Garbage) -> None:
    """Delete states before files, so that no existing state names a deleted file; nothing that a newer state names."""
    log = site.lake.log
    if (shown := log.head().release) in garbage.states:
        raise UserError(f"Readers were shown release {shown} again meanwhile; nothing was deleted.")
    named, _ = _named(site, [number for number in log.numbers() if number > garbage.newest])
    site.lake.store.each(log.delete, garbage.states)
    unnamed = [info.path for info in garbage.files if info.path.removeprefix(f"{site.shop.name}/") not in named]
    site.lake.store.each(site.lake.store.delete, unnamed)
