"""Copying a shop from one root to another, between any stores. Every file is checked against its hash; the log is copied last.

Each state is copied after its data files and its manifests.

States are copied in order, so an interrupted copy shows a complete older state or nothing. The next copy continues: files of a
state that the target already has were verified before that state was written, and are skipped. The source is not changed. The
target records what was copied (engine/store/copied.py), so that a copy continues after the source has deleted old states.
A landed file that the source has rewritten is replaced in the target, and a removed one deleted (former_landing.py).
Not here: the plain view, which the target writes itself (plain_view.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from ecom_lake import logs
from ecom_lake.engine.build.bronze.deliveries import deliveries
from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.erasure.former_contents import refuse_missing_key
from ecom_lake.engine.build.maintenance.former_landing import FormerLanding
from ecom_lake.engine.build.release.plain_view import update_plain_view
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.copied import record_copied, was_copied
from ecom_lake.engine.store.entry import Entry, files_of
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

Progress = Callable[[str, int, int], None]
"""Called with the path of a finished file, the bytes done and the bytes in total."""


@dataclass(frozen=True)
class Copied:
    files: int
    """Files copied by this run; intact files that the target already had are not counted."""
    bytes: int
    states: int
    deleted: int
    """Landed files that the target had and the source has removed."""


@dataclass(frozen=True)
class _Wanted:
    path: str
    size: int
    digest: str
    """The expected hash; empty for a landed file, for which the log records no hash of its bytes."""


def copy_shop(source: Site, target: Site, progress: Progress = lambda path, done, total: None) -> Copied:
    refuse_missing_key(source)
    with logs.context(run=target.run, shop=target.shop.name):
        logs.log_event("copying", source=source.lake.url, target=target.lake.url)
        copied = _copy_all(source, target, progress)
        logs.log_event("copied", files=copied.files, bytes=copied.bytes, states=copied.states, deleted=copied.deleted)
        return copied


def _copy_all(source: Site, target: Site, progress: Progress) -> Copied:
    numbers, copied = source.lake.log.numbers(), copied_states(source.lake, target.lake)
    newest = target.lake.log.numbers()[-1:]
    ErasureList(source.lake.store, source.shop.name, b"").copy_to(target.lake.store, target.shop.name, finished=True)
    landing, former = _landing(source, target), FormerLanding(source, target)
    files = [*_data(source, numbers, copied), *landing]
    total, lock = sum(wanted.size for wanted in files), Lock()
    done = 0

    def copy(wanted: _Wanted) -> bool:
        nonlocal done
        is_new = _copy(source.lake, target.lake, wanted, former)
        with lock:
            done += wanted.size
            progress(wanted.path, done, total)
        return is_new

    slower = source.lake.store if target.lake.store.is_local else target.lake.store
    new = [wanted.size for wanted, is_new in zip(files, slower.each(copy, files), strict=True) if is_new]
    deleted = former.delete_removed() if source.lake.landing.url != target.lake.landing.url else 0
    states = [number for number in numbers if number not in copied]
    _copy_states(source.lake, target.lake, states, copied, newest)
    update_plain_view(target)
    return Copied(len(new), sum(new), len(states), deleted)


def copied_states(source: Lake, target: Lake) -> set[int]:
    """The states of the source that the target has. If the newest of them is the same in both, so are all before it.

    Raises `UserError` for a target with another history."""
    here, there = source.log.numbers(), target.log.numbers()
    copied = sorted(set(here) & set(there))
    if not there:
        return set()
    newest = there[-1]
    if newest not in copied and target.log.entry(newest).erasure < source.log.head().erasure:
        raise UserError(
            f"{source.url} erased persons after state {newest}, the newest one of {target.url}, which still holds them. "
            "Erase them there with `ecom-lake forget --root COPY --from LAKE`, or copy to a root without this shop."
        )
    is_same = not copied or target.log.read(copied[-1]) == source.log.read(copied[-1])
    if not is_same or not (newest in copied or _is_deleted_in(source, target, newest)):
        raise UserError(
            f"{target.url} has a different history: its newest state, {newest}, is not a state of {source.url}, and no copy from "
            "there has recorded it. Name a root without this shop, or an older copy of it."
        )
    return set(copied)


def _is_deleted_in(source: Lake, target: Lake, number: int) -> bool:
    """Whether the target's newest state was copied, and the source may have deleted it since: the source is at a later state, and
    has each of its deliveries."""
    head = source.log.head()
    if number > head.number or not was_copied(target.store, target.shop, number, target.log.read(number)):
        return False
    return _identities(target.log.entry(number)) <= _identities(head)


def _identities(entry: Entry) -> set[tuple[int, str, str]]:
    """What never changes of each delivery; its content does, where a person or an old text is erased."""
    return {(delivery.sequence, delivery.file, delivery.delivered_at) for delivery in deliveries(entry)}


def _data(source: Site, numbers: list[int], copied: set[int]) -> list[_Wanted]:
    """The immutable files of the states, without the files of states that the target has."""
    entry = source.lake.log.entry
    present = files_of(map(entry, copied))
    files = files_of(entry(number) for number in numbers if number not in copied)
    return [
        _Wanted(f"{source.shop.name}/{path}", file.bytes, file.hash)
        for path, file in sorted(files.items())
        if path not in present
    ]


def _landing(source: Site, target: Site) -> list[_Wanted]:
    if source.lake.landing.url == target.lake.landing.url:
        return []  # a shared landing folder, outside both lakes
    return [_Wanted(info.path, info.size, "") for info in landed_files(source) if not info.refused]


def _copy(source: Lake, target: Lake, wanted: _Wanted, former: FormerLanding) -> bool:
    """Copy a file; False if the target already has it with the same bytes."""
    is_data = bool(wanted.digest)
    origin, goal = (source.store, target.store) if is_data else (source.landing, target.landing)
    with _readable_errors(wanted, origin, goal), origin.opened(wanted.path) as local:
        digest = hash_file(local)
        if is_data and digest != wanted.digest:
            raise UserError(
                f"{origin.where(wanted.path)} is damaged: its content does not match its hash. `ecom-lake doctor --deep` in the "
                "source project reports what to do; then copy again."
            )
        if goal.add(local, wanted.path):
            _verify(goal, wanted.path, digest)
            return True
        if _hash_at(goal, wanted.path) == digest:
            return False
        if not is_data and not former.is_former(wanted.path, local):
            raise UserError(
                f"{goal.where(wanted.path)} is another file of that name, and no earlier version of the source's: remove "
                "it, then copy again."
            )
        goal.delete(wanted.path)  # in no state: the rest of a failed copy, or an earlier version
        goal.add(local, wanted.path)
        _verify(goal, wanted.path, digest)
        return True


def _verify(goal: Store, path: str, digest: str) -> None:
    if _hash_at(goal, path) != digest:
        goal.delete(path)
        raise UserError(f"{goal.where(path)} arrived with other bytes and was deleted. Copy again.")


def _hash_at(store: Store, path: str) -> str:
    """The hash of the bytes read back from the store itself, not from a local copy."""
    with store.opened(path) as local:
        return hash_file(local)


@contextmanager
def _readable_errors(wanted: _Wanted, origin: Store, goal: Store) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(
            f"{origin.where(wanted.path)} is missing: `ecom-lake doctor` in the source project reports what to do; "
            "then copy again."
        ) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UserError(
            f"{origin.where(wanted.path)} could not be copied to {goal.url}: {why}. Copy again to continue."
        ) from None


def _copy_states(source: Lake, target: Lake, states: Sequence[int], copied: Collection[int], newest: Collection[int]) -> None:
    """Copy these states in order, each after its manifests. `copied`: those that the target has. `newest`: the newest one there,
    if any, which the source may have deleted."""
    present = set(source.log.manifests.digests(map(source.log.entry, copied)))
    entries = {number: source.log.read(number) for number in states}
    if entries:
        before = {number: target.log.read(number) for number in newest}
        record_copied(target.store, target.shop, before | entries)
    for number, data in entries.items():
        source.log.manifests.copy(source.log.entry(number), target.log.manifests, present)
        if not target.log.append(number, data):
            raise UserError(
                f"{target.url} was built during the copy and has a different history now. Stop that build, then copy to a new "
                "root."
            )
