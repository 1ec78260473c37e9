"""The months to choose from: bars in proportion, one link each, and which of them are chosen or incomplete."""

from __future__ import annotations

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.month_brush import LEAST, month_brush
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View

FEBRUARY, MARCH = date(2017, 2, 1), date(2017, 3, 1)


def test_bars_are_in_proportion_to_net_sales(release: ServedRelease) -> None:
    bars = month_brush(View("olist", "overview", release, Filters(first=FEBRUARY, last=MARCH)))
    rows = release.rows(Query("select month, is_complete, net_sales from kpi_monthly order by month"))
    highest = max(float(row["net_sales"]) for row in rows)
    assert [bar.month for bar in bars] == [row["month"] for row in rows]
    for bar, row in zip(bars, rows, strict=True):
        assert bar.height == pytest.approx(max(100 * float(row["net_sales"]) / highest, LEAST), abs=0.06)
        assert bar.is_complete == row["is_complete"]
        assert bar.text.endswith("incomplete") != bar.is_complete
    assert [bar.month for bar in bars if bar.is_chosen] == [FEBRUARY, MARCH]


def test_each_bar_is_a_link_that_keeps_the_other_filters(client: TestClient) -> None:
    page = client.get("/olist/overview?category=toys").text
    brush = page[page.index('class="brush"') : page.index("</nav>", page.index('class="brush"'))]
    assert re.findall(r'href="([^"]+)"', brush) == [
        f"/olist/overview?from=2017-0{month}&amp;to=2017-0{month}&amp;category=toys"
        if f"2017-0{month}" not in chosen(brush)
        else "/olist/overview?category=toys"
        for month in range(1, 5)
    ]


def chosen(brush: str) -> list[str]:
    return re.findall(r'data-month="([^"]+)"[^>]*aria-current', brush)
