"""Bytes under one root, on the local disk or on any store that is reached over the network.

Here: the calls of a store (store.py says what they promise), and reading what never changes through copies on the local disk.
Not here: what the files mean (log.py, lake.py).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from ecom_lake import logs
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.cache import Cache
from ecom_lake.engine.store.connect import open_store
from ecom_lake.engine.store.inbox import Inbox
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.remote import Remote
from ecom_lake.engine.store.store import Info, Local

__all__ = ["Info", "Storage"]

Item = TypeVar("Item")
Done = TypeVar("Done")
_AT_ONCE = 8


class Storage:
    def __init__(self, url: str, access: Access | None = None, inbox: bool = False, modes: Modes | None = None) -> None:
        """`inbox`: other people put files there, and what they put is not trusted. `modes`: who may read what is written."""
        self.url = url
        self._access = access or Access()
        self.store = open_store(url, self._access, inbox, modes)

    @property
    def is_local(self) -> bool:
        return isinstance(self.store, Local)

    def read(self, path: str) -> bytes:
        return self.store.read(path)

    def read_once(self, path: str) -> bytes:
        """A small file that never changes."""
        return self.store.read_once(path) if isinstance(self.store, Remote) else self.store.read(path)

    def exists(self, path: str) -> bool:
        try:
            self.store.info(path)
        except FileNotFoundError:
            return False
        return True

    def put(self, local: Path, path: str) -> None:
        self.store.put(local, path)
        local.unlink(missing_ok=True)

    def put_once(self, local: Path, path: str) -> None:
        """Put a file that never changes again; who reads it here need not fetch it."""
        self.store.put(local, path)
        if not self.is_local:
            self.cache.keep(local, path)

    def add(self, local: Path, path: str) -> bool:
        return self.store.add(local, path)

    def fetch(self, path: str, target: Path) -> None:
        self.store.fetch(path, target)

    def copy(self, source: str, path: str) -> None:
        self.store.copy(source, path)

    def write(self, path: str, data: bytes) -> None:
        self.store.write(path, data)

    def create(self, path: str, data: bytes) -> bool:
        return self.store.create(path, data)

    def delete(self, path: str) -> None:
        self.store.delete(path)

    def info(self, path: str) -> Info:
        return self.store.info(path)

    def where(self, path: str) -> str:
        """How people name a file, and their tools open it."""
        return f"{self.url}/{path}"

    def local(self, path: str) -> Path:
        """Where a file lies on this machine's disk; only a local store can tell."""
        if not isinstance(self.store, Local):
            raise TypeError(f"{self.url} is no folder of this machine")
        return self.store.root / path

    def local_folder(self, path: str) -> Path:
        """A folder of a local store; made where it is missing."""
        folder = self.local(path)
        assert isinstance(self.store, Local)
        self.store.make_folder(folder)
        return folder

    def immutable(self, path: str, size: int, digest: str) -> Path:
        """A local file with the bytes of one that never changes; it stays while this storage is in use."""
        if isinstance(self.store, Local):
            return self.store.root / path
        return self.cache.get(path, size, digest, partial(self.store.fetch, path))

    def here(self, path: str, folder: Path) -> Path:
        """A local file with the bytes that a stored one has now: itself, or a copy in the folder."""
        if isinstance(self.store, Local):
            return self.store.root / path
        target = folder / uuid.uuid4().hex  # the stored name is anybody's, and no path
        self.store.fetch(path, target)
        return target

    @contextmanager
    def opened(self, path: str, folder: Path) -> Iterator[Path]:
        """The same while it is read; of an inbox the very file that was opened, whatever takes its name meanwhile."""
        if isinstance(self.store, Inbox):
            with self.store.opened(path) as local:
                yield local
        else:
            yield self.here(path, folder)

    def each(self, work: Callable[[Item], Done], items: Iterable[Item]) -> Sequence[Done]:
        """Do it to every one: on a remote store, where waiting takes the time, to several at once."""
        if self.is_local:
            return [work(item) for item in items]
        with ThreadPoolExecutor(_AT_ONCE, initializer=logs.inherit_context()) as pool:
            return list(pool.map(work, items))

    def list(self, folder: str) -> list[Info]:
        return self.store.list(folder)

    @cached_property
    def cache(self) -> Cache:
        assert isinstance(self.store, Remote)
        name = hashlib.blake2b(self.store.name.encode(), digest_size=8).hexdigest()
        return Cache(self._access.cache, name, self._access.cache_limit)
