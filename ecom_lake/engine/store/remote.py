"""Any file system that fsspec speaks to, as a store: what Azure is reached through, and what a test puts in its place.

Here: ten calls to the file system, each tried again where the network failed, each failure made one sentence.
Not here: which file system it is and how it lets us in (connect.py, azure.py), copies on the local disk (cache.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ecom_lake.engine.store.meter import Meter
from ecom_lake.engine.store.retry import Retry
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import StoreError

Answer = TypeVar("Answer")
_REMEMBERED = 32
Explain = Callable[[Exception], str | None]
"""Says in a sentence what a failure means and what to do; None for one that it does not know."""


class Remote:
    def __init__(
        self, fs: Any, root: str, url: str, retry: Retry, explain: Explain, meter: Meter | None = None, name: str = ""
    ) -> None:
        self.fs = fs
        self.name = name or url
        """Tells it from any other store that was ever reached from this machine."""
        self.meter = meter or Meter()
        self._root = root.strip("/")
        self._url, self._retry, self._explain = url, retry, explain
        self._remembered: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        return bytes(self._ask(lambda: self.fs.cat_file(self._full(path))))

    def read_once(self, path: str) -> bytes:
        """The bytes of a small file that never changes: read again only when it has been forgotten."""
        data = self._remembered.get(path)
        return self._remember(path, self.read(path) if data is None else data)

    def _remember(self, path: str, data: bytes) -> bytes:
        self._remembered[path] = data
        for oldest in list(self._remembered)[:-_REMEMBERED]:
            self._remembered.pop(oldest, None)
        return data

    def write(self, path: str, data: bytes) -> None:
        self._remembered.pop(path, None)
        self._ask(lambda: self.fs.pipe_file(self._full(path), data))

    def create(self, path: str, data: bytes) -> bool:
        """False also where the answer to our own write was lost: who must know, compares."""
        try:
            self._ask(lambda: self.fs.pipe_file(self._full(path), data, mode="create"))
        except FileExistsError:
            return False
        self._remember(path, data)
        return True

    def put(self, local: Path, path: str) -> None:
        self._ask(lambda: self.fs.put_file(str(local), self._full(path)))

    def add(self, local: Path, path: str) -> bool:
        try:
            self._ask(lambda: self.fs.put_file(str(local), self._full(path), mode="create"))
        except FileExistsError:
            return False
        return True

    def fetch(self, path: str, target: Path) -> None:
        self._ask(lambda: self.fs.get_file(self._full(path), str(target)))

    def copy(self, source: str, path: str) -> None:
        self._ask(lambda: self.fs.cp_file(self._full(source), self._full(path)))

    def delete(self, path: str) -> None:
        self._remembered.pop(path, None)
        try:
            self._ask(lambda: self.fs.rm_file(self._full(path)))
        except FileNotFoundError:
            return

    def list(self, folder: str) -> list[Info]:
        try:
            found = self._ask(lambda: self.fs.find(self._full(folder), detail=True))
        except FileNotFoundError:
            return []
        return sorted(map(self._info, found.values()), key=lambda info: info.path)

    def info(self, path: str) -> Info:
        return self._info(self._ask(lambda: self.fs.info(self._full(path))))

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root else path

    def _info(self, detail: dict[str, Any]) -> Info:
        path = str(detail["name"]).lstrip("/")
        path = path[len(self._root) + 1 :] if self._root else path
        known = (detail.get(name) for name in ("mtime", "last_modified", "created"))
        modified = next((moment for moment in known if moment), 0)
        moment = modified if isinstance(modified, datetime) else datetime.fromtimestamp(float(modified), UTC)
        return Info(path, int(detail["size"]), moment, str(detail.get("etag") or f"{detail['size']}-{modified}"))

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        with self._in_a_sentence():
            return self._retry(call)

    @contextmanager
    def _in_a_sentence(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            sentence = self._explain(error)
            if sentence is None:
                raise
            raise StoreError(f"{self._url}: {sentence}") from None
