"""A file system for DuckDB that opens known files for reading only, under names that do not reveal their paths.

DuckDB writes wherever it may read, and file modes do not stop root. Here every write fails, whoever runs it (decision 0015).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import local
from typing import Any


def read_only_files(scheme: str, files: Mapping[str, Callable[[], Path]]) -> Any:
    """The file system, to be registered with a connection; `files` maps each URL to a function that returns its local file."""
    from fsspec import AbstractFileSystem

    class ReadOnlyFiles(AbstractFileSystem):  # type: ignore[misc]
        protocol = scheme
        cachable = False

        def _local(self, path: str) -> Path:
            url = path if "://" in path else f"{scheme}://{path}"
            if url not in files:
                raise FileNotFoundError(url)
            return files[url]()

        def glob(self, path: str, **_: Any) -> list[str]:
            return [path]

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            return {"name": path, "size": self._local(path).stat().st_size, "type": "file"}

        def modified(self, path: str) -> datetime:
            return datetime.fromtimestamp(self._local(path).stat().st_mtime, UTC)

        def _open(self, path: str, mode: str = "rb", **_: Any) -> OpenFile:
            if mode != "rb":
                raise PermissionError(f"{path} is read-only.")
            return OpenFile(self._local(path))

    return ReadOnlyFiles()


class OpenFile:
    """A file that several threads read at a time. DuckDB seeks and reads in two calls, so each thread has its own position."""

    _descriptor = -1

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._own = local()

    def seek(self, position: int) -> int:
        self._own.position = position
        return position

    def tell(self) -> int:
        return getattr(self._own, "position", 0)

    def read(self, size: int) -> bytes:
        data = os.pread(self._descriptor, size, self.tell())
        self.seek(self.tell() + len(data))
        return data

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()
