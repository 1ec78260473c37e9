"""The dashboard in a real browser: filters, months, search, theme, pictures, print, Back, without JavaScript, light and
dark, wide and narrow, nothing foreign, and no finding of axe-core."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
import uvicorn

from ecom_lake.publish.dashboard.app import application
from ecom_lake.publish.dashboard.pages import PAGES
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.stylesheet import stylesheet
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.needs import axe_installed
from ecom_lake_tests.publish.dashboard.test_incomplete import months
from ecom_lake_tests.publish.test_browser import QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HEAVIEST = 250_000
"""Bytes of a page with all that it loads."""
ADDRESSES = (
    *(f"/olist/{page.name}" for page in PAGES),
    *(
        "/olist/ask",
        "/olist/ask/best-month",
        "/olist/ask/sales-by-month",
        "/olist/ask/weekday-and-hour",
        "/olist/search?q=a",
        "/olist/tables/rfm_segments",
        "/shops",
    ),
    *("/olist/overview/orders/evidence?from=2017-01", "/olist/profile?table=orders", "/olist/nothing"),
)
"""Every kind of page."""
CELLS_OUT_OF_LINE = """[...document.querySelectorAll("tr > *")]
    .filter(cell => !["table-cell", "none"].includes(getComputedStyle(cell).display)).map(cell => cell.outerHTML)"""
"""The cells of tables that a style has taken out of their row."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RULES_OF_COLOURS = ("color-contrast", "link-in-text-block")
PAPER = "getComputedStyle(document.body).backgroundColor"
RULES_OF_WIDTHS = ("target-size", "scrollable-region-focusable", "color-contrast", "link-name", "button-name", "select-name")
WIDE, NARROW = 1440, 390
WIDTHS = (WIDE, 820, NARROW)


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


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_page_has_an_accessibility_finding_or_loads_anything_foreign(address: str, browser: Browser, path: str) -> None:
    """In each colour and width; rules that colours or widths can break are asked again in the dark or on a phone."""
    page = browser.new_page(viewport={"width": max(WIDTHS), "height": 900}, color_scheme="light")
    said: list[str] = []
    loaded: list[tuple[str, int]] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.on("response", lambda response: loaded.append((response.url, len(response.body()))))
    page.goto(address + path)
    page.evaluate(axe_installed())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        assert page.evaluate(PAPER) == "rgb(244, 246, 249)"
        assert findings(page, {WIDE: RULES, NARROW: RULES_OF_WIDTHS}.get(width, ())) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CELLS_OUT_OF_LINE) == []
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(PAPER) == "rgb(15, 20, 27)"
        assert findings(page, RULES_OF_COLOURS if width == WIDE else ()) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(url.startswith(address) for url, _ in loaded)
    assert sum(size for _, size in loaded) <= HEAVIEST
    assert [text for text in said if "404" not in text] == [], "no violation of the content security policy, no error"
    page.close()


def findings(page: Page, rules: Sequence[str]) -> list[tuple[str, list[str]]]:
    """What axe-core finds with rules, or tags of rules, and where."""
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)["violations"] if rules else []
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def net_sales(page: Page) -> str:
    return page.locator(".card .value").first.inner_text()


