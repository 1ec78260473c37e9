"""Serving files: the rows of every chart are those of the facts, and a missing, damaged or half-made file changes no number."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Barrier, Thread
from typing import Any

from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.publish.api import metrics
from ecom_lake.publish.dashboard.changes import changes
from ecom_lake.publish.dashboard.evidence import Shown, Why
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.options import NumberBetween, Options
from ecom_lake.publish.dashboard.pages import PAGES, Page
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.dashboard.serving.prepared import Prepared
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.query_slots import QuerySlots
from ecom_lake_tests.builders.built_lake import BuiltLake

SERVED_PAGES = ("overview", "sales", "customers", "products", "delivery", "outlook")
TOTAL = Query("select sum(units) as units from kpi_monthly", served="select sum(units)::hugeint as units from kpi_cells where"
              " category is null and is_valid")  # fmt: skip


def prepared(lake: BuiltLake) -> ServedRelease:
    """The newest release with its serving file open."""
    release = Releases(lake.settings, least_lines=0).of("olist")
    assert release.prepared is not None
    assert release.prepared.wait()
    return release


def files(lake: BuiltLake) -> list[Path]:
    return sorted((lake.root / "olist/_store/serving").iterdir())


class Asked(ServedRelease):
    """A release that answers from the facts and keeps the queries that it was asked."""

    def __init__(self, lake: BuiltLake) -> None:
        site = lake.site()
        super().__init__(site, site.lake.log.head())
        self.queries: list[Query] = []

    def rows(self, query: Query) -> Sequence[Row]:
        self.queries.append(query)
        return super().rows(query)


class BothAtOnce(ServedRelease):
    """A release whose queries wait until a second one is being answered."""

    def __init__(self, lake: BuiltLake) -> None:
        site = lake.site()
        super().__init__(site, site.lake.log.head(), QuerySlots(2))
        self._both = Barrier(2, timeout=20)

    def _read(self, query: Query) -> Sequence[Row]:
        self._both.wait()
        return super()._read(query)


def some_filters(view: View, random: Random) -> Filters:
    """Any months and members, also such as no order has together."""
    products = [str(row["product_id"]) for row in view.release.rows(Query("select product_id from dim_product order by 1"))]
    choices = {**view.choices, "product": products}
    members = {name: random.choice(values) for name, values in choices.items() if random.random() < 0.4}
    first, last = sorted(random.choice(view.months).month for _ in range(2))
    filters = Filters(members=members, compare=random.choice(("previous", "year")))
    return filters.of_months(first, last) if random.random() < 0.7 else filters


def some_options(page: Page, random: Random) -> Options:
    listed = {name: takes for name, takes in page.options.items() if takes and not isinstance(takes, NumberBetween)}
    return Options(page.options, {name: random.choice(list(takes)) for name, takes in listed.items()})


def is_same(one: Any, other: Any) -> bool:
    """Means of floats may differ in their last digit, because they are summed in another order; nothing else may."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return type(one) is type(other) and bool(one == other)


def test_every_chart_has_the_rows_of_the_facts_under_any_filters(fresh_grown_lake: BuiltLake) -> None:
    asked, release = Asked(fresh_grown_lake), prepared(fresh_grown_lake)
    assert release.prepared is not None
    random = Random(7)
    for page in (page for page in PAGES if page.name in SERVED_PAGES):
        asked.queries.clear()
        for _ in range(8):
            filters = some_filters(View("olist", page.name, asked, Filters()), random)
            page.compute(View("olist", page.name, asked, filters, some_options(page, random)))
        queries = [query for query in asked.queries if query.served]
        assert queries, page.name
        for query in queries:
            rows, expected = release.prepared.rows(query), asked.rows(query)
            assert rows is not None
            assert [list(row) for row in rows] == [list(row) for row in expected], query.written
            differing = [
                (column, row[column], other[column])
                for row, other in zip(expected, rows, strict=True)
                for column in row
                if not is_same(row[column], other[column])
            ]
            assert not differing, query.written


def test_two_readers_of_a_release_do_not_wait_for_each_other(grown_lake: BuiltLake) -> None:
    release = BothAtOnce(grown_lake)
    queries = [Query(f"select {number} as number, count(*) as months from kpi_monthly") for number in (1, 2)]
    found: dict[str, Sequence[Row]] = {}
    readers = [Thread(target=lambda query=query: found.update({query.sql: release.rows(query)})) for query in queries]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [found[query.sql][0]["number"] for query in queries] == [1, 2]
    assert all(found[query.sql][0]["months"] for query in queries)


