"""Copies of immutable files of a remote store on the local disk: downloaded once, bounded in size, shared by every process.

A process holds the files that it uses: hard links in a folder of its own, so that eviction by another process does not remove
them. Unfinished downloads are in that folder too. The folder is locked while its process runs; the next process removes the
folders of ended ones.
Not here: which files there are, and their hashes (log.py).
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ecom_lake.engine.store.file_lock import Release, try_lock
from ecom_lake.engine.store.integrity import damage, hash_file
from ecom_lake.engine.store.modes import private_folder
from ecom_lake.errors import StoreError

Fetch = Callable[[Path], None]
"""Downloads a file of the store to a local path."""
_MEASUREMENTS = 20
"""The cache's size is measured each time that this fraction of its limit was added: a twentieth."""


class Cache:
    """The copies of one store's files."""

    def __init__(self, folder: Path, store: str, limit: int) -> None:
        for part in ("files", "held", "locks"):
            private_folder(folder / part)
        self._all, self._limit = folder / "files", limit
        self._files = self._all / store
        self.locks = folder / "locks" / store
        """Folders that the processes of this machine lock when they write to the store."""
        self._added = limit  # so that the first addition measures
        self.held, release = _own_folder(folder / "held")
        weakref.finalize(self, _remove, self.held, release, os.getpid())

    def get(self, path: str, size: int, digest: str, fetch: Fetch) -> Path:
        """A local file with these bytes; it remains as long as this object."""
        target = self.held / "files" / path
        if not target.exists():
            self._hold(path, size, digest, target) or self._download(path, size, digest, target, fetch)
        return target

    def keep(self, local: Path, path: str) -> None:
        """Move a finished file, which was just put into the store, into the cache."""
        target = self.held / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        local.chmod(0o400)  # protects the copy from a careless writer
        shutil.move(local, target)
        self._share(path, target)

    def clear(self) -> int:
        """Delete the shared copies of this store; returns how many other processes still hold copies, until they end."""
        shutil.rmtree(self._files, ignore_errors=True)
        others = [folder for folder in self.held.parent.iterdir() if folder != self.held and folder.is_dir()]
        return sum(not _is_free(folder) for folder in others)

    def _hold(self, path: str, size: int, digest: str, target: Path) -> bool:
        """Link to the shared copy, if there is an undamaged one."""
        shared = self._files / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(shared)
        except FileNotFoundError:
            return False
        except FileExistsError:
            return True  # another thread was faster
        if damage(target, size, digest):
            target.unlink()
            return False
        os.utime(shared)  # the least recently used go first
        return True

    def _download(self, path: str, size: int, digest: str, target: Path, fetch: Fetch) -> bool:
        draft = self.held / uuid.uuid4().hex
        fetch(draft)
        found = draft.stat().st_size, hash_file(draft) if digest else ""
        if found != (size, digest):
            draft.unlink()
            raise StoreError(
                f"{path} is damaged: its {found[0]:,} bytes are not the {size:,} bytes that were written. "
                "`ecom-lake repair` restores it."
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
        """Remove the least recently used copies; removing one that a process holds would free nothing."""
        self._added += size
        if self._added < self._limit / _MEASUREMENTS:
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


def delete_copy(folder: Path, store: str, path: str) -> None:
    """Delete the shared copy of one file of a store; processes that hold it keep it until they end. Anybody may have chosen the
    stored name: nothing outside of the copies is deleted."""
    files = folder / "files" / store
    steps = PurePosixPath(path).parts
    if ".." in steps or path.startswith("/") or "\0" in path:
        return
    try:
        files.joinpath(*steps).unlink()
    except OSError as error:  # there is no such copy, or none can have this name
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO):
            raise


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_free(folder: Path) -> bool:
    """Whether the process that held it has ended."""
    if (release := try_lock(folder)) is None:
        return False
    release()
    return True


def _own_folder(held: Path) -> tuple[Path, Release]:
    """A new folder and the release of its lock, which ends with this process; the folders of dead processes are removed."""
    held.mkdir(parents=True, exist_ok=True)
    for folder in held.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and (left := try_lock(folder)):
            _remove(folder, left, os.getpid())
    name = uuid.uuid4().hex
    fresh = held / f".{name}"
    fresh.mkdir()
    release = try_lock(fresh)
    assert release is not None
    return fresh.rename(held / name), release  # hidden until it is locked


def _remove(folder: Path, release: Release, owner: int) -> None:
    if os.getpid() == owner:  # not a fork of it
        shutil.rmtree(folder, ignore_errors=True)
        release()
