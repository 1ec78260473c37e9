"""`faulty://`: a folder as an fsspec store that behaves like Azure Blob: writes are atomic and there are no folders.

Not here: the faults (fault_injector.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
from fsspec import AbstractFileSystem

from ecom_lake.engine.store.local import LocalStore

_disk = LocalStore(Path("/"))


class Blobs(AbstractFileSystem):  # type: ignore[misc]
    protocol = "faulty"
    cachable = False

    def cat_file(self, path: str, **_: Any) -> bytes:
        return _disk.read(path)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        if mode != "create":
            _disk.write(path, value)
        elif not _disk.create(path, value):
            raise FileExistsError(path)

    def put_file(self, lpath: str, rpath: str, mode: str = "overwrite", **_: Any) -> None:
        self.pipe_file(rpath, Path(lpath).read_bytes(), mode)

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        _disk.fetch(rpath, Path(lpath))

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        _disk.copy(path1, path2)

    def rm_file(self, path: str) -> None:
        _disk.info(path)
        _disk.delete(path)

    def find(self, path: str, **_: Any) -> dict[str, Any]:
        return {info.path: {"name": info.path, "size": info.size, "mtime": info.modified} for info in _disk.list(path)}

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        found = _disk.info(path)
        return {"name": path, "size": found.size, "mtime": found.modified}


fsspec.register_implementation("faulty", Blobs, clobber=True)
