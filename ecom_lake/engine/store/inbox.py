"""A local folder that other people put files into: only regular files inside it are read.

Otherwise anybody who may write there could make the lake read any file of this machine through a link, or wait forever on a
pipe. A link is followed where it leads to a file inside the folder. The file that was checked is the one that is read: it is
opened without following links, and read through the open descriptor, even if its name is replaced meanwhile.
Not here: which files are new, and how a refused one is reported (engine/build/bronze/ingest.py).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath

from ecom_lake.engine.store.local import LocalStore, info_of, unless_gone
from ecom_lake.engine.store.store import Info

_OPEN_FILES = Path("/proc/self/fd")
_CHANGED = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ENOENT)
"""Errors on opening a file that was replaced by a link, a pipe without a writer or a socket since it was listed."""

LINK_OUT = "is a link that leads out of its folder, and is not followed: put the file itself there, or remove the link."
LINK_TO_FOLDER = "is a link to a folder, and is not followed: put the folder itself there, or remove the link."
LINK_TO_NOTHING = "is a link to a file that is not there: put the file itself there, or remove the link."
NO_FILE = "is a {}, not a file: remove it from there."


class Inbox(LocalStore):
    """Not trusted: links are checked, and only regular files are opened."""

    def list(self, folder: str) -> list[Info]:
        """Every file below a folder, by path; links, pipes, sockets and devices with the reason for refusing them."""
        root, found = str(self.root), []
        for where, folders, names in os.walk(self.root / folder, onerror=unless_gone):
            for name in (*names, *folders):
                path = f"{where}/{name}"
                try:
                    info = self._seen(path, path.removeprefix(f"{root}/"))
                except OSError as error:
                    unless_gone(error)
                    continue
                if info:
                    found.append(info)
        return sorted(found, key=lambda info: info.path)

    def add(self, local: Path, path: str) -> bool:
        folder = PurePath(path).parent
        if folder.parts and self._inside(str(folder)) is None:
            raise OSError(errno.ELOOP, "a folder on the way is a link that leads out of landing")
        return super().add(local, path)

    @contextmanager
    def opened(self, path: str) -> Iterator[Path]:
        """A path at which exactly the opened file is read; FileNotFoundError where the name is no longer a regular file."""
        inside = self._inside(path)
        if inside is None:
            raise FileNotFoundError(path)
        descriptor = _open(os.path.realpath(self.root), inside)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotFoundError(path)
            with _readable(descriptor) as local:
                yield local
        finally:
            os.close(descriptor)

    def _seen(self, path: str, name: str) -> Info | None:
        """None for a folder."""
        seen = os.lstat(path)
        if stat.S_ISDIR(seen.st_mode):
            return None
        if not stat.S_ISLNK(seen.st_mode):
            kind = _kind(seen.st_mode)
            return info_of(name, seen, NO_FILE.format(kind) if kind else "")
        inside = self._inside(name)
        if inside is None:
            return info_of(name, seen, LINK_OUT)
        try:
            target = os.lstat(os.path.join(os.path.realpath(self.root), *inside))  # noqa: PTH118
        except OSError:
            return info_of(name, seen, LINK_TO_NOTHING)
        if stat.S_ISDIR(target.st_mode):
            return info_of(name, seen, LINK_TO_FOLDER)
        return info_of(name, seen if _kind(target.st_mode) else target, LINK_TO_NOTHING if _kind(target.st_mode) else "")

    def _inside(self, path: str) -> Sequence[str] | None:
        """The steps from the folder to a path's target, links resolved; None where the target is outside the folder."""
        root, target = os.path.realpath(self.root), os.path.realpath(self.root / path)
        steps = PurePath(target).parts[len(PurePath(root).parts) :]
        return steps if steps and PurePath(root, *steps) == PurePath(target) else None


def _kind(mode: int) -> str:
    """What it is, where it is not a regular file."""
    kinds = {stat.S_IFREG: "", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFLNK: "link"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _open(root: str, steps: Sequence[str]) -> int:
    """Step by step, so that no folder on the way is a link either. Opening a pipe does not wait for its writer."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps[:-1]:
            inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno in _CHANGED:
            raise FileNotFoundError(errno.ENOENT, "has changed", "/".join(steps)) from None
        raise
    finally:
        os.close(folder)


@contextmanager
def _readable(descriptor: int) -> Iterator[Path]:
    """The open file as a path: its descriptor where the system offers that as a path, else a copy."""
    if _OPEN_FILES.is_dir():
        yield _OPEN_FILES / str(descriptor)
        return
    with tempfile.TemporaryDirectory(prefix="ecom-lake-landed-") as folder, os.fdopen(os.dup(descriptor), "rb") as source:
        copy = Path(folder) / "landed"
        with copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        os.utime(copy, ns=(os.fstat(descriptor).st_atime_ns, os.fstat(descriptor).st_mtime_ns))
        yield copy
