"""The page "Trust": the ledger's bars, the verdict on a release, and the releases that can be shown."""

from __future__ import annotations

from starlette.testclient import TestClient

from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake.publish.dashboard.trust import _delivered, trust, verdict
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.quality import FATES
from ecom_lake_tests.builders.built_lake import BuiltLake


def a_row(delivered: int, **fates: int) -> dict[str, object]:
    return {
        "table_name": "orders", "files": 1, "latest": None, "delivered": delivered, **dict.fromkeys(FATES, 0), **fates,
    }  # fmt: skip


def test_the_parts_of_a_bar_follow_each_other_and_fill_it() -> None:
    row = _delivered(a_row(200, published=150, superseded=40, quarantined=10))
    assert [(part.fate, part.start, part.width) for part in row.fates] == [
        ("published", 0, 75),
        ("superseded", 75, 20),
        ("quarantined", 95, 5),
    ]
    assert row.closes


def test_a_row_without_a_fate_is_shown() -> None:
    assert not _delivered(a_row(200, published=199)).closes
    assert not _delivered(a_row(200, published=200, rejected=1)).closes
    assert _delivered(a_row(0)).closes


def test_the_ledger_and_the_rules_are_those_of_the_release(release: ServedRelease) -> None:
    page = trust(View("olist", "trust", release, Filters()))
    [total] = release.rows(Query("select sum(rows_delivered)::bigint as n from ledger"))
    assert sum(row.rows for row in page.ledger) == total["n"]
    assert all(row.closes for row in page.ledger)
    [rules] = release.rows(
        Query("select count(*) as n, count(*) filter (where failed_rows > 0) as failed from quality_scorecard")
    )
    found = verdict(release)
    assert found is not None
    assert (found.rules, found.rules - found.passed, found.closes) == (rules["n"], rules["failed"], True)
    assert len(page.failed) == min(rules["failed"], 30)


def test_every_release_that_is_listed_can_be_opened(grown_lake: BuiltLake) -> None:
    releases = Releases(grown_lake.settings)
    listed = trust(View("olist", "trust", releases.of("olist"), Filters())).releases
    assert [one.is_shown for one in listed] == [True, *[False] * (len(listed) - 1)]
    assert len(listed) > 1
    assert [releases.of("olist", one.number).number for one in listed] == [one.number for one in listed]


def test_every_page_states_that_a_newer_state_is_not_released(fresh_lake: BuiltLake) -> None:
    with TestClient(application(fresh_lake.settings), base_url="http://localhost") as client:
        assert "is not released" not in client.get("/olist/overview").text
    site = fresh_lake.site()
    newest = site.lake.log.commit(
        lambda head: head.with_parts(TableId("gold", "kpi_summary"), {WHOLE: None}), "test", "removed"
    ).number
    with TestClient(application(fresh_lake.settings), base_url="http://localhost") as client:
        assert f"state {newest} is not released" in client.get("/olist/overview").text
        assert "<code>ecom-lake status --shop olist</code> shows why" in client.get("/olist/trust").text
