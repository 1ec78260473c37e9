"""The files of a chart: its own query's rows, no formula from a name, and a name that carries the shop and the release."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.chart_files import workbook
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.options import read_options
from ecom_lake.publish.dashboard.pages import BELOW, LABELS, PAGES
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.rendering import render
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.excel import workbook as of_release
from ecom_lake_tests.builders.hand_release import FRAME

PAGE = "/olist/overview"
FILTERS = "?from=2017-02&to=2017-03"


def files_of(page: str, kind: str) -> list[str]:
    """The addresses of the files of charts, without the workbook of the whole release."""
    found = {address.replace("&amp;", "&") for address in re.findall(rf'href="([^"]*\.{kind}[^"]*)"', page)}
    return sorted(address for address in found if "/workbook.xlsx" not in address)


def test_every_chart_of_the_page_has_both_files(client: TestClient) -> None:
    page = client.get(PAGE + FILTERS).text
    charts = set(re.findall(r'class="tools" id="([^"]+)"', page))
    assert {"net_sales", "trend", "categories", "states", "products", "scatter"} <= charts
    for kind in ("csv", "xlsx"):
        addresses = files_of(page, kind)
        assert {address.split("/")[3].split(".")[0] for address in addresses} == charts
        for address in addresses:
            assert client.get(address).status_code == 200, address


def test_the_csv_has_the_rows_of_gold_under_the_filters(client: TestClient, release: ServedRelease) -> None:
    answer = client.get(f"{PAGE}/categories.csv{FILTERS}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    expected = release.rows(
        Query(
            "select category, sum(net_sales) as net_sales from sales_cube"
            " where month between '2017-02-01' and '2017-03-01' group by category"
        )
    )
    assert {row["member"]: Decimal(row["net_sales"]) for row in rows} == {row["category"]: row["net_sales"] for row in expected}
    name = f"olist-overview-categories-release-{release.number}.csv"
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''{name}"
    assert answer.headers["content-type"].startswith("text/csv")


WINDOW = re.compile(r"(\w{3} \d{4})(?: to (\w{3} \d{4}))?(?:,|$)")
"""The months of a window, where it states any."""


@pytest.mark.parametrize("query", [{}, {"from": "2017-02", "to": "2017-03", "state": "SP", "stages": "month"}])
def test_the_rows_of_each_chart_are_of_the_months_that_its_evidence_states(
    release: ServedRelease, query: Mapping[str, str]
) -> None:
    seen = set()
    for place, why in evidence_of_all_pages(release, query).items():
        if window := WINDOW.match(why.window):
            first, last = (datetime.strptime(month, "%b %Y").date() for month in (window[1], window[2] or window[1]))
            months = months_of(release.rows(why.query))
            assert not months or (first <= min(months) and max(months) <= last), (place, window[0])
            seen |= {place} if months else set()
    assert {"overview/trend", "sales/calendar", "delivery/late", "delivery/stages", "delivery/reviews"} <= seen


def test_the_evidence_of_a_chart_that_filters_do_not_change_names_no_filter(release: ServedRelease) -> None:
    """What the chosen months and the state do not change is of the same rows, and says so."""
    chosen, unchanged = {"from": "2017-02", "to": "2017-03", "state": "SP"}, set()
    filtered = evidence_of_all_pages(release, chosen)
    for place, why in evidence_of_all_pages(release, {}).items():
        if place in filtered and filtered[place].query == why.query:
            assert filtered[place].window == why.window, place
            unchanged.add(place)
    assert "overview/scatter" in unchanged and len(unchanged) > 5


def evidence_of_all_pages(release: ServedRelease, query: Mapping[str, str]) -> dict[str, Why]:
    """The evidence of each figure and chart, by `page/id`."""
    frame = {**FRAME, "labels": LABELS, "below": BELOW}
    found: dict[str, Why] = {}
    for page in PAGES:
        options = {name: value for name, value in query.items() if name in page.options}
        view = View("olist", page.name, release, read_filters(query), read_options(page.options, options))
        render(f"{page.name}.html.jinja", view=view, page=page.compute(view), **frame)
        found |= {f"{page.name}/{shown.id}": shown.why for shown in view.shown.values()}
    return found


def months_of(rows: Sequence[Row]) -> set[date]:
    """The months of the dates of the rows that are months or days of orders."""
    return {row[name].replace(day=1) for row in rows for name in ("month", "date") if isinstance(row.get(name), date)}


def test_the_workbook_of_a_release_is_that_of_the_command(client: TestClient, release: ServedRelease) -> None:
    page = client.get("/olist/trust").text
    assert 'href="/olist/workbook.xlsx"' in page
    answer = client.get("/olist/workbook.xlsx")
    assert answer.content == of_release.workbook(release.site, release.entry)
    assert answer.headers["content-disposition"] == f'attachment; filename="olist-release-{release.number}.xlsx"'
    first = min(number for number in release.site.lake.log.numbers() if release.site.lake.log.entry(number).release == number)
    older = client.get(f"/olist/workbook.xlsx?release={first}")
    assert older.status_code == 200 and older.content != answer.content
    assert f'href="/olist/workbook.xlsx?release={first}"' in client.get(f"/olist/trust?release={first}").text


def test_the_workbook_has_the_same_rows_and_their_origin(client: TestClient) -> None:
    text = client.get(f"{PAGE}/states.csv{FILTERS}").text
    book = client.get(f"{PAGE}/states.xlsx{FILTERS}").content
    data = cells(book, 1)
    assert data[0] == ["member", "net_sales"]
    assert [[row[0], f"{float(row[1]):.2f}"] for row in data[1:]] == [line.split(",") for line in text.splitlines()[1:]]
    about = dict(row for row in cells(book, 2) if len(row) == 2)
    assert about["Shop"] == "olist"
    assert about["SQL"].startswith("select state as member")
    assert about["Months and filters"] == "Feb 2017 to Mar 2017"


def test_the_same_release_gives_the_same_workbook() -> None:
    first, second = (workbook(("n",), [(1,)], [], "2020-02-03T04:05:06+00:00") for _ in range(2))
    assert first == second
    assert "2020-02-03T04:05:06Z</dcterms:created>" in parts(first)["docProps/core.xml"], "not the time of the download"


HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://127.0.0.1")',
    "+1",
    "-1",
    "@SUM(1)",
    "http://127.0.0.1/",
    "mailto:a",
    "\x00\x1f",
    "\ufffe",
    "",
]


@given(st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    book = workbook(("name", "n"), [(text, 1)], [("Title", text)], "2026-01-01T00:00:00+00:00")
    sheets = parts(book)
    assert not any("<f>" in part or "hyperlink" in part.lower() for name, part in sheets.items() if "worksheets" in name)


def test_cells_keep_their_kinds() -> None:
    row = (date(2018, 3, 1), Decimal("1.25"), True, None, 10**18, date(1, 1, 1))
    book = workbook(tuple("abcdef"), [row], [], "2026-01-01T00:00:00+00:00")
    [_, found] = cells(book, 1)
    assert found == ["43160", "1.25", "1", str(10**18), "0001-01-01"]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (f"{PAGE}/nothing.csv", "The page overview shows no chart &#39;nothing&#39; with these filters. It shows: net_sales, "),
        (f"{PAGE}/<script>/evidence", "shows no chart &#39;&lt;script&gt;&#39;"),
    ],
)
def test_a_wrong_address_is_a_sentence(client: TestClient, address: str, sentence: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, sentence in answer.text) == (400, True), answer.text


def parts(book: bytes) -> dict[str, str]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def cells(book: bytes, sheet: int) -> list[list[str]]:
    """The cells of a sheet as text, as the file has them."""
    from xml.etree import ElementTree

    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    files = parts(book)
    shared = ["".join(one.itertext()) for one in ElementTree.fromstring(files["xl/sharedStrings.xml"]).iter(f"{space}si")]
    rows = ElementTree.fromstring(files[f"xl/worksheets/sheet{sheet}.xml"]).iter(f"{space}row")
    return [
        [
            shared[int(value)] if cell.get("t") == "s" else value
            for cell in row.iter(f"{space}c")
            if (value := cell.findtext(f"{space}v")) is not None
        ]
        for row in rows
    ]
