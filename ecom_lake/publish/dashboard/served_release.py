"""One release of a shop, open for pages: its queries run once, and their rows are kept until the release is closed.

Here: opening releases, the latest or by number, and running queries on them.
Not here: the SQL session and its limits (engine/serve/query.py), which queries a page runs (overview.py and the other pages).
"""

from __future__ import annotations

import tempfile
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from ecom_lake.engine.build.release.offer import not_built
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.config import Settings
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.answering import Answered, answer, find, unanswerable
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.serve.status import changed_tables
from ecom_lake.engine.serve.views import RELEASED
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.not_there import NotThereError
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.serving.prepared import Prepared
from ecom_lake.publish.dashboard.serving.serving_file import can_serve
from ecom_lake.publish.query_slots import QuerySlots
from ecom_lake.publish.shared_answers import SharedAnswers

OPEN_RELEASES = 6
"""The number of releases that stay open, over all shops."""
KEPT_ANSWERS = 1_000
"""The number of queries of a release whose rows are kept: enough for the pages of many filters."""
LOOKED_AT = 1.0
"""Seconds for which the newest release of a shop is not looked up again."""
LEAST_LINES = 50_000
"""Order lines from which on a release has a serving file: the facts of smaller ones are read as fast."""
LONGEST_QUERY = 10.0
"""Seconds that a query may take."""

_Key = tuple[str, tuple[tuple[str, Any], ...]]
"""A query and its values."""


class ServedRelease:
    def __init__(self, site: Site, entry: Entry, slots: QuerySlots | None = None, is_prepared: bool = False) -> None:
        """`is_prepared`: answer from a serving file as soon as it is there."""
        self.site = site
        self.number = entry.number
        self.entry = entry
        opened = ExitStack()
        seconds = min(LONGEST_QUERY, site.query_timeout)
        self._session = opened.enter_context(session(site, entry, seconds, by_signals=False, layers=RELEASED))
        self.prepared: Prepared | None = None
        if is_prepared:
            scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix="ecom-lake-serving-"))
            self.prepared = Prepared(site, entry, Path(scratch), seconds)
            opened.callback(self.prepared.close)
        self._close = weakref.finalize(self, opened.close)
        """Runs once the last page that uses the release has been rendered."""
        self._slots = slots or QuerySlots(site.threads)
        self._rows = SharedAnswers[_Key, Sequence[Row]](self._slots, KEPT_ANSWERS)
        self._workbook = SharedAnswers[None, bytes](self._slots, 1)

    @property
    def currency(self) -> str | None:
        return str(self.site.shop.numbers.currency) if self.site.shop.numbers.currency else None

    def workbook(self) -> bytes:
        """The release as an Excel workbook: made once, which takes seconds, while other pages are answered."""
        from ecom_lake.publish.excel.workbook import workbook

        def made() -> bytes:
            with self._slots.taken():
                return workbook(self.site, self.entry)

        return self._workbook.get(None, made)

    @property
    def gold(self) -> Sequence[str]:
        """The names of its gold tables."""
        return self._session.tables.get("gold", ())

    def has(self, table: str) -> bool:
        return table in self.gold

    def contract(self, table: str) -> Table:
        """The contract of one of its gold tables. Raises `UsageError` where it does not have it."""
        if not self.has(table) or table not in self.site.registry.gold:
            why = self.absent.get(table, "There is no gold table of this name.")
            raise UsageError(f"Shop '{self.site.shop.name}' has no table '{table}': {why}")
        return self.site.registry.gold[table]

    @cached_property
    def absent(self) -> Mapping[str, str]:
        """The tables that the shop does not have, and why. It reads the SQL of all tables, which takes as long as a page."""
        return not_built(self.site)

    @cached_property
    def unanswerable(self) -> Mapping[str, str]:
        """The questions that this release does not answer, and why."""
        return unanswerable(self.site, self.entry)

    def answer(self, name: str, given: Mapping[str, str]) -> Answered:
        """The answer to a question with these parameters. Raises `UsageError` where there is no such question or value."""
        question = find(self.site.registry, [name])
        if why := self.unanswerable.get(question.name):
            raise UsageError(f"Shop '{self.site.shop.name}' cannot answer {question.name}: {why}")

        def answered() -> Answered:
            with self._session.of_a_thread() as asking:
                return answer(asking, question, given)

        return self._slots.run(answered)

    def rows_once(self, query: Query) -> Sequence[Row]:
        """Rows that are not kept: those of single customers and of long lists, which few people ask for twice."""
        return self._slots.run(lambda: self._read(query))

    def rows(self, query: Query) -> Sequence[Row]:
        """Rows that are kept. Readers who ask for the same at once share one query; its error is not kept."""
        key = (query.sql, tuple(sorted(query.values.items())))
        return self._rows.get(key, lambda: self.rows_once(query))

    def frame(self, query: Query) -> pl.DataFrame:
        """The answer to a query that names its tables with their layer; it is not kept."""
        return self._slots.run(lambda: self._session.frame(query.sql, query.values))

    def _read(self, query: Query) -> Sequence[Row]:
        if self.prepared and (rows := self.prepared.rows(query)) is not None:
            return rows
        return self._session.rows(query.sql, query.values)

    def columns(self, query: Query) -> Sequence[str]:
        def columns() -> Sequence[str]:
            with self._session.of_a_thread() as asking:
                return asking.ask(query.sql, query.values).columns

        return self._slots.run(columns)

    @property
    def previous(self) -> int | None:
        """The number of the release before this one; None for the first, and where its state is no longer in the log."""
        log = self.site.lake.log
        earlier = max((number for number in log.numbers() if number < self.number), default=None)
        return None if earlier is None else log.entry(earlier).release


