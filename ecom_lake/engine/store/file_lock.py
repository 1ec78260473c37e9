"""Locks between the processes of one machine. A lock ends with the process that holds it, however that ends.

On POSIX the lock is on the folder itself (flock), so that no lock file is left in it. Where Python has no `fcntl` (Windows),
`filelock` locks a hidden file next to the folder.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Release = Callable[[], None]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait until no other process holds the lock of a folder, and hold it."""
    release = _acquire(folder, wait=True)
    if release is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    try:
        yield
    finally:
        release()


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Share a folder with other users of it: `try_lock` of any process fails meanwhile. On Windows nothing is locked."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def try_lock(folder: Path) -> Release | None:
    """Lock a folder and return the function that releases it; None where another process holds the lock or the folder is gone."""
    return _acquire(folder, wait=False)


def _acquire(folder: Path, wait: bool) -> Release | None:
    try:
        import fcntl
    except ImportError:
        return _acquire_file(folder, wait)
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        if wait:
            raise
        return None
    return lambda: os.close(descriptor)


def _acquire_file(folder: Path, wait: bool) -> Release | None:
    from filelock import FileLock, Timeout

    if not folder.is_dir():
        return None
    # A folder that is renamed from a hidden name while it is locked keeps its lock.
    lock = FileLock(folder.with_name(f".{folder.name.lstrip('.')}.lock"))
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        return None
    return lock.release
