"""Local copies under the names of remote files, for an engine that must see a file to make a view of it."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def stand_in(scheme: str, copies: Mapping[str, Callable[[], Path]]) -> Any:
    """A file system for DuckDB that knows these URLs and no others, and can only read."""
    from fsspec import AbstractFileSystem

    class Copies(AbstractFileSystem):  # type: ignore[misc]
        protocol = scheme
        cachable = False

        def _copy(self, path: str) -> Path:
            url = path if "://" in path else f"{scheme}://{path}"
            if url not in copies:
                raise FileNotFoundError(url)
            return copies[url]()

        def glob(self, path: str, **_: Any) -> list[str]:
            return [path]

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            return {"name": path, "size": self._copy(path).stat().st_size, "type": "file"}

        def modified(self, path: str) -> datetime:
            return datetime.fromtimestamp(self._copy(path).stat().st_mtime, UTC)

        def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
            with self._copy(path).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # DuckDB leaves what it opens open

    return Copies()
