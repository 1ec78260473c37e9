"""The search box: what it finds, where that leads, and that customers are found only by those who may see them."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease

SEARCH = "/olist/search"


def hits(client: TestClient, text: str, release: str = "", **headers: str) -> dict[str, str]:
    """The address of each hit by its kind, in the order of the page."""
    page = client.get(SEARCH, params={"q": text, "release": release}, headers=headers).text
    found = page[page.index('id="found"') :]
    return {
        f"{kind}: {re.sub('<.*', '', text).strip()}": address
        for kind, body in re.findall(r"<h2>(.*?)</h2>(.*?)</ul>", found, re.DOTALL)
        for address, text in re.findall(r'<a href="([^"]+)">(.*?)</a>', body, re.DOTALL)
    }


def test_pages_questions_and_tables_are_found_and_every_link_opens(client: TestClient) -> None:
    assert hits(client, "")["Pages: Trust"] == "/olist/trust"
    assert hits(client, "TRUS") == {"Pages: Trust": "/olist/trust"}
    assert "/olist/ask/best-month" in hits(client, "best-month").values()
    assert hits(client, "rfm_segments")["Tables: rfm_segments"] == "/olist/tables/rfm_segments"
    for text in ("a", "best", "rfm", "sp"):
        for address in hits(client, text).values():
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_a_member_and_a_product_lead_to_the_filtered_overview(client: TestClient, release: ServedRelease) -> None:
    [top] = release.rows(Query("select category, state from sales_cube group by 1, 2 order by sum(net_sales) desc limit 1"))
    assert f"/olist/overview?category={top['category']}" in hits(client, top["category"].replace("_", " ")[:6]).values()
    assert f"/olist/overview?state={top['state']}" in hits(client, top["state"]).values()
    [product] = release.rows(Query("select product_id from dim_product order by product_id limit 1"))
    found = hits(client, product["product_id"].upper())
    assert f"/olist/overview?product={product['product_id']}" in found.values()


def test_what_is_found_is_of_the_same_release(client: TestClient, release: ServedRelease) -> None:
    older = str(release.previous)
    [customer] = release.rows(Query("select customer_id from dim_customer order by customer_id limit 1"))
    for text, kind in (
        ("", "Pages"),
        ("best-month", "Questions"),
        ("rfm_segments", "Tables"),
        (customer["customer_id"], "Customers"),
    ):
        found = hits(client, text, release=older)
        assert any(hit.startswith(kind) for hit in found)
        assert all(address.endswith(f"?release={older}") for address in found.values()), found


def test_customers_are_found_by_the_start_of_their_id_by_those_who_may_see_them(
    client: TestClient, release: ServedRelease
) -> None:
    [customer] = release.rows(Query("select customer_id from dim_customer order by customer_id limit 1"))
    name = customer["customer_id"]
    assert hits(client, name[:8])[f"Customers: {name}"] == f"/olist/customer/{name}"
    assert not any(hit.startswith("Customers") for hit in hits(client, name[:2]))
    assert not any(hit.startswith("Customers") for hit in hits(client, name[1:9]))
    behind_a_proxy = hits(client, name[:8], **{"x-forwarded-for": "203.0.113.5"})
    assert not any(hit.startswith("Customers") for hit in behind_a_proxy)


def test_what_is_searched_is_text(client: TestClient) -> None:
    page = client.get(SEARCH, params={"q": "\"><script>alert(1)</script>' or 1=1"}).text
    assert "Nothing contains" in page
    assert "<script>" not in page


def test_a_table_is_described_by_its_contract(client: TestClient, release: ServedRelease) -> None:
    page = client.get("/olist/tables/rfm_segments").text
    for name in release.site.registry.gold["rfm_segments"].columns:
        assert f"<td>{name}</td>" in page
    missing = client.get("/olist/tables/nothing")
    assert (missing.status_code, "There is no gold table of this name." in missing.text) == (400, True)