def test_the_bar_of_an_incomplete_month_is_hatched_and_no_other(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(f"<style>{stylesheet()}</style>{months('bars', False)}")
    fill = "bar => getComputedStyle(bar).fill.startsWith('url(')"
    assert page.locator(".plot rect.bar.incomplete").evaluate(fill)
    assert not page.locator(".plot rect.bar:not(.incomplete)").evaluate(fill)
    page.close()


def test_a_click_filters_and_back_returns(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview")
    whole = net_sales(page)
    page.locator("section", has_text="Net sales by category").locator(".bars a").first.click()
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
    page.goto(f"{address}/olist/overview")
    page.locator(".brush a").nth(1).click()
    page.wait_for_url("**?from=2017-02&to=2017-02")
    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox").fill("best-month")
    page.get_by_role("button", name="Search").click()
    page.locator("#found a", has_text="best-month").click()
    page.wait_for_url("**/olist/ask/best-month")
    context.close()


def test_a_drag_over_the_months_chooses_them_and_back_returns(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview?category=toys")
    box = page.locator(".brush svg").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20, steps=3)
    page.mouse.up()
    page.wait_for_url("**?category=toys&from=2017-02&to=2017-03")
    assert page.locator(".brush a[aria-current]").count() == 2
    page.go_back()
    page.wait_for_url("**/overview?category=toys")
    page.close()


def test_the_months_are_chosen_by_keyboard(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview?from=2017-04&to=2017-04")
    assert page.locator(".brush a[tabindex='0']").count() == 1, "Tab stops once at the months"
    page.locator(".brush a[tabindex='0']").focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**?from=2017-01&to=2017-03")
    page.locator(".brush a[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**?from=2017-02&to=2017-02")
    page.close()


def test_ctrl_k_finds_and_opens_by_keyboard_in_the_same_release(address: str, browser: Browser, release: ServedRelease) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview?release={release.previous}")
    page.keyboard.press("Control+k")
    page.keyboard.type("best-month")
    page.locator("dialog .hits a", has_text="best-month").wait_for()
    page.locator("dialog .hits a", has_text="Trust").wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/olist/ask/best-month?release={release.previous}")
    page.close()


def test_the_theme_is_kept(address: str, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{address}/olist/overview")
    button = page.get_by_role("button", name="Theme")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert (button.get_attribute("title"), page.evaluate(paper)) == ("Theme: auto", "rgb(244, 246, 249)")
    button.click()
    button.click()
    assert (button.get_attribute("title"), page.evaluate(paper)) == ("Theme: dark", "rgb(15, 20, 27)")
    page.goto(f"{address}/olist/trust")
    assert page.evaluate(paper) == "rgb(15, 20, 27)"
    context.close()


def test_a_chart_is_saved_as_a_picture(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/olist/overview")
    chart = page.locator("section", has=page.get_by_role("heading", name="Net sales by category"))
    box = chart.bounding_box()
    with page.expect_download() as download:
        chart.get_by_role("button", name="PNG").click()
    assert box is not None
    assert download.value.suggested_filename.startswith("olist-overview-categories-release-")
    content = download.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (int(2 * box["width"]), int(2 * (box["height"] + 8)))
    blue = page.evaluate(COUNT_BLUE, f"data:image/png;base64,{base64.b64encode(content).decode()}")
    assert blue > 1000, "its bars are drawn"
    page.close()


COUNT_BLUE = """async address => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) count += data[at] === 37 && data[at + 1] === 99 && data[at + 2] === 168;
    return count;
}"""
"""The number of pixels in the colour of bars, rgb(37, 99, 168)."""


def test_what_changed_is_shown_without_leaving_the_page(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/olist/overview?from=2017-01&to=2017-04")
    page.locator("#orders .why").click()
    evidence = page.locator(".evidence:popover-open")
    evidence.get_by_role("link", name="What changed").click()
    evidence.get_by_role("cell", name="+1").first.wait_for()
    assert page.url.endswith("/olist/overview?from=2017-01&to=2017-04")
    page.close()


def test_a_link_to_a_chart_is_copied(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/olist/overview?from=2017-02")
    page.locator("#states .link").click()
    page.locator("#states .link", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}/olist/overview?from=2017-02#states"
    context.close()


def test_a_printed_page_has_numbers_and_no_controls(address: str, browser: Browser) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}/olist/overview")
    page.emulate_media(media="print", color_scheme="dark")
    for control in ("nav.pages", "a.search", "button.theme", ".filters", ".brush", ".tools >> nth=0"):
        assert not page.locator(control).first.is_visible(), control
    assert page.locator(".card .value").first.is_visible()
    page.goto(f"{address}/olist/trust")
    ink, link = (page.evaluate(f"getComputedStyle(document.querySelector('{one}')).color") for one in ("body", ".releases a"))
    assert (ink, link) == ("rgb(24, 32, 46)", "rgb(24, 32, 46)"), "dark on white paper, and links are not blue"
    page.close()
