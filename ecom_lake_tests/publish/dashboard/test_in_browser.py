"""The dashboard in a real browser: filters, Back, without JavaScript, light and dark, wide and narrow, and nothing foreign."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from ecom_lake.publish.dashboard.app import application
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.test_browser import QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HEAVIEST = 250_000
"""Bytes of a page with all that it loads."""


@pytest.fixture(scope="module")
def address(grown_lake: BuiltLake) -> Iterator[str]:
    """A real server on a free port of the loopback address."""
    server = uvicorn.Server(uvicorn.Config(application(grown_lake.settings), port=0, log_level="error"))
    sockets = [server.config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("shown", ["overview", "sales", "products"])
def test_a_page_fits_and_loads_nothing_foreign(address: str, browser: Browser, scheme: str, width: int, shown: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light")
    said: list[str] = []
    loaded: list[tuple[str, int]] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda response: loaded.append((response.url, len(response.body()))))
    page.goto(f"{address}/olist/{shown}", wait_until="networkidle")
    assert said == [], "no violation of the content security policy, no error"
    assert all(url.startswith(address) for url, _ in loaded)
    assert sum(size for _, size in loaded) <= HEAVIEST
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(15, 20, 27)" if scheme == "dark" else "rgb(244, 246, 249)")
    page.close()


@pytest.mark.parametrize("name", ["delivery", "outlook"])
def test_a_page_fits_a_phone_and_breaks_no_policy(address: str, browser: Browser, name: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/olist/{name}", wait_until="networkidle")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def net_sales(page: Page) -> str:
    return page.locator(".card .value").first.inner_text()


def test_a_click_filters_and_back_returns(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview")
    whole = net_sales(page)
    page.locator("section", has_text="Categories").locator(".bars a").first.click()
    page.wait_for_url("**?category=*")
    filtered = net_sales(page)
    assert filtered != whole
    assert page.locator(".bars .chosen").count() == 1
    page.go_back()
    assert net_sales(page) == whole
    page.locator("select[name=state]").select_option(index=1)
    page.wait_for_url("**?**state=*")
    assert net_sales(page) != whole
    page.close()


def test_why_this_number_opens_by_keyboard_and_shows_the_sql(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview")
    page.locator("button.why").first.focus()
    page.keyboard.press("Enter")
    evidence = page.locator(".evidence:popover-open")
    assert "Revenue" in evidence.inner_text()
    assert "from fct_orders" in evidence.inner_text()
    page.keyboard.press("Escape")
    assert evidence.count() == 0
    page.close()


def test_it_works_without_javascript(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/olist/overview")
    whole = net_sales(page)
    page.locator("select[name=state]").select_option(index=1)
    page.get_by_role("button", name="Apply").click()
    assert net_sales(page) != whole
    context.close()
