"""The page "All shops": the KPIs of a shop's last complete month, and a sentence for a shop without a release."""

from __future__ import annotations

from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.pages.rendering import amount


def test_each_shop_has_its_last_complete_month(client: TestClient, release: ServedRelease) -> None:
    [last] = release.rows(Query("select month, net_sales, orders from kpi_monthly where is_complete order by month desc limit 1"))
    page = client.get("/shops").text
    olist = page[page.index('href="/olist/overview"') : page.index('href="/empty/overview"')]
    assert f'<p class="value">{amount(last["net_sales"])}</p>' in olist
    assert f'<p class="value">{last["orders"]:,}</p>' in olist
    assert f"{last['month']:%b %Y} compared with " in olist and f" · release {release.number}" in olist
    assert "ledger closes" in olist
    assert "Shop &#39;empty&#39; has nothing yet" in page


def test_pages_of_a_lake_with_several_shops_link_to_it(client: TestClient) -> None:
    assert '<a href="/shops">All shops</a>' in client.get("/olist/overview").text
