"""Bytes under one root, on the local disk or on any store that is reached over the network.

Here: the ten calls of a store (store.py says what they promise), whichever it is. Not here: what the files mean (log.py).
"""

from __future__ import annotations

from pathlib import Path

from ecom_lake.lake.connect import open_store
from ecom_lake.lake.store import Info, Local

__all__ = ["Info", "Storage"]


class Storage:
    def __init__(self, url: str) -> None:
        self.url = url
        self.store = open_store(url)

    @property
    def is_local(self) -> bool:
        return isinstance(self.store, Local)

    def read(self, path: str) -> bytes:
        return self.store.read(path)

    def exists(self, path: str) -> bool:
        try:
            self.store.info(path)
        except FileNotFoundError:
            return False
        return True

    def put(self, local: Path, path: str) -> None:
        self.store.put(local, path)

    def add(self, local: Path, path: str) -> bool:
        return self.store.add(local, path)

    def copy(self, source: str, path: str) -> None:
        self.store.copy(source, path)

    def write(self, path: str, data: bytes) -> None:
        self.store.write(path, data)

    def create(self, path: str, data: bytes) -> bool:
        return self.store.create(path, data)

    def delete(self, path: str) -> None:
        self.store.delete(path)

    def list(self, folder: str) -> list[Info]:
        return self.store.list(folder)

    def info(self, path: str) -> Info:
        return self.store.info(path)

    def local(self, path: str) -> Path:
        """Where a file of a local store lies."""
        if not isinstance(self.store, Local):
            raise NotImplementedError("reading through a local cache comes next")
        return self.store.root / path
