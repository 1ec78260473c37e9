"""What changed in a number since the previous release: by hand, and on the page of a shop with two releases."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.changes import ChangedValue, changed_values
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake

JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)


def test_rows_are_compared_by_the_columns_that_identify_them() -> None:
    before: list[Row] = [
        {"month": JANUARY, "orders": 2, "net_sales": Decimal("10.00")},
        {"month": None, "orders": 2, "net_sales": Decimal(10)},
    ]
    now: list[Row] = [
        {"month": JANUARY, "orders": 2, "net_sales": Decimal("10.00")},
        {"month": FEBRUARY, "orders": 1, "net_sales": Decimal("1234.50")},
        {"month": None, "orders": 3, "net_sales": Decimal("1244.50")},
    ]
    assert changed_values(before, now) == [
        ChangedValue("2018-02-01", "orders", "none", "1", ""),
        ChangedValue("2018-02-01", "net sales", "none", "1,234.50", ""),
        ChangedValue("all", "orders", "2", "3", "+1"),
        ChangedValue("all", "net sales", "10", "1,244.50", "+1,234.50"),
    ]
    assert changed_values(now, now) == []


def test_a_figure_is_its_own_column() -> None:
    before: list[Row] = [{"orders": 2, "share": 0.5}]
    now: list[Row] = [{"orders": 3, "share": 0.25}]
    assert changed_values(before, now, "share") == [ChangedValue("", "share", "0.5000", "0.2500", "-0.2500")]
    assert len(changed_values(before, now, "no column")) == 2


def test_rows_of_two_keys_and_rows_that_left() -> None:
    before = [{"a": "x", "b": 1, "n": 1}, {"a": "x", "b": 2, "n": 2}]
    assert changed_values(before, before[:1]) == [ChangedValue("x, 2", "n", "2", "none", "")]
    assert changed_values([], []) == []


def test_the_page_compares_with_the_release_before(client: TestClient, grown_lake: BuiltLake, release: ServedRelease) -> None:
    assert release.previous is not None
    older = Releases(grown_lake.settings).of("olist", release.previous)
    count = Query("select count(*) as n from fct_orders where is_valid and month between '2017-01-01' and '2017-04-01'")
    [was], [now] = older.rows(count), release.rows(count)
    assert now["n"] == was["n"] + 1, "one more order was delivered"
    page = client.get("/olist/overview/orders/evidence?from=2017-01&to=2017-04").text
    assert f"release {release.previous}</th>" in page
    difference = "<td>orders</td>" + "".join(
        f'<td class="number">{value}</td>' for value in (f"{was['n']:,}", f"{now['n']:,}", "+1")
    )
    assert f"<td>all</td>{difference}" in page
    assert "from fct_orders" in page


def test_every_figure_links_to_its_evidence(client: TestClient) -> None:
    page = client.get("/olist/overview?from=2017-02").text
    addresses = re.findall(r'class="changes" href="([^"]+)"', page)
    assert len(addresses) >= 10
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert 'href="/olist/overview?from=2017-02"' in answer.text


def test_the_first_release_has_nothing_to_compare_with(client: TestClient, release: ServedRelease) -> None:
    first = min(number for state in release.site.lake.log.numbers() if (number := release.site.lake.log.entry(state).release))
    page = client.get(f"/olist/overview/net_sales/evidence?release={first}").text
    assert "There is no earlier release that is kept." in page