class Releases:
    """The releases of all shops that pages have asked for; the least recently used ones are closed."""

    def __init__(self, settings: Settings, least_lines: int = LEAST_LINES) -> None:
        """`least_lines`: order lines from which on the newest release of a shop has a serving file."""
        self.settings = settings
        self._least_lines = least_lines
        self._sites: dict[str, Site] = {}
        self._latest: dict[str, tuple[float, Entry]] = {}
        self._unreleased: dict[str, int | None] = {}
        self._open: OrderedDict[tuple[str, int], Future[ServedRelease]] = OrderedDict()
        self._slots = QuerySlots(settings.threads)
        self._lock = Lock()

    @property
    def shops(self) -> tuple[str, ...]:
        return tuple(self.settings.shops)

    def of(self, shop: str, number: int | None = None) -> ServedRelease:
        """The latest release of a shop, or the one with a number. Raises `UsageError` where there is none.

        A release of a remote lake is downloaded when it is opened: whoever asks for another one does not wait for that."""
        with self._lock:
            site = self._site(shop)
            newest = self._newest(shop, site)
            entry = newest if number is None else _numbered(site, number)
            key = shop, entry.number
            if is_first := (served := self._open.get(key)) is None:
                served = self._open[key] = Future()
            self._open.move_to_end(key)
            while len(self._open) > OPEN_RELEASES:
                self._open.popitem(last=False)
        if is_first:
            self._fill(served, key, site, entry, is_newest=entry.number == newest.number)
        return served.result()

    def _fill(self, served: Future[ServedRelease], key: tuple[str, int], site: Site, entry: Entry, is_newest: bool) -> None:
        """Open a release for all who wait for it. Its error is not kept."""
        try:
            is_prepared = is_newest and can_serve(site, entry, self._least_lines)
            served.set_result(ServedRelease(site, entry, self._slots, is_prepared))
        except BaseException as error:
            with self._lock:
                if self._open.get(key) is served:
                    del self._open[key]
            served.set_exception(error)

    def site(self, shop: str) -> Site:
        with self._lock:
            return self._site(shop)

    def unreleased(self, shop: str) -> int | None:
        """The number of the newest state, if its gold was not released: a build runs, it was refused, or was rolled back."""
        with self._lock:
            self._newest(shop, self._site(shop))
            return self._unreleased[shop]

    def _site(self, shop: str) -> Site:
        if shop not in self.shops:
            raise NotThereError(f"There is no shop '{shop}'; /shops lists the shops.")
        if shop not in self._sites:
            self._sites[shop] = open_site(self.settings, shop)
        return self._sites[shop]

    def _newest(self, shop: str, site: Site) -> Entry:
        looked_at, entry = self._latest.get(shop, (-LOOKED_AT, None))
        if entry is None or time.monotonic() - looked_at >= LOOKED_AT:
            entry = _released(site)
            self._latest[shop] = (time.monotonic(), entry)
            self._unreleased[shop] = _unreleased(site, entry)
        return entry


def _released(site: Site) -> Entry:
    """Readers elsewhere get no path of this machine, which the command line's sentence has."""
    if site.lake.log.head().number == 0:
        raise UsageError(f"Shop '{site.shop.name}' has nothing yet: its export is to be landed and built first.")
    return released(site)


def _unreleased(site: Site, entry: Entry) -> int | None:
    newest = site.lake.log.head()
    return newest.number if any(table.layer == "gold" for table in changed_tables(entry, newest)) else None


def _numbered(site: Site, number: int) -> Entry:
    if number not in site.lake.log.numbers():
        raise NotThereError(f"Shop '{site.shop.name}' has no release {number}: it was deleted, or there never was one.")
    entry = site.lake.log.entry(number)
    if entry.release != entry.number:
        raise NotThereError(f"State {number} of shop '{site.shop.name}' was not released: choose the number of a release.")
    return entry
