"""The serving file of an open release: opened, or built in a thread of its own while pages are answered from the facts.

Not here: the file (serving_file.py), and which queries it answers (`Query.served`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import duckdb

from ecom_lake import logs
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.serving.serving_file import ServingFile, build, path_of, remove_outdated

_RETRY = 0.05
"""Seconds after which a build that was asked to stop is interrupted again: it may have been between two statements."""


_FIRST_PAGES = 2.0
"""Seconds for which the build waits, so that the first pages have the processor to themselves."""


class StoppedError(Exception):
    """The release was closed while its serving file was built."""


class Prepared:
    def __init__(self, site: Site, entry: Entry, scratch: Path, seconds: float) -> None:
        """`scratch`: a folder for the file where the lake cannot be written, which the caller removes after `close`."""
        self._site, self._entry, self._seconds = site, entry, seconds
        self._path = path_of(site, entry, scratch)
        self._file = self._opened() if self._path.exists() else None
        self._building: duckdb.DuckDBPyConnection | None = None
        self._stopped, self._is_wanted = Event(), Event()
        self._thread = Thread(target=self._prepare, name=f"serving file of release {entry.number}", daemon=True)
        if self._file is None:
            self._thread.start()

    def rows(self, query: Query) -> Sequence[Row] | None:
        """The rows of a query; None where the file is not finished or does not have them."""
        return self._file.rows(query.served, query.values) if self._file and query.served else None

    def wait(self) -> bool:
        """Until the file is open or cannot be made; whether it is open."""
        self._is_wanted.set()
        if self._thread.ident is not None:
            self._thread.join()
        return self._file is not None

    def close(self) -> None:
        self._stopped.set()
        self._is_wanted.set()
        while self._thread.is_alive():
            if self._building:
                with suppress(duckdb.Error):  # it was closed meanwhile
                    self._building.interrupt()
            self._thread.join(_RETRY)
        if self._file:
            self._file.close()

    def _prepare(self) -> None:
        """Pages need no serving file: what goes wrong is logged."""
        self._is_wanted.wait(_FIRST_PAGES)
        try:
            build(self._site, self._entry, self._path, self._site.memory_limit, self._started)
            remove_outdated(self._path)
            self._file = self._opened()
        except StoppedError:
            return
        except (UserError, OSError, duckdb.Error) as error:
            if not self._stopped.is_set():
                logs.log_event("no serving file", logging.WARNING, shop=self._site.shop.name, why=str(error))

    def _opened(self) -> ServingFile | None:
        """None for a damaged file, which then is rebuilt."""
        try:
            return ServingFile(self._path, self._site.memory_limit, self._site.threads, self._seconds)
        except duckdb.Error:
            return None

    def _started(self, con: duckdb.DuckDBPyConnection) -> None:
        self._building = con
        if self._stopped.is_set():
            raise StoppedError
