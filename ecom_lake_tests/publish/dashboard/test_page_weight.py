"""How heavy a page is, with its styles and scripts: on the small shop, and on lakes of your own.

ECOM_LAKE_PROJECTS names project folders (separated as in PATH), such as the real Olist shop, whose pages are weighed too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from ecom_lake.engine.config import Settings
from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.pages import PAGES
from ecom_lake.settings import load
from ecom_lake_tests.builders.built_lake import BuiltLake

HEAVIEST, HEAVIEST_SENT = 250_000, 60_000
"""Bytes of a page with all that it loads, as the browser reads it and as the server sends it."""
LOADED = re.compile(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"')
LINKED = re.compile(r'href="(/[^"]+/(?:product|customer)/[^"?]+)')


@pytest.fixture(params=["small shop", *filter(None, os.environ.get("ECOM_LAKE_PROJECTS", "").split(os.pathsep))])
def settings(request: pytest.FixtureRequest, grown_lake: BuiltLake) -> Settings:
    is_small = request.param == "small shop"
    return grown_lake.settings if is_small else load(project=request.param)


def addresses(client: TestClient, shop: str) -> Iterator[str]:
    yield from (f"/{shop}/{page.name}" for page in PAGES)
    yield from (f"/{shop}/profile?table={table}" for table in ("orders", "order_items", "customers"))
    yield from (f"/{shop}/ask", f"/{shop}/search?q=a", f"/{shop}/tables/fct_sales", "/shops", f"/{shop}/overview/orders/evidence")
    for page in ("products", "who?id="):
        yield from LINKED.findall(client.get(f"/{shop}/{page}").text)[:1]


def sizes(client: TestClient, address: str) -> tuple[int, int]:
    """Bytes of one answer: read, and sent."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return len(answer.content), answer.num_bytes_downloaded


def test_no_page_is_heavy(settings: Settings) -> None:
    with TestClient(application(settings), base_url="http://localhost") as client:
        found = list(addresses(client, settings.default_shop))
        assert len(found) > len(PAGES) + 5, "the page of a product too"
        for address in found:
            loaded = [address, *sorted(set(LOADED.findall(client.get(address).text)))]
            assert "/dashboard.css" in loaded
            weights = [sizes(client, one) for one in loaded]
            assert sum(read for read, _ in weights) <= HEAVIEST, address
            assert sum(sent for _, sent in weights) <= HEAVIEST_SENT, address
