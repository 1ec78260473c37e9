"""Without the scope pii, no page and no file of the dashboard has a personal column, whatever is added to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.pages import PAGES, Page
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake

PASSED_ON = {"Via": "1.1 proxy"}
"""A request that a proxy passed on: it may read nothing personal."""
CSV = re.compile(r'href="([^"]+\.csv[^"]*)"')


@pytest.fixture(scope="module")
def client(grown_lake: BuiltLake) -> Iterator[TestClient]:
    with TestClient(application(grown_lake.settings), base_url="http://localhost", headers=PASSED_ON) as client:
        yield client


def variants(page: Page) -> Iterator[str]:
    """The page as it opens, and with each other value of its parameters."""
    yield f"/olist/{page.name}"
    for name, values in page.options.items():
        if isinstance(values, tuple):
            yield from (f"/olist/{page.name}?{name}={value}" for value in values[1:])


def test_no_file_of_a_chart_or_an_answer_has_a_personal_column(client: TestClient, release: ServedRelease) -> None:
    columns = [column for table in release.site.registry.gold.values() for column in table.columns.values()]
    # The reason of a refund is personal, that of a model is not: a name counts where every table marks it.
    personal = {one.name for one in columns if one.personal} - {one.name for one in columns if not one.personal}
    assert {"customer_id", "order_id", "city"} <= personal
    people = release.rows(Query("select customer_id as id from dim_customer union all select order_id from fct_orders"))
    ids = {row["id"] for row in people if len(row["id"]) == 32}  # the customer "new" of the second delivery is a word, too
    [product] = release.rows(Query("select product_id from dim_product order by product_id limit 1"))
    pages = [address for page in PAGES for address in variants(page)]
    pages += [f"/olist/product/{product['product_id']}", "/olist/profile?table=customers"]
    pages += [f"/olist/ask/{question.name}" for question in release.site.registry.questions]
    found: set[str] = set()
    for address in pages:
        html = client.get(address).text
        assert not ids & set(re.findall(r"\w+", html)), address
        found |= {unescape(link) for link in CSV.findall(html)}
    assert len(found) > 100
    for address in sorted(found):
        header, *rows = client.get(address).text.splitlines()
        assert not personal & set(header.split(",")), address
        assert not any(ids & set(re.findall(r"\w+", row)) for row in rows), address


@pytest.mark.parametrize("chart", ["delivery/risk", "outlook/churn"])
def test_the_lists_of_single_orders_and_customers_need_a_scope(client: TestClient, chart: str) -> None:
    for kind in (".csv", ".xlsx", "/evidence"):
        answers = [client.get(f"/olist/{chart}{kind}", headers=headers) for headers in ({"Via": "1.1 proxy"}, {"Via": ""})]
        assert answers[0].status_code == 403, kind
        assert "they need the scope pii" in answers[0].text
    page, name = chart.split("/")
    assert f'id="{name}"' not in client.get(f"/olist/{page}").text
