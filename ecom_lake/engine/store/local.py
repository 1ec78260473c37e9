"""A folder of this machine as a store: whole writes by hidden drafts, renames and hard links."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ecom_lake.engine.store import integrity
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.store import Info, Store


class LocalStore(Store):
    is_local = True

    def __init__(self, root: Path, modes: Modes | None = None) -> None:
        self.url = str(root)
        self.root = root
        self._modes = modes
        """Who may read the written files; without it, the process's umask decides."""

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        with self._draft(path) as draft:
            draft.write_bytes(data)
            self._replace(draft, path)

    def create(self, path: str, data: bytes) -> bool:
        with self._draft(path) as draft:
            draft.write_bytes(data)
            return self._link(draft, path)

    def put(self, local: Path, path: str) -> None:
        with self._draft(path) as draft:
            shutil.move(local, draft)
            self._replace(draft, path)

    def put_immutable(self, local: Path, path: str, digest: str) -> None:
        self.put(local, path)
        integrity.remember_hash(self.root / path, digest)

    def add(self, local: Path, path: str) -> bool:
        with self._draft(path) as draft:
            shutil.copy2(local, draft)
            _sync(draft)
            is_added = self._link(draft, path)
        _sync((self.root / path).parent)
        return is_added

    def fetch(self, path: str, target: Path) -> None:
        shutil.copyfile(self.root / path, target)

    def copy(self, source: str, path: str) -> None:
        with self._draft(path) as draft:
            shutil.copyfile(self.root / source, draft)
            self._replace(draft, path)

    def delete(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)

    def list(self, folder: str) -> list[Info]:
        found = (f"{where}/{name}" for where, _, names in os.walk(self.root / folder, onerror=unless_gone) for name in names)
        return sorted((info for info in map(self._info, found) if info), key=lambda info: info.path)

    def names(self, folder: str) -> Sequence[str]:
        """Without a stat call for each file: every step reads the names in the log's folder several times."""
        try:
            with os.scandir(self.root / folder) as found:
                return [entry.name for entry in found if entry.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def info(self, path: str) -> Info:
        if not (info := self._info(f"{self.root}/{path}")):
            raise FileNotFoundError(path)
        return info

    @contextmanager
    def opened(self, path: str) -> Iterator[Path]:
        yield self.root / path

    def immutable(self, path: str, size: int, digest: str) -> Path:
        return self.root / path

    def damage(self, path: str, size: int, digest: str) -> str | None:
        return integrity.damage(self.root / path, size, digest)

    def local(self, path: str) -> Path:
        return self.root / path

    def scratch_folder(self, folder: str) -> Path:
        """Within the store, so that publishing a file is one rename."""
        return self._made(self.root / folder)

    def lock_folder(self, folder: str) -> Path:
        return self._made(self.root / folder)

    def _info(self, path: str) -> Info | None:
        """None for a file that was removed meanwhile, for a broken link, and for a pipe, which has no end.

        Strings, not Paths: every release lists the whole store, and making a Path takes longer than the stat call."""
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return info_of(path.removeprefix(f"{self.root}/"), status)

    @contextmanager
    def _draft(self, path: str) -> Iterator[Path]:
        """A hidden name in the same folder, so that publishing is one rename; removed afterwards."""
        target = self.root / path
        self._made(target.parent)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _made(self, folder: Path) -> Path:
        if self._modes and not folder.is_dir():
            self._modes.make_folder(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _replace(self, draft: Path, path: str) -> None:
        self._restrict(draft, path)
        draft.replace(self.root / path)

    def _restrict(self, draft: Path, path: str) -> None:
        if self._modes:
            self._modes.set_file(draft, self.root / path)

    def _link(self, draft: Path, path: str) -> bool:
        """A hard link fails where the name is taken, and shows the file only when it is complete."""
        self._restrict(draft, path)
        try:
            (self.root / path).hardlink_to(draft)
        except FileExistsError:
            return False
        return True


_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""A file's time is whatever somebody set it to; the calendar ends before some of them."""


def info_of(path: str, status: os.stat_result, refused: str = "") -> Info:
    stamp = f"{status.st_size}-{status.st_mtime}-{status.st_ctime}-{status.st_ino}"
    modified = datetime.fromtimestamp(min(max(status.st_mtime, 0), _LAST_SECOND), UTC)
    return Info(path, status.st_size, modified, stamp, refused)


def _sync(path: Path) -> None:
    """Write a file, or the names in a folder, to the disk, so that a power failure leaves it whole; Windows does not."""
    if os.name == "nt":
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