def test_the_metrics_of_the_api_are_answered_from_the_serving_file(fresh_grown_lake: BuiltLake) -> None:
    asked, release = Asked(fresh_grown_lake), prepared(fresh_grown_lake)
    assert release.prepared is not None
    state = asked.rows(Query("select state from fct_orders where is_valid group by 1 order by count(*) desc limit 1"))[0]["state"]
    for members in ({}, {"state": state}):
        asked.queries.clear()
        of_months = metrics.Asked("month", "", "", members)
        expected = metrics.metric(asked, "orders", of_months)
        answered = metrics.metric(release, "orders", of_months)
        assert (answered["rows"], answered["total"]) == (expected["rows"], expected["total"])
        served = [release.prepared.rows(query) for query in asked.queries if query.served]
        assert [rows[-1]["orders"] for rows in served if rows] == [expected["total"]]


def test_a_finished_file_is_used_again(fresh_lake: BuiltLake) -> None:
    prepared(fresh_lake)
    [made] = files(fresh_lake)
    written = made.stat().st_ino
    release = prepared(fresh_lake)
    assert [one.stat().st_ino for one in files(fresh_lake)] == [written]
    assert release.rows(TOTAL) == release.rows_once(Query(TOTAL.sql))


def test_a_damaged_file_is_rebuilt(fresh_lake: BuiltLake) -> None:
    prepared(fresh_lake)
    [made] = files(fresh_lake)
    made.write_bytes(b"not a database")
    release = prepared(fresh_lake)
    assert release.rows(TOTAL) == release.rows_once(Query(TOTAL.sql))


def test_closing_a_release_stops_the_build_and_leaves_nothing(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    being_made = Prepared(site, site.lake.log.head(), tmp_path, 10)
    being_made.close()
    assert not being_made.wait()
    assert files(fresh_lake) == []


def test_a_lake_that_cannot_be_written_is_served_from_a_temporary_file(fresh_lake: BuiltLake) -> None:
    (fresh_lake.root / "olist/_store/serving").write_text("no folder can be made here")
    release = prepared(fresh_lake)
    assert release.rows(TOTAL) == release.rows_once(Query(TOTAL.sql))


def test_garbage_collection_deletes_the_file_and_pages_that_have_it_open_still_read_it(fresh_lake: BuiltLake) -> None:
    release, site = prepared(fresh_lake), fresh_lake.site()
    assert len(files(fresh_lake)) == 1
    collect_garbage(site, find_garbage(site, timedelta(0)))
    assert files(fresh_lake) == []
    assert release.rows(TOTAL) == release.rows_once(Query(TOTAL.sql))


def test_a_file_that_no_server_has_opened_for_a_day_is_deleted_when_another_is_made(fresh_lake: BuiltLake) -> None:
    folder = fresh_lake.root / "olist/_store/serving"
    folder.mkdir()
    old, recent = folder / "old.duckdb", folder / "recent.duckdb"
    for file in (old, recent):
        file.touch()
    os.utime(old, (0, 0))
    prepared(fresh_lake)
    assert old not in files(fresh_lake)
    assert recent in files(fresh_lake)


def test_changes_since_the_previous_release_are_those_of_the_facts(fresh_grown_lake: BuiltLake) -> None:
    releases = Releases(fresh_grown_lake.settings, least_lines=0)
    release = releases.of("olist")
    assert release.prepared is not None
    assert release.prepared.wait()
    query = Query("select 1.0 as value", served="select 1.0000001 as value")
    assert release.rows(query) != release.rows_once(Query(query.sql))
    shown = Shown("chart", "A chart", Why("", "", query, []), "", "", "", "")
    found = changes(releases, View("olist", "overview", release, Filters()), shown)
    assert found.previous is not None
    assert not found.why_not
    assert found.values == []


def test_only_the_newest_release_of_a_large_shop_has_a_file(fresh_grown_lake: BuiltLake) -> None:
    assert Releases(fresh_grown_lake.settings).of("olist").prepared is None
    releases = Releases(fresh_grown_lake.settings, least_lines=0)
    newest = releases.of("olist")
    assert newest.prepared is not None
    assert newest.previous is not None
    assert releases.of("olist", newest.previous).prepared is None
