"""A shop copied from one root to another, whatever stores they are: every file held against its hash, the log last and in order.

So a copy that was stopped shows an older state whole, or nothing; and the next one goes on: what a state of the target names was
verified before that state was written, and is not looked at again. Nothing of the source is changed.
Not here: what lies in the plain view, which the target makes for itself (plain_view.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from ecom_lake import logs
from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.release.plain_view import put_in_place
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

Progress = Callable[[str, int, int], None]
"""Told which file is done, and how many bytes of how many are."""


@dataclass(frozen=True)
class Copied:
    files: int
    """Copied now; those that were there and are sound are not counted."""
    bytes: int
    states: int


@dataclass(frozen=True)
class _Wanted:
    path: str
    size: int
    digest: str
    """What it must hold; empty for a landed file, which the log does not know by its bytes."""


def copy_shop(source: Site, target: Site, progress: Progress = lambda path, done, of: None) -> Copied:
    with logs.context(run=target.run, shop=target.shop.name):
        logs.log_event("copying", source=source.lake.url, target=target.lake.url)
        copied = _copy_all(source, target, progress)
        logs.log_event("copied", files=copied.files, bytes=copied.bytes, states=copied.states)
        return copied


def _copy_all(source: Site, target: Site, progress: Progress) -> Copied:
    numbers, there = source.lake.log.numbers(), _states_there(source.lake, target.lake)
    files = [*_data(source, numbers, there), *_landing(source, target)]
    of, lock = sum(wanted.size for wanted in files), Lock()
    done = 0

    def copy(wanted: _Wanted) -> bool:
        nonlocal done
        is_new = _copy(source.lake, target.lake, wanted)
        with lock:
            done += wanted.size
            progress(wanted.path, done, of)
        return is_new

    slower = source.lake.store if target.lake.store.is_local else target.lake.store
    new = [wanted.size for wanted, is_new in zip(files, slower.each(copy, files), strict=True) if is_new]
    states = [number for number in numbers if number not in there]
    for number in states:
        _copy_state(source.lake, target.lake, number)
    put_in_place(target)
    return Copied(len(new), sum(new), len(states))


def _states_there(source: Lake, target: Lake) -> set[int]:
    """What the target has of the source's history. A log is one line: where the newest state is the same, so are those before."""
    there = target.log.numbers()
    if there and (there[-1] not in source.log.numbers() or target.log.read(there[-1]) != source.log.read(there[-1])):
        raise UserError(
            f"{target.url} has a history of its own: its newest state, {there[-1]}, is none of {source.url}. Name a root without "
            "this shop, or one that is an older copy of it."
        )
    return set(there)


def _data(source: Site, numbers: list[int], there: set[int]) -> list[_Wanted]:
    """The immutable files that the states name, but for those that a state of the target names too."""
    log = source.lake.log
    named: dict[bool, dict[str, _Wanted]] = {True: {}, False: {}}
    for number in numbers:
        for parts in log.entry(number).tables.values():
            for file in parts.values():
                named[number in there][file.path] = _Wanted(f"{source.shop.name}/{file.path}", file.bytes, file.hash)
    return [wanted for path, wanted in sorted(named[False].items()) if path not in named[True]]


def _landing(source: Site, target: Site) -> list[_Wanted]:
    if source.lake.landing.url == target.lake.landing.url:
        return []  # it lies outside both lakes
    return [_Wanted(info.path, info.size, "") for info in landed_files(source) if not info.refused]


def _copy(source: Lake, target: Lake, wanted: _Wanted) -> bool:
    """Whether it had to be copied: a file that is there with the same bytes stays."""
    is_data = bool(wanted.digest)
    origin, goal = (source.store, target.store) if is_data else (source.landing, target.landing)
    with _in_a_sentence(wanted, origin, goal), origin.opened(wanted.path) as local:
        digest = hash_file(local)
        if is_data and digest != wanted.digest:
            raise UserError(
                f"{origin.where(wanted.path)} is damaged: it does not hold what was written. `ecom-lake doctor --deep` there "
                "says what to do; then copy again."
            )
        if goal.add(local, wanted.path):
            _verify(goal, wanted.path, digest)
            return True
        if _hash_at(goal, wanted.path) == digest:
            return False
        if not is_data:
            raise UserError(
                f"{goal.where(wanted.path)} is another file of that name: what landed is never replaced. Take it away."
            )
        goal.delete(wanted.path)  # no state names it: a copy that came to grief
        goal.add(local, wanted.path)
        _verify(goal, wanted.path, digest)
        return True


def _verify(goal: Store, path: str, digest: str) -> None:
    if _hash_at(goal, path) != digest:
        goal.delete(path)
        raise UserError(f"{goal.where(path)} arrived with other bytes, and was taken away again. Copy again.")


def _hash_at(store: Store, path: str) -> str:
    """Read back from the store itself, not from any local copy."""
    with store.opened(path) as local:
        return hash_file(local)


@contextmanager
def _in_a_sentence(wanted: _Wanted, origin: Store, goal: Store) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(
            f"{origin.where(wanted.path)} is gone: `ecom-lake doctor` there says what to do; then copy again."
        ) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UserError(f"{origin.where(wanted.path)} could not be copied to {goal.url}: {why}. Copy again to go on.") from None


def _copy_state(source: Lake, target: Lake, number: int) -> None:
    data = source.log.read(number)
    if not target.log.append(number, data):
        raise UserError(f"{target.url} got a history of its own while it was copied to: something builds there. Stop that first.")
