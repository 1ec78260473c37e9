"""What a lake asks of a place for files: ten calls, of which every write is whole or absent.

Here: what the calls promise, and the local disk, which keeps them by drafts, renames and hard links.
Not here: any other place (remote.py), what the files mean (log.py, lake.py).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ecom_lake.engine.store.modes import Modes


@dataclass(frozen=True)
class Info:
    """A stored file as its store sees it; `stamp` changes whenever the file does."""

    path: str
    size: int
    modified: datetime
    stamp: str
    refused: str = ""
    """Why it is not read, as the end of a sentence that starts with its name: a link or a pipe that somebody dropped."""


class Store(Protocol):
    """Paths are relative to the store's root, with `/` between their steps."""

    def read(self, path: str) -> bytes:
        """FileNotFoundError where there is none."""

    def write(self, path: str, data: bytes) -> None:
        """Replace what is there in one step."""

    def create(self, path: str, data: bytes) -> bool:
        """Write only where there is nothing of that name; False where there is."""

    def put(self, local: Path, path: str) -> None:
        """Put a finished local file under its name, replacing what is there in one step. It may be moved: who calls has done
        with it."""

    def add(self, local: Path, path: str) -> bool:
        """Copy a local file, and the time when it was last changed, under a free name; False where it is taken."""

    def fetch(self, path: str, target: Path) -> None:
        """Copy a stored file to a local one. FileNotFoundError where there is none."""

    def copy(self, source: str, path: str) -> None:
        """Put a copy of one stored file under another name, replacing what is there in one step."""

    def delete(self, path: str) -> None:
        """Nothing happens where there is none."""

    def list(self, folder: str) -> list[Info]:
        """Every file below a folder, by path; nothing where there is no such folder."""

    def info(self, path: str) -> Info:
        """FileNotFoundError where there is none."""


class Local:
    """A folder of this machine."""

    def __init__(self, root: Path, modes: Modes | None = None) -> None:
        self.root = root
        self._modes = modes
        """Who may read what is written; without it, whoever the process's umask lets."""

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

    def add(self, local: Path, path: str) -> bool:
        with self._draft(path) as draft:
            shutil.copy2(local, draft)
            return self._link(draft, path)

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

    def info(self, path: str) -> Info:
        if not (info := self._info(f"{self.root}/{path}")):
            raise FileNotFoundError(path)
        return info

    def _info(self, path: str) -> Info | None:
        """None for a file that went while it was looked at, a link to nowhere, and a pipe, which has no end.

        Texts, not paths: a log is listed by every step, and a Path costs more than the look at the file."""
        try:
            seen = os.stat(path)  # noqa: PTH116
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            return None
        if not stat.S_ISREG(seen.st_mode):
            return None
        return info_of(path.removeprefix(f"{self.root}/"), seen)

    @contextmanager
    def _draft(self, path: str) -> Iterator[Path]:
        """A hidden name in the same folder, so that putting it in place is one rename; gone afterwards."""
        target = self.root / path
        self.make_folder(target.parent)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def make_folder(self, folder: Path) -> None:
        if self._modes and not folder.is_dir():
            self._modes.make_folder(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)

    def _replace(self, draft: Path, path: str) -> None:
        self._restrict(draft, path)
        draft.replace(self.root / path)

    def _restrict(self, draft: Path, path: str) -> None:
        if self._modes:
            self._modes.set_file(draft, self.root / path)

    def _link(self, draft: Path, path: str) -> bool:
        """A hard link fails where the name is taken, and shows the file only when it is whole."""
        self._restrict(draft, path)
        try:
            (self.root / path).hardlink_to(draft)
        except FileExistsError:
            return False
        return True


_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""A file's time is whatever somebody set it to; no calendar knows some of them."""


def info_of(path: str, seen: os.stat_result, refused: str = "") -> Info:
    stamp = f"{seen.st_size}-{seen.st_mtime}-{seen.st_ctime}-{seen.st_ino}"
    moment = datetime.fromtimestamp(min(max(seen.st_mtime, 0), _LAST_SECOND), UTC)
    return Info(path, seen.st_size, moment, stamp, refused)


def unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
