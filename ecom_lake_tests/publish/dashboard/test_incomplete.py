"""Incomplete months: one look and one legend in every chart, and no comparison."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.figures import figures
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.heatmap import Cell, HeatMap, HeatRow
from ecom_lake.publish.dashboard.rendering import environment
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.stacked import StackedRow, stacked
from ecom_lake.publish.dashboard.tiles import Share, TileColumn, TileRow, Tiles, tiles_of
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.incomplete import LEGEND, marked
from ecom_lake.publish.pages.month_chart import Point, month_chart

JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)
VIEW = SimpleNamespace(span=SimpleNamespace(first=JANUARY, last=FEBRUARY), month_url=lambda month: f"/{month}")


def drawn(chart: str, *arguments: Any) -> str:
    return str(getattr(environment().get_template(f"charts/{chart}.html.jinja").module, chart)(*arguments))


def months(kind: Any, is_complete: bool) -> str:
    points = [Point(JANUARY, 3.0), Point(FEBRUARY, 1.0, is_complete)]
    return drawn("months" if kind == "bars" else "month_line", month_chart("Orders", kind, points, str), VIEW)


def bars(is_complete: bool) -> str:
    rows = [
        StackedRow(name, {"a": 1.0}, {"a": "1"}, "1", is_complete=complete)
        for name, complete in (("x", True), ("y", is_complete))
    ]
    return drawn("stacked", stacked(rows), {"a": "stage"}, "Stages")


def heat(is_complete: bool) -> str:
    row = HeatRow("Jan", [Cell("1", "", 1, "one"), Cell("2", "", 1, "two", is_complete=is_complete)])
    return drawn("heatmap", HeatMap("Cohorts", "months", "cohort", ["1", "2"], [row]))


def tiles(is_complete: bool) -> str:
    columns = [TileColumn(JANUARY, "/1", True, False), TileColumn(FEBRUARY, "/2", is_complete, False)]
    cells = tiles_of("SP", {month: Share(5, 50) for month in (JANUARY, FEBRUARY)}, columns, "orders", str)
    return drawn("tiles", Tiles(columns, [TileRow("SP", "/", False, cells)]), "Late")


CHARTS = {
    "bars by month": lambda is_complete: months("bars", is_complete),
    "a line by month": lambda is_complete: months("line", is_complete),
    "stacked bars": bars,
    "a heat map": heat,
    "tiles": tiles,
}


@pytest.mark.parametrize("chart", CHARTS)
def test_an_incomplete_month_is_marked_in_every_chart_and_the_legend_says_so(chart: str) -> None:
    complete, incomplete = CHARTS[chart](True), CHARTS[chart](False)
    assert LEGEND not in complete and "incomplete" not in complete
    assert incomplete.count(LEGEND) == 1
    without_legend = incomplete.replace('<rect class="incomplete" width="12"', "").replace(LEGEND, "")
    assert 'incomplete"' in without_legend, "the mark itself"


def test_the_hatching_that_the_marks_refer_to_is_on_the_page(client: TestClient) -> None:
    assert '<pattern id="incomplete"' in client.get("/olist/overview").text
    assert 'url("#incomplete")' in client.get("/dashboard.css").text


def test_a_sparkline_leaves_incomplete_months_out(release: ServedRelease) -> None:
    view = View("olist", "overview", release, Filters(first=date(2017, 1, 1), last=date(2017, 4, 1)))

    def months_of_orders() -> int:
        return len(next(figure.sparkline for figure in figures(view) if figure.name == "orders").split())

    assert months_of_orders() == len(view.months) == 4
    vars(view)["months"] = [*view.months[:-1], replace(view.months[-1], is_complete=False)]
    assert months_of_orders() == 3


def test_the_text_of_a_month_states_that_it_is_incomplete() -> None:
    assert (marked("Jan: 7", True), marked("Jan: 7", False)) == ("Jan: 7", "Jan: 7 (incomplete month)")
