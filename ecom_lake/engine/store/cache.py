"""Copies of immutable files of a remote store on the local disk: fetched once, bounded in size, shared by every process.

Who uses a file holds it: a hard link in a folder of its own, so that nobody's clearing up takes it away underneath. Half-done
downloads lie in that folder too. It is locked while its owner lives; the next one who comes sweeps away what a dead one left.
Not here: which files there are and what they must hold (lake.py).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path

from ecom_lake.engine.store.hashes import hash_file
from ecom_lake.engine.store.modes import private_folder
from ecom_lake.engine.store.whole import damage
from ecom_lake.errors import StoreError

Fetch = Callable[[Path], None]
"""Puts a file of the store at a local path."""
_LOOK_AGAIN = 20
"""The cache is measured anew after each of so many parts of its limit."""


class Cache:
    """The copies of one store's files."""

    def __init__(self, folder: Path, store: str, limit: int) -> None:
        for part in ("files", "held", "turns"):
            private_folder(folder / part)
        self._all, self._limit = folder / "files", limit
        self._files = self._all / store
        self.turns = folder / "turns" / store
        """Where who works on the same store on this machine waits for his turn."""
        self._added = limit  # so that the first one measures
        self.held, lock = _own_folder(folder / "held")
        weakref.finalize(self, _give_up, self.held, lock, os.getpid())

    def get(self, path: str, size: int, digest: str, fetch: Fetch) -> Path:
        """A local file with these bytes, that stays until this cache is done with."""
        target = self.held / "files" / path
        if not target.exists():
            self._hold(path, size, digest, target) or self._take_in(path, size, digest, target, fetch)
        return target

    def keep(self, local: Path, path: str) -> None:
        """Take a finished file over, that was just put into the store."""
        target = self.held / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        local.chmod(0o400)  # a careless writer must not reach it
        shutil.move(local, target)
        self._share(path, target)

    def _hold(self, path: str, size: int, digest: str, target: Path) -> bool:
        """Link to the shared copy, if there is a whole one."""
        shared = self._files / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(shared)
        except FileNotFoundError:
            return False
        except FileExistsError:
            return True  # another thread was quicker
        if damage(target, size, digest):
            target.unlink()
            return False
        os.utime(shared)  # the least recently used go first
        return True

    def _take_in(self, path: str, size: int, digest: str, target: Path, fetch: Fetch) -> bool:
        draft = self.held / uuid.uuid4().hex
        fetch(draft)
        found = draft.stat().st_size, hash_file(draft) if digest else ""
        if found != (size, digest):
            draft.unlink()
            raise StoreError(
                f"{path} does not hold what was written: {found[0]:,} bytes, not {size:,}, or others. "
                "`ecom-lake repair` makes it again."
            )
        draft.chmod(0o400)
        draft.replace(target)
        self._share(path, target)
        return True

    def _share(self, path: str, held: Path) -> None:
        shared, draft = self._files / path, self.held / uuid.uuid4().hex
        self._make_room(held.stat().st_size)
        shared.parent.mkdir(parents=True, exist_ok=True)
        draft.hardlink_to(held)
        draft.replace(shared)
        draft.unlink(missing_ok=True)  # two names of one file: renaming one to the other does nothing

    def _make_room(self, size: int) -> None:
        """Forget the least recently used copies; those that somebody holds would free nothing."""
        self._added += size
        if self._added < self._limit / _LOOK_AGAIN:
            return
        self._added = 0
        paths = (Path(where, name) for where, _, names in os.walk(self._all) for name in names)
        copies = [(seen, path) for path in paths if (seen := _stat(path))]
        total = size + sum(seen.st_size for seen, _ in copies)
        for seen, path in sorted(copies, key=lambda copy: copy[0].st_mtime):
            if total <= self._limit:
                return
            if seen.st_nlink == 1:
                path.unlink(missing_ok=True)
                total -= seen.st_size


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _own_folder(held: Path) -> tuple[Path, int]:
    """A new folder and its lock, which ends with this process; what dead processes left is swept away."""
    held.mkdir(parents=True, exist_ok=True)
    for folder in held.iterdir():
        if not folder.name.startswith(".") and (left := _lock(folder)) is not None:
            _give_up(folder, left, os.getpid())
    name = uuid.uuid4().hex
    fresh = held / f".{name}"
    fresh.mkdir()
    lock = _lock(fresh)
    assert lock is not None
    return fresh.rename(held / name), lock  # hidden until it is locked


def _lock(folder: Path) -> int | None:
    """An open descriptor that holds the lock; None where another one has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _give_up(folder: Path, lock: int, owner: int) -> None:
    if os.getpid() == owner:  # not a fork of it
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
