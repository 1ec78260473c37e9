"""A remote store, over any file system of fsspec, with local copies of its immutable files.

Here: the connection, on which each request is retried and each failure becomes one sentence; the store's operations on it.
Not here: which file system a URL names (open_store.py, azure/container.py), how copies are kept (cache.py).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from ecom_lake import logs
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.cache import Cache, delete_copy
from ecom_lake.engine.store.integrity import GONE, wrong_size
from ecom_lake.engine.store.request_counts import RequestCounts
from ecom_lake.engine.store.retry import Retry
from ecom_lake.engine.store.store import Info, Item, Result, Store
from ecom_lake.errors import StoreError

Answer = TypeVar("Answer")
_CONCURRENT_REQUESTS = 8
_REMEMBERED_FILES = 1024
"""Entries and manifests, of some 5 kB each: those of two nights."""
Explain = Callable[[Exception], str | None]
"""Returns a sentence: what a failure means and what to do; None for an unknown failure."""


@dataclass
class Connection:
    """An open file system. A process has one per URL, so that its connections stay open from one step to the next."""

    fs: Any = field(repr=False)
    root: str
    """Where the store begins within the file system."""
    url: str
    retry: Retry
    explain: Explain
    counts: RequestCounts = field(default_factory=RequestCounts)
    name: str = ""
    """Distinguishes the store from every other one that this machine has a cache of; the URL where it is empty."""
    remembered: dict[str, bytes] = field(default_factory=dict, repr=False)
    """The latest small immutable files, by path."""

    def __post_init__(self) -> None:
        self.root = self.root.strip("/")

    def request(self, call: Callable[[], Answer]) -> Answer:
        try:
            return self.retry(call)
        except Exception as error:
            sentence = self.explain(error)
            if sentence is None:
                raise
            raise StoreError(f"{self.url}: {sentence}") from None

    def full(self, path: str) -> str:
        return f"{self.root}/{path}" if self.root else path

    def remember(self, path: str, data: bytes) -> bytes:
        self.remembered[path] = data
        for oldest in list(self.remembered)[:-_REMEMBERED_FILES]:
            self.remembered.pop(oldest, None)
        return data


class RemoteStore(Store):
    def __init__(self, connection: Connection, access: Access) -> None:
        self.url = connection.url
        self.connection = connection
        self._fs, self._full, self._request = connection.fs, connection.full, connection.request
        self._access = access

    def read(self, path: str) -> bytes:
        return bytes(self._request(lambda: self._fs.cat_file(self._full(path))))

    def read_immutable(self, path: str) -> bytes:
        data = self.connection.remembered.get(path)
        return self.connection.remember(path, self.read(path) if data is None else data)

    def write(self, path: str, data: bytes) -> None:
        self.connection.remembered.pop(path, None)
        self._request(lambda: self._fs.pipe_file(self._full(path), data))

    def create(self, path: str, data: bytes) -> bool:
        """False also where the answer to our own write was lost; a caller that must know compares the bytes."""
        try:
            self._request(lambda: self._fs.pipe_file(self._full(path), data, mode="create"))
        except FileExistsError:
            return False
        self.connection.remember(path, data)
        return True

    def put(self, local: Path, path: str) -> None:
        self._upload(local, path)
        local.unlink(missing_ok=True)

    def put_immutable(self, local: Path, path: str, digest: str) -> None:
        self._upload(local, path)
        self.cache.keep(local, path)

    def _upload(self, local: Path, path: str) -> None:
        self._request(lambda: self._fs.put_file(str(local), self._full(path)))

    def add(self, local: Path, path: str) -> bool:
        try:
            self._request(lambda: self._fs.put_file(str(local), self._full(path), mode="create"))
        except FileExistsError:
            return False
        return True

    def fetch(self, path: str, target: Path) -> None:
        self._request(lambda: self._fs.get_file(self._full(path), str(target)))

    def copy(self, source: str, path: str) -> None:
        self._request(lambda: self._fs.cp_file(self._full(source), self._full(path)))

    def delete(self, path: str) -> None:
        """The copy on this machine goes too, once the file is gone; on other machines it stays until the space is needed."""
        self.connection.remembered.pop(path, None)
        with suppress(FileNotFoundError):
            self._request(lambda: self._fs.rm_file(self._full(path)))
        delete_copy(self._access.cache, self.copies, path)

    def list(self, folder: str) -> list[Info]:
        try:
            found = self._request(lambda: self._fs.find(self._full(folder), detail=True))
        except FileNotFoundError:
            return []
        return sorted(map(self._info, found.values()), key=lambda info: info.path)

    def info(self, path: str) -> Info:
        return self._info(self._request(lambda: self._fs.info(self._full(path))))

    def _info(self, detail: dict[str, Any]) -> Info:
        path = str(detail["name"]).lstrip("/")
        path = path[len(self.connection.root) + 1 :] if self.connection.root else path
        known = (detail.get(name) for name in ("mtime", "last_modified", "created"))
        modified = next((moment for moment in known if moment), 0)
        moment = modified if isinstance(modified, datetime) else datetime.fromtimestamp(float(modified), UTC)
        return Info(path, int(detail["size"]), moment, str(detail.get("etag") or f"{detail['size']}-{modified}"))

    @contextmanager
    def opened(self, path: str) -> Iterator[Path]:
        target = self.cache.held / uuid.uuid4().hex  # anybody may have chosen the stored name: it does not become a path
        try:
            self.fetch(path, target)
            yield target
        finally:
            target.unlink(missing_ok=True)

    def immutable(self, path: str, size: int, digest: str) -> Path:
        return self.cache.get(path, size, digest, partial(self.fetch, path))

    def damage(self, path: str, size: int, digest: str) -> str | None:
        """By its size alone: the hash would need a download."""
        try:
            found = self.info(path).size
        except FileNotFoundError:
            return GONE
        return None if found == size else wrong_size(found, size)

    def kept_versions(self) -> Sequence[tuple[str, str]]:
        """What the store keeps of deleted and replaced files, and what to do or when it ends; sentences for people."""
        if not hasattr(self._fs, "kept_versions"):
            return [(f"older versions in {self.url}", "this kind of store does not list them: check them by hand.")]
        return tuple(self._request(lambda: self._fs.kept_versions(self.connection.root)))

    def scratch_folder(self, folder: str) -> Path:
        """With the local copies, so that a published file becomes one of them by a rename."""
        return self.cache.held

    def lock_folder(self, folder: str) -> Path:
        place = self.cache.locks / folder
        place.mkdir(parents=True, exist_ok=True)
        return place

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Sequence[Result]:
        with ThreadPoolExecutor(_CONCURRENT_REQUESTS, initializer=logs.inherit_context()) as pool:
            return list(pool.map(work, items))

    @property
    def copies(self) -> str:
        """The folder of this store's files in the cache."""
        name = self.connection.name or self.connection.url
        return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()

    @cached_property
    def cache(self) -> Cache:
        return Cache(self._access.cache, self.copies, self._access.cache_limit)
