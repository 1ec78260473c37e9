"""Targets and events on the overview, of a shop of canonical files."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.dashboard.app import application
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

ORDERS = "order_id,customer_id,ordered_at\n" + "".join(
    f"{month}{n},c{n},2024-0{month}-{day} 10:00:00\n" for month in (1, 2, 3) for n, day in enumerate(("02", "10", "28"))
)
ITEMS = "order_id,line,product_id,unit_price\n" + "".join(f"{m}{n},1,ball,40.00\n" for m in (1, 2, 3) for n in range(3))
TARGETS = "month,kpi,target\n2024-01,net_sales,100\n2024-02,NET_SALES,150\n2024-02,aov,40\n2024-05,orders,7\n"
EVENTS = "event_date,event,ends_on\n2024-02-10,<b>Sale</b>,2024-02-12\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    shop = CanonicalShop(tmp_path_factory.mktemp("plans"))
    shop.say()
    for name, text in (("orders", ORDERS), ("order_items", ITEMS), ("targets", TARGETS), ("events", EVENTS)):
        shop.land(f"{name}.csv", text)
    shop.build()
    return TestClient(application(shop.settings), base_url="http://localhost")


def test_the_targets_are_listed_and_on_the_trend(client: TestClient) -> None:
    html = client.get("/mine/overview").text
    table = html[html.index("<h2>Targets</h2>") : html.index("<h2>What to do</h2>")]
    rows = [row.replace("</td>", "").split("<td")[1:] for row in table.split("<tr>")[2:]]
    found = [tuple(cell.split(">")[1].split("<")[0].strip() for cell in row) for row in rows]
    assert found == [
        ("Feb 2024", "Average order value", "40.00", "40.00", "40.00", "100.0%", "met"),
        ("Feb 2024", "Net sales", "150", "120", "150", "80.0%", "missed"),
        ("Jan 2024", "Net sales", "100", "120", "100", "120.0%", "met"),
    ]
    assert "<title>Jan 2024: target 100</title>" in html
    assert "<title>10 Feb 2024 to 12 Feb: &lt;b&gt;Sale&lt;/b&gt;</title>" in html


def test_a_target_is_of_the_whole_shop(client: TestClient) -> None:
    html = client.get("/mine/overview?category=unknown").text
    assert "target 100" not in html
    assert "10 Feb 2024 to 12 Feb" in html


def test_the_list_ends_with_the_last_chosen_month(client: TestClient) -> None:
    html = client.get("/mine/overview?from=2024-01&to=2024-01").text
    table = html[html.index("<h2>Targets</h2>") : html.index("<h2>What to do</h2>")]
    assert "Jan 2024" in table and "Feb 2024" not in table


def test_a_shop_without_targets_has_no_list_of_them(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say()
    shop.land("orders.csv", ORDERS)
    shop.land("order_items.csv", ITEMS)
    shop.build()
    html = TestClient(application(shop.settings), base_url="http://localhost").get("/mine/overview").text
    assert "Net sales by month" in html
    assert "<h2>Targets</h2>" not in html
