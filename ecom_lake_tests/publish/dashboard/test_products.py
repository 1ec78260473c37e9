"""The pages "Products" and of one product over HTTP: every number is found in gold by a query of its own."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.bought_together import p_text
from ecom_lake.publish.dashboard.categories import categories
from ecom_lake.publish.dashboard.figures import figures
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.next_categories import LEVELS, level_of
from ecom_lake.publish.dashboard.options import Options
from ecom_lake.publish.dashboard.products import OPTIONS
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.dashboard.html_tables import HtmlTables

PAGE = "/olist/products"
MONTHS = "from=2017-03&to=2017-03"


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost") as client:
        yield client


def page(client: TestClient, address: str) -> HtmlTables:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert "nan" not in re.findall(r'\b(?:x|y|cx|cy|r|width|height)="([^"]*)"', answer.text)
    return HtmlTables.of(answer.text)


def rows(release: ServedRelease, sql: str) -> list[Row]:
    return list(release.rows(Query(sql)))


@pytest.fixture(scope="module")
def best(release: ServedRelease) -> str:
    """The product with the most units."""
    [row] = rows(release, "select product_id from product_performance order by units desc, product_id limit 1")
    return str(row["product_id"])


def test_the_abc_classes_are_those_of_the_products(client: TestClient, release: ServedRelease) -> None:
    text = html.unescape(client.get(PAGE).text)
    expected = rows(
        release,
        "select abc_class, count(*) as products, (select count(*) from product_performance) as all_products,"
        " sum(net_sales)::double / (select sum(net_sales) from fct_orders where is_valid) as share"
        " from product_performance group by abc_class order by abc_class",
    )
    assert re.findall(r"<li><b>([ABC])</b> ([^<]*)</li>", text) == [
        (
            row["abc_class"],
            f"{row['products']:,} products, {percent(row['products'] / row['all_products'])} of all, bring"
            f" {percent(row['share'])} of net sales",
        )
        for row in expected
    ]


@pytest.mark.parametrize("dimension", ["", "state", "category"])
def test_top_products_are_those_of_the_lines(client: TestClient, release: ServedRelease, dimension: str) -> None:
    query, condition = MONTHS, "true"
    if dimension:
        [row] = rows(
            release, f"select {dimension} as member from sales_cube group by {dimension} order by sum(net_sales) desc limit 1"
        )
        query, condition = f"{MONTHS}&{dimension}={row['member']}", f"coalesce({dimension}, 'unknown') = '{row['member']}'"
    expected = rows(
        release,
        "select product_id, sum(net_sales) as net_sales, sum(quantity) as units, count(distinct order_id) as orders"
        f" from fct_sales where is_valid and month = '2017-03-01' and {condition} group by product_id"
        " order by net_sales desc, product_id limit 20",
    )
    shown = page(client, f"{PAGE}?{query}")
    assert [(row[2], row[4], row[5]) for row in shown.rows("Top products")] == [
        (amount(row["net_sales"]), f"{row['units']:,}", f"{row['orders']:,}") for row in expected
    ]


def test_every_bubble_has_the_growth_and_the_reviews_of_its_category(client: TestClient, release: ServedRelease) -> None:
    text = html.unescape(client.get(f"{PAGE}?{MONTHS}").text)
    found = dict(re.findall(r"<title>([^<:]+): ([\d,]+, growth [^<]+)</title><circle", text))
    expected = rows(
        release,
        "with sold as (select category, month, sum(net_sales) as net_sales from sales_cube group by category, month),"
        " reviewed as (select category, avg(review_score) as score from (select distinct s.category, o.order_id, o.review_score"
        " from fct_sales as s join fct_orders as o on o.order_id = s.order_id"
        " where s.is_valid and s.month = '2017-03-01') as held group by category)"
        " select n.category, n.net_sales, 100 * (n.net_sales::double / b.net_sales::double - 1) as growth, r.score from sold as n"
        " join sold as b on b.category = n.category and b.month = '2017-02-01'"
        " join reviewed as r on r.category = n.category"
        " where n.month = '2017-03-01' and r.score is not null order by n.net_sales desc limit 24",
    )
    assert len(expected) > 5
    assert found == {
        row["category"].replace("_", " "): f"{amount(row['net_sales'])}, growth {_growth(row['growth'])}, {row['score']:.2f}"
        for row in expected
    }


@pytest.mark.parametrize("query", [{}, {"state": "SP"}, {"category": "bed_bath_table"}])
def test_an_order_of_several_categories_counts_once_in_the_average_of_the_shop(
    release: ServedRelease, query: Mapping[str, str]
) -> None:
    """The dashed line is the review score on the card; a filter by category marks its circle."""
    months = {"from": "2017-03", "to": "2017-03"}
    found = categories(View("olist", "products", release, read_filters({**months, **query}), Options(OPTIONS)))
    assert found.why is not None
    *_, whole = release.rows(found.why.query)
    others = {name: value for name, value in query.items() if name != "category"}
    [card] = figures(View("olist", "products", release, read_filters({**months, **others})), ["avg_review"])
    of_state = "and state = 'SP'" if "state" in query else ""
    [expected] = rows(
        release, f"select avg(review_score) as score from fct_orders where is_valid and month = '2017-03-01' {of_state}"
    )
    assert (whole["category"], f"{whole['review']:.2f}") == (None, card.value)
    assert whole["review"] == pytest.approx(expected["score"])


def _growth(percents: float) -> str:
    return f"{percents:+,.0f}%" if round(percents) else "0%"


def test_a_chart_that_cannot_be_is_replaced_by_its_reason(client: TestClient) -> None:
    text = html.unescape(client.get(f"{PAGE}?{MONTHS}&quality=margin").text)
    assert "The shop knows the cost of too small a share of its net sales for a margin." in text
    assert "There are no complete months to compare with" in client.get(f"{PAGE}?from=2017-01&to=2017-01").text
    assert "Olist does not export returns." in text


@pytest.mark.parametrize("level", ["product", "category"])
def test_rules_have_their_numbers_and_say_whether_they_are_significant(
    client: TestClient, release: ServedRelease, level: str
) -> None:
    answer = client.get(f"{PAGE}?level={level}")
    [state] = rows(release, f"select * from basket_levels where level = '{level}'")
    assert html.escape(state["statement"], quote=True).replace("&#x27;", "&#39;") in answer.text
    assert ("Nothing is significant." in answer.text) == (state["significant_rules"] == 0)
    expected = rows(
        release,
        f"select * from basket_rules where level = '{level}' order by is_significant desc, p_adjusted, orders desc, antecedent,"
        " consequent limit 12",
    )
    shown = HtmlTables.of(answer.text).tables.get("Bought together", [])[1:]
    assert [row[2:] for row in shown] == [
        [
            f"{row['orders']:,}",
            percent(row["confidence"]),
            f"{row['lift']:,.1f}",
            p_text(row["p_adjusted"]),
            "yes" if row["is_significant"] else "no",
        ]
        for row in expected
    ]


def test_next_categories_are_those_of_the_journeys(client: TestClient, release: ServedRelease) -> None:
    [_, *shown] = page(client, PAGE).tables["Next category"]
    journeys = {
        (row["from_category"].replace("_", " "), row["to_category"].replace("_", " ")): row["share"]
        for row in rows(release, "select from_category, to_category, share from product_journey")
    }
    names = [row[0] for row in shown]
    assert len(names) > 2
    for name, _, *shares in shown:
        assert shares == [percent(journeys[name, to]) if (name, to) in journeys else "" for to in names]


def test_the_first_categories_have_their_rates_with_intervals(client: TestClient, release: ServedRelease) -> None:
    expected = rows(release, "select * from first_product_value order by customers desc, category limit 12")
    shown = page(client, PAGE).rows("First category")
    assert [(row[0], row[3]) for row in shown] == [
        (row["category"].replace("_", " "), f"{row['customers']:,}") for row in expected
    ]


def test_the_levels_of_the_matrix_rise_with_the_share() -> None:
    assert [level_of(share) for share in (0.0, *LEVELS, 1.0)] == [0, 1, 2, 3, 4, 5, 5]


def test_a_product_has_its_own_figures(client: TestClient, release: ServedRelease, best: str) -> None:
    shown = page(client, f"/olist/product/{best}?from=2017-01&to=2017-04")
    [total] = rows(
        release,
        "select sum(net_sales) as net_sales, count(distinct order_id) as orders, count(distinct customer_id) as customers,"
        f" sum(quantity) as units from fct_sales where is_valid and product_id = '{best}'",
    )
    assert shown.texts["value"][:3] == [amount(total["net_sales"]), f"{total['orders']:,}", f"{total['customers']:,}"]
    assert f"{total['units']:,}" in shown.texts["value"]
    states = rows(
        release,
        "select coalesce(state, 'unknown') as state, sum(net_sales) as net_sales, sum(quantity) as units from fct_sales"
        f" where is_valid and product_id = '{best}' group by 1 order by 2 desc, 1 limit 10",
    )
    assert [(row[0], row[2], row[3]) for row in shown.rows("States")] == [
        (row["state"], amount(row["net_sales"]), f"{row['units']:,}") for row in states
    ]


def test_a_product_has_its_sales_and_its_price_by_month(client: TestClient, release: ServedRelease, best: str) -> None:
    text = client.get(f"/olist/product/{best}?from=2017-04&to=2017-04").text
    assert text.count(f"<dd>Jan 2017 to Apr 2017, product {best}</dd>") == 2, "the months of both charts"
    expected = rows(
        release,
        "select month, sum(net_sales) as net_sales, sum(quantity * unit_price) / sum(quantity) as price from fct_sales"
        f" where is_valid and product_id = '{best}' group by month order by month",
    )
    by_month = re.findall(r"<title>(\w{3} 2017): ([\d,.]+)</title>", text)
    assert {(f"{row['month']:%b %Y}", amount(row["net_sales"])) for row in expected} <= set(by_month)
    assert {(f"{row['month']:%b %Y}", f"{row['price']:,.2f}") for row in expected} <= set(by_month)


def test_what_is_bought_with_a_product_is_in_the_same_orders(client: TestClient, release: ServedRelease) -> None:
    [row] = rows(
        release,
        "select a.product_id, count(distinct a.order_id) as orders from fct_sales as a join fct_sales as b"
        " on b.order_id = a.order_id and b.product_id <> a.product_id where a.is_valid and b.is_valid"
        " group by a.product_id order by orders desc, a.product_id limit 1",
    )
    expected = rows(
        release,
        "select b.product_id, count(distinct a.order_id) as orders from fct_sales as a join fct_sales as b"
        f" on b.order_id = a.order_id and b.product_id <> a.product_id where a.product_id = '{row['product_id']}' and a.is_valid"
        " and b.is_valid group by b.product_id order by orders desc, b.product_id limit 10",
    )
    address = f"/olist/product/{row['product_id']}"
    shown = page(client, address).rows("Bought with it")
    assert [row[2] for row in shown] == [f"{one['orders']:,}" for one in expected]
    links = re.findall(r'href="(/olist/product/\w+)"', client.get(address).text.split("Bought with it</h2>")[1])
    assert links == [f"/olist/product/{one['product_id']}" for one in expected]


@pytest.mark.parametrize("product_id", ["nothing", "<script>alert(1)</script>", "a/b", "%"])
def test_an_unknown_product_is_a_page_with_a_sentence(client: TestClient, product_id: str) -> None:
    answer = client.get(f"/olist/product/{quote(product_id, safe='')}")
    assert answer.status_code == 404
    assert f"Shop 'olist' has no product '{product_id}' in release " in html.unescape(answer.text)
    assert HtmlTables.of(answer.text).tags.count("script") == 1, "that of the theme"


def test_links_of_a_product_keep_its_page_and_the_filters(client: TestClient, best: str) -> None:
    text = html.unescape(client.get(f"/olist/product/{best}?{MONTHS}&category=toys").text)
    assert f'href="/olist/product/{best}?from=2017-03&to=2017-03&category=toys&state=' in text
    assert f'action="/olist/product/{best}"' in text
    assert "The filter by category does not change this page" in text


def test_the_sql_that_is_shown_runs(client: TestClient, release: ServedRelease, best: str) -> None:
    pages = [f"{PAGE}?{MONTHS}&state=SP", f"/olist/product/{best}?{MONTHS}", f"/olist/sales?{MONTHS}&by=product&category=toys"]
    for address in pages:
        shown = re.findall(r'<pre tabindex="0"[^>]*><code>(.*?)</code>', client.get(address).text, re.S)
        assert len(shown) >= 4
        for sql in shown:
            assert rows(release, html.unescape(sql)) is not None
