"""Bytes under one root, on any file system that fsspec speaks to.

Here: put, create-only, replace, list, fetch. Not here: what the files mean (log.py), or where a table lies (paths.py).
Every write is whole or absent: an engine writes to a local scratch file, which is then put under its name.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec


@dataclass(frozen=True)
class Info:
    """A stored file as its file system sees it; `stamp` changes whenever the file does."""

    path: str
    size: int
    modified: datetime
    stamp: str


class Storage:
    def __init__(self, url: str) -> None:
        self.url = url
        # The caches of remote file systems serve stale bytes and stale listings.
        options: dict[str, Any] = {} if "://" not in url else {"use_listings_cache": False, "skip_instance_cache": True}
        self._fs, self._root = fsspec.core.url_to_fs(url, **options)
        self.is_local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))

    def read(self, path: str) -> bytes:
        return bytes(self._fs.cat_file(self._full(path)))

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self._full(path)))

    def put(self, local: Path, path: str) -> None:
        """Move a finished local file under its name, replacing what is there in one step."""
        if self.is_local:
            self._local(path).parent.mkdir(parents=True, exist_ok=True)
            beside = self._beside(path)
            shutil.move(local, beside)
            beside.replace(self._local(path))
        else:
            self._fs.put_file(str(local), self._full(path))
            local.unlink()

    def copy(self, source: str, path: str) -> None:
        """Put a copy of one stored file under another name, replacing what is there in one step."""
        if self.is_local:
            self._local(path).parent.mkdir(parents=True, exist_ok=True)
            beside = self._beside(path)
            shutil.copyfile(self._local(source), beside)
            beside.replace(self._local(path))
        else:
            self._fs.cp_file(self._full(source), self._full(path))

    def write(self, path: str, data: bytes) -> None:
        if self.is_local:
            self._local(path).parent.mkdir(parents=True, exist_ok=True)
            beside = self._beside(path)
            beside.write_bytes(data)
            beside.replace(self._local(path))
        else:
            self._fs.pipe_file(self._full(path), data)

    def create(self, path: str, data: bytes) -> bool:
        """Write a file only if there is none of that name; False if there is."""
        try:
            if self.is_local:
                self._local(path).parent.mkdir(parents=True, exist_ok=True)
                beside = self._beside(path)
                beside.write_bytes(data)
                try:
                    # A hard link fails where the name is taken, and shows the file only when it is whole.
                    self._local(path).hardlink_to(beside)
                finally:
                    beside.unlink()
            else:
                self._fs.pipe_file(self._full(path), data, mode="create")
        except FileExistsError:
            return False
        return True

    def delete(self, path: str) -> None:
        if self.exists(path):
            self._fs.rm_file(self._full(path))

    def list(self, folder: str) -> list[Info]:
        """Every file below a folder, by path; nothing where there is no such folder."""
        return sorted(self._walk(folder), key=lambda info: info.path)

    def info(self, path: str) -> Info:
        return self._info(self._fs.info(self._full(path)))

    def local(self, path: str) -> Path:
        """A local file with the bytes of a stored one."""
        if not self.is_local:
            raise NotImplementedError("reading through a local cache comes with remote stores")
        return self._local(path)

    def _walk(self, folder: str) -> Iterator[Info]:
        try:
            found = self._fs.find(self._full(folder), detail=True)
        except FileNotFoundError:
            return
        for detail in found.values():
            yield self._info(detail)

    def _info(self, detail: dict[str, Any]) -> Info:
        modified = detail.get("mtime", detail.get("last_modified"))
        moment = modified if isinstance(modified, datetime) else datetime.fromtimestamp(float(modified or 0), UTC)
        path = str(detail["name"])[len(self._root.rstrip("/")) + 1 :]
        stamp = str(detail.get("etag") or f"{detail['size']}-{detail.get('mtime')}-{detail.get('created')}-{detail.get('ino')}")
        return Info(path, int(detail["size"]), moment, stamp)

    def _full(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"

    def _local(self, path: str) -> Path:
        return Path(self._root) / path

    def _beside(self, path: str) -> Path:
        """A name in the same folder, so that putting it in place is one rename; listings leave out names with a leading dot."""
        target = self._local(path)
        return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
