"""Where files are kept: a root, on this machine's disk or on a remote store. Every write is complete or absent.

Here: the operations, and what each guarantees. Local and remote implementations: local.py, inbox.py, remote.py.
Not here: what the files mean (log.py, lake.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Info:
    """A stored file as its store lists it; `stamp` changes whenever the file does."""

    path: str
    size: int
    modified: datetime
    stamp: str
    refused: str = ""
    """Why it is not read, as the end of a sentence that starts with its name: a link or a pipe that somebody dropped."""


class Store(ABC):
    """Paths are relative to the root, with `/` between their steps. Reading a missing file raises FileNotFoundError."""

    url: str
    """The root, as people name it."""
    is_local: ClassVar[bool] = False

    @abstractmethod
    def read(self, path: str) -> bytes: ...

    @abstractmethod
    def write(self, path: str, data: bytes) -> None:
        """Replace the file in one step."""

    @abstractmethod
    def create(self, path: str, data: bytes) -> bool:
        """Write only where no file has the name; False where one has."""

    @abstractmethod
    def put(self, local: Path, path: str) -> None:
        """Move a finished local file into the store, replacing what is there in one step."""

    @abstractmethod
    def add(self, local: Path, path: str) -> bool:
        """Copy a local file, with its modification time, under a free name; False where the name is taken."""

    @abstractmethod
    def fetch(self, path: str, target: Path) -> None:
        """Copy a stored file to a local one."""

    @abstractmethod
    def copy(self, source: str, path: str) -> None:
        """Copy one stored file to another name, replacing what is there in one step."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Does nothing if there is no such file."""

    @abstractmethod
    def list(self, folder: str) -> list[Info]:
        """Every file below a folder, by path; empty where there is no such folder."""

    def names(self, folder: str) -> Sequence[str]:
        """The names of the files in a folder, in any order; empty where there is no such folder."""
        return [info.path.rsplit("/", 1)[-1] for info in self.list(folder)]

    @abstractmethod
    def info(self, path: str) -> Info: ...

    @abstractmethod
    def opened(self, path: str) -> AbstractContextManager[Path]:
        """A local file with the bytes that the stored one has now, while the context lasts."""

    # Immutable files: their names are never used again, so that copies of them stay valid.

    def read_immutable(self, path: str) -> bytes:
        """A small file that never changes; a remote store remembers the latest ones."""
        return self.read(path)

    @abstractmethod
    def put_immutable(self, local: Path, path: str, digest: str) -> None:
        """Move a finished local file, whose hash is `digest`, into the store; reading it here needs no download."""

    @abstractmethod
    def immutable(self, path: str, size: int, digest: str) -> Path:
        """A local file with the bytes of an immutable one. It remains as long as this store object."""

    @abstractmethod
    def damage(self, path: str, size: int, digest: str) -> str | None:
        """What is wrong with an immutable file, found without downloading it; the end of a sentence, or None."""

    @abstractmethod
    def scratch_folder(self, folder: str) -> Path:
        """A local folder for unfinished files; a local store makes it at `folder`."""

    @abstractmethod
    def lock_folder(self, folder: str) -> Path:
        """A local folder that the processes of this machine lock when they write below `folder`."""

    def local(self, path: str) -> Path:
        """The path of a file on this machine's disk; a remote store raises TypeError."""
        raise TypeError(f"{self.url} is not a folder of this machine")

    def exists(self, path: str) -> bool:
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def where(self, path: str) -> str:
        """How people name a file, and their tools open it."""
        return f"{self.url}/{path}"

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Sequence[Result]:
        """Apply a function to every item, in order; a remote store works on several at a time, because each one waits."""
        return [work(item) for item in items]
