"""The pages over HTTP: their numbers are those of gold, hostile names are text, and wrong addresses are sentences."""

from __future__ import annotations

import re
from concurrent.futures import Future
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.build.build import build
from ecom_lake.publish.dashboard.app import SECURITY, application
from ecom_lake.publish.dashboard.options import NO_OPTIONS
from ecom_lake.publish.dashboard.overview import overview
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import OPEN_RELEASES, Releases, ServedRelease
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.hand_release import HandRelease
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product

PAGE = "/olist/overview"


class Texts(HTMLParser):
    """The texts of a page's elements, by class."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.by_class: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(dict(attributes).get("class") or "")
        self.links += [value for name, value in attributes if name in ("href", "src", "action") and value]
        if tag in ("meta", "link", "input"):
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open:
            self.by_class.setdefault(self._open[-1], []).append(data.strip())


def test_every_number_of_the_overview_is_found_in_gold(client: TestClient, release: ServedRelease) -> None:
    page = Texts(client.get(PAGE + "?from=2017-01&to=2017-03").text)
    [total] = release.rows(
        Query(
            "select sum(net_sales) as net_sales, count(*) as orders, count(distinct customer_id) as customers,"
            " sum(net_sales)::double / count(*) as aov, sum(units) as units, avg(is_late::integer) as late,"
            " avg(review_score) as score from fct_orders where is_valid and month between '2017-01-01' and '2017-03-01'"
        )
    )
    expected = [
        amount(total["net_sales"]),
        f"{total['orders']:,}",
        f"{total['customers']:,}",
        f"{total['aov']:,.2f}",
        f"{total['units']:,}",
        percent(total["late"]),
        f"{total['score']:.2f}",
    ]
    assert [*page.by_class["value"][: len(expected)]] == expected
    for dimension in ("category", "state", "segment"):
        rows = release.rows(
            Query(
                f"select sum(net_sales) as net_sales from sales_cube where month between '2017-01-01' and '2017-03-01'"
                f" group by {dimension} order by sum(net_sales) desc limit 3"
            )
        )
        assert {amount(row["net_sales"]) for row in rows} <= set(page.by_class["value"])


def test_a_filter_by_a_dimension_marks_its_member_and_filters_the_others(client: TestClient, release: ServedRelease) -> None:
    [largest] = release.rows(
        Query("select state, sum(net_sales) as net_sales from sales_cube group by state order by 2 desc limit 1")
    )
    months = "?from=2017-01&to=2017-04"
    page = client.get(f"{PAGE}{months}&state={largest['state']}").text
    assert f'aria-current="true"><span class="member">{largest["state"]}</span>' in page
    assert Texts(page).by_class["value"][0] == amount(largest["net_sales"])
    assert f'href="{PAGE}?from=2017-01&amp;to=2017-04"' in page, "a second click takes the filter back"


def test_the_latest_release_is_shown_unless_an_older_one_is_asked_for(client: TestClient, release: ServedRelease) -> None:
    log = release.site.lake.log
    older, latest = sorted({number for state in log.numbers() if (number := log.entry(state).release)})[-2:]
    assert f"Release {latest} · " in client.get(PAGE).text
    page = client.get(f"{PAGE}?release={older}").text
    assert f"Release {older} · " in page
    assert f'name="release" value="{older}"' in page, "filters keep the release"
    assert "Clear filters" not in page, "a release is no filter"
    filtered = client.get(f"{PAGE}?release={older}&state=SP").text
    assert f'<a class="clear" href="{PAGE}?release={older}">Clear filters</a>' in filtered


@pytest.mark.parametrize(
    ("address", "forms"),
    [("/olist/ask", 1), ("/olist/ask/best-month", 2), ("/olist/search", 2), ("/olist/tables/rfm_segments", 1)],
)
def test_pages_without_filters_show_and_keep_the_release_of_their_address(
    client: TestClient, release: ServedRelease, address: str, forms: int
) -> None:
    older = release.previous
    page = unescape(client.get(f"{address}?release={older}").text)
    assert f"Release {older} · " in page
    links = re.findall(r'href="(/olist/[^"]+)"', page.partition('<nav class="pages"')[2])
    assert f"/olist/search?release={older}" in links
    [latest] = [link for link in links if not link.endswith(f"release={older}")]
    assert f'<a class="latest" href="{latest}">Latest release</a>' in page
    assert '<a class="latest"' not in client.get(latest).text
    assert page.count(f'<input type="hidden" name="release" value="{older}">') == forms, "the dialog, and the page's own form"


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/olist/nothing", 404, "There is no page /olist/nothing."),
        ("/nobody/overview", 404, ">There is no shop &#39;nobody&#39;; /shops lists the shops.<"),
        ("/olist/ask/best-mont", 400, "There is no question &#39;best-mont&#39;. The nearest: best-month"),
        ("/olist/ask/best-month?yaer=2017", 400, "has no parameter &#39;yaer&#39;"),
        ("/olist/ask/best-month.csv?year=1900", 400, "year must be "),
        ("/empty/overview", 400, "Shop &#39;empty&#39; has nothing yet"),
        (PAGE + "?from=spring", 400, "from must be a month such as 2018-03, not &#39;spring&#39;."),
        (PAGE + "?release=999", 404, "Shop &#39;olist&#39; has no release 999: it was deleted, or there never was one."),
        (PAGE + "?release=2", 404, "State 2 of shop &#39;olist&#39; was not released: choose the number of a release."),
        ("/<script>/overview", 404, "&lt;script&gt;"),
    ],
)
def test_a_wrong_address_is_a_sentence(client: TestClient, address: str, status: int, sentence: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
    assert "<script>" not in answer.text


def test_a_member_that_the_shop_does_not_have_shows_no_sales(client: TestClient) -> None:
    answer = client.get(PAGE + "?category=<img src=x onerror=alert(1)>")
    assert answer.status_code == 200
    assert "No order of these months matches the filters." in answer.text
    assert "img" not in Texts(answer.text).tags


def test_every_answer_has_the_security_headers_and_no_foreign_address(client: TestClient) -> None:
    for address in ("/", PAGE, "/olist/nothing", "/static/dashboard.css"):
        answer = client.get(address)
        assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    page = client.get(PAGE).text
    assert [link for link in Texts(page).links if not link.startswith(("/", "#"))] == []
    assert not re.search(r"\sstyle=|\son\w+=|<script>|<style>", page), "the policy would block it"


def test_no_shared_cache_stores_a_page_or_a_file(client: TestClient) -> None:
    questions = ("/olist/ask/best-month", "/olist/ask/best-month.csv")
    files = ("/olist/overview/trend.csv", "/olist/overview/trend.xlsx", "/olist/sales/breakdown.csv", "/olist/workbook.xlsx")
    for address in (PAGE, "/shops", "/dashboard.css", "/olist/who.csv", *questions, *files, "/olist/nothing"):
        assert client.get(address).headers["cache-control"] == "private, no-cache", address
    assert "cache-control" not in client.get("/static/dashboard.js").headers


def test_pages_are_sent_compressed(client: TestClient) -> None:
    with client.stream("GET", PAGE) as answer:
        sent = sum(len(part) for part in answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
    assert sent < len(client.get(PAGE).content) / 3


def test_only_known_host_names_are_answered(client: TestClient) -> None:
    assert client.get(PAGE, headers={"host": "attacker.example"}).status_code == 400
    assert client.get("/").headers["location"] == PAGE


def test_nothing_can_be_written(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, PAGE).status_code == 405


def test_every_question_of_the_shop_has_a_page(client: TestClient, release: ServedRelease) -> None:
    listed = client.get("/olist/ask")
    asked = [question.name for question in release.site.registry.questions if question.name not in release.unanswerable]
    assert re.findall(r'href="/olist/ask/([\w-]+)"', listed.text) == asked
    for name in asked:
        page = client.get(f"/olist/ask/{name}")
        assert (page.status_code, name, "nan%" in page.text) == (200, name, False)
    others = [question.title for question in release.site.registry.questions if question.name in release.unanswerable]
    shown = unescape(listed.text)
    assert all(f"<li>{title}</li>" in shown for title in others)
    assert all(shown.count(why) == 1 for why in release.unanswerable.values()), "each reason once, above its questions"


def test_an_answer_has_its_numbers_its_sql_and_a_csv(client: TestClient, release: ServedRelease) -> None:
    rows = release.rows(Query("select month, net_sales from kpi_monthly order by net_sales desc, month"))
    page = client.get("/olist/ask/best-month?year=2017").text
    assert re.findall(r'<span class="value">([\d,.]+)</span>', page) == [f"{row['net_sales']:,.2f}" for row in rows]
    assert "2017" in page.split("The SQL that ran")[1]
    file = client.get(re.findall(r'href="(/olist/ask/best-month.csv[^"]*)"', unescape(page))[0])
    assert file.headers["content-type"].startswith("text/csv")
    lines = file.text.splitlines()
    assert lines[0].startswith("place,month,net_sales,")
    assert [line.split(",")[2] for line in lines[1:]] == [str(row["net_sales"]) for row in rows]


def test_the_csv_of_an_answer_is_of_its_values_and_its_release(client: TestClient, release: ServedRelease) -> None:
    for query, year in (("", "2017"), ("?year=2017", "2017"), ("?year=all", "all")):
        page = unescape(client.get(f"/olist/ask/best-month{query}").text)
        choices = re.findall(r"<option( selected)?>(\w+)</option>", page.partition('<select name="year">')[2])
        assert choices == [(" selected" if value == year else "", value) for value in ("2017", "all")]
        [link] = re.findall(r'href="(/olist/ask/best-month.csv[^"]*)"', page)
        assert link.endswith(f"?year={year}&release={release.number}")
        name = client.get(link).headers["content-disposition"]
        assert name == f'attachment; filename="olist-best-month-release-{release.number}.csv"'
    earlier = client.get(f"/olist/ask/best-month.csv?year=all&release={release.previous}")
    assert f"-release-{release.previous}.csv" in earlier.headers["content-disposition"]


def test_a_hostile_product_name_is_text(fresh_lake: BuiltLake) -> None:
    evil = "<script>alert(1)</script>"
    file = next(fresh_lake.landing.rglob("*category_name_translation*"))
    rows = pl.read_csv(file)
    renamed = rows.with_columns(pl.lit(evil).alias(rows.columns[1]))
    renamed.write_csv(fresh_lake.landing / "product_category_name_translation~2.csv")
    build(fresh_lake.site())
    with TestClient(application(fresh_lake.settings), base_url="http://localhost") as client:
        pages = [client.get(address).text for address in (PAGE, "/olist/profile?table=products")]
    for page in pages:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert page.count("<script") == page.count('<script src="/static/')


def test_releases_that_nobody_looks_at_are_closed(grown_lake: BuiltLake) -> None:
    releases = Releases(grown_lake.settings)
    first = releases.of("olist")
    assert releases.of("olist") is first
    opened = Future[ServedRelease]()
    opened.set_result(first)
    releases._open.update({("other", number): opened for number in range(OPEN_RELEASES)})
    again = releases.of("olist")
    assert again.rows(Query("select 1 as one")) == [{"one": 1}]
    assert len(releases._open) == OPEN_RELEASES


@pytest.mark.parametrize(
    ("category", "sales"), [("", [30, 0, 0, 10, 5]), ("toys", [20, 0, 0, 0, 5]), ("books", [10, 0, 0, 10, 0]), ("tea", [])]
)
def test_a_month_without_sales_is_a_month_of_the_trend(tmp_path: Path, category: str, sales: list[int]) -> None:
    """February has no order at all, and March a canceled one."""
    lines = [("01-05", "toys", "20.00"), ("01-20", "books", "10.00"), ("03-02", "books", "7.00"), ("04-28", "books", "10.00"),
             ("05-03", "toys", "5.00")]  # fmt: skip
    shop = HandShop(
        products=[product(name, category=name) for name in ("toys", "books")],
        orders=[order(day, f"2018-{day} 10:00:00", status="canceled" if day == "03-02" else "shipped") for day, *_ in lines],
        order_items=[item(day, price, product_id=name) for day, name, price in lines],
    )
    gold = {table: shop.table(table).to_dicts() for table in ("fct_orders", "fct_sales", "dim_product", "kpi_monthly")}
    view = HandRelease(tmp_path, **gold).view("overview", to="2018-05", category=category)
    page = overview(view)
    rows = view.release.rows(page.why["trend"].query)
    assert [(f"{row['month']:%m}", row["net_sales"]) for row in rows] == [
        (f"{month:02d}", amount) for month, amount in enumerate(sales, 1)
    ]
    shown = page.trend.marks if page.trend else []
    assert [(mark.month, mark.is_complete) for mark in shown] == [(row["month"], row["is_complete"]) for row in rows]
    assert [mark.text.split("\N{NO-BREAK SPACE}")[1].split()[0] for mark in shown] == [str(amount) for amount in sales]


@pytest.mark.parametrize(
    ("filters", "trend", "states", "has_forecast"),
    [
        ({}, "Jan 2018 to Mar 2018", "Mar 2018", True),
        ({"to": "2018-02"}, "Jan 2018 to Feb 2018", "Feb 2018", False),
        ({"state": "SP", "category": "a_b"}, "Jan 2018 to Mar 2018, category a b, state SP", "Mar 2018, category a b", False),
    ],
)  # fmt: skip
def test_the_evidence_states_the_months_and_filters_of_its_rows(
    tmp_path: Path, filters: dict[str, str], trend: str, states: str, has_forecast: bool
) -> None:
    months = [date(2018, month, 1) for month in (1, 2, 3)]
    sales = [{"month": month, "category": "a_b", "state": "SP", "segment": "x", "net_sales": Decimal(5)} for month in months]
    known = [{"month": month, "is_complete": True, "net_sales": Decimal(5)} for month in months]
    ahead = {"series": "total", "grain": "month", "is_champion": True, "period": date(2018, 4, 1), "forecast": Decimal(5)}
    release = HandRelease(
        tmp_path, fct_orders=[], fct_sales=[], dim_product=[], sales_cube=sales, kpi_monthly=known, sales_forecast=[ahead]
    )
    page = overview(release.view("overview", NO_OPTIONS, **filters))
    assert (page.why["trend"].window, page.why["states"].window) == (trend, states)
    assert page.trend is not None and bool(page.trend.forecast_marks) == has_forecast
    assert ("it is from sales_forecast" in page.why["trend"].definition) == has_forecast
