"""The quality page and the report in a real browser: light and dark, wide and narrow, with a script in the data."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.pages import report
from ecom_lake.publish.pages.rendering import amount
from ecom_lake.publish.pages.report import TABLES
from ecom_lake.publish.quality_story import PAGE
from ecom_lake.publish.report_file import report_page
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
EVIL = "<script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page_with_scripts(fresh_lake: BuiltLake) -> Path:
    """The page of a shop with a refused row that has a script as its number, in a file that has a script as its name."""
    header = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
    quoted = EVIL.replace('"', '""')
    order = pl.read_parquet(fresh_lake.root / "olist" / "silver" / "orders" / "month=2017-02.parquet")["order_id"][0]
    evil = f'{order},"{quoted}",p,s,2017-02-01 10:00:00,9.90,1.00\n'
    with zipfile.ZipFile(fresh_lake.landing / "evil.zip", "w") as archive:
        archive.writestr(EVIL, header + evil)
    fresh_lake.allow_failed_rows()
    build(fresh_lake.site())
    return fresh_lake.root / "olist" / PAGE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_the_quality_page_loads_nothing_and_fits(built_lake: BuiltLake, browser: Browser, scheme: str, width: int) -> None:
    file = built_lake.root / "olist" / PAGE
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light")
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(16, 20, 27)" if scheme == "dark" else "rgb(246, 247, 249)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (said, asked) == ([], [file.as_uri()])
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 820, 390])
def test_the_report_loads_nothing_and_fits(
    built_lake: BuiltLake, browser: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(report_page(built_lake.site(), released(built_lake.site())))
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light")
    errors: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (errors, requests) == ([], [file.as_uri()])
    plot = page.locator("#sales_chart .plot").bounding_box()
    section = page.locator("#sales").bounding_box()
    assert plot and section and plot["width"] > 0.85 * section["width"], "the chart uses the width of its section"
    shown = page.locator("#sales_chart .months span:visible").all_inner_texts()
    boxes = [box for span in page.locator("#sales_chart .months span:visible").all() if (box := span.bounding_box())]
    assert len(shown) >= 2
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes)), "month labels do not overlap"
    page.close()


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_a_large_amount_stays_on_one_line_of_its_card(browser: Browser, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    gold = {table: pl.DataFrame(schema=catalog.gold()[table].schema) for table in TABLES}
    month = {"month": date(2018, 8, 1), "is_complete": True, "net_sales": 113_494_400, "orders": 1, "customers": 1}
    gold["kpi_monthly"] = pl.DataFrame([month], schema=catalog.gold()["kpi_monthly"].schema)
    file.write_bytes(report.page(report.Report("large", 1, gold, currency="R$")))
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(file.as_uri())
    assert page.inner_text("#net_sales") == "R$\N{NO-BREAK SPACE}113,494,400"
    lines = page.evaluate("""() => {
        const text = document.createRange()
        text.selectNodeContents(document.querySelector('#net_sales'))
        return new Set([...text.getClientRects()].map(box => box.top)).size
    }""")
    assert lines == 1
    page.close()


def test_its_sums_equal_those_of_gold(built_lake: BuiltLake, browser: Browser) -> None:
    gold = built_lake.root / "olist" / "gold"
    page = browser.new_page()
    page.goto((gold.parent / PAGE).as_uri())
    ledger = pl.read_parquet(gold / "ledger.parquet")
    assert page.inner_text("#rows_delivered") == f"{ledger['rows_delivered'].sum():,}"
    assert page.inner_text("#kept_out") == f"{sum(ledger['quarantined']) + sum(ledger['rejected']):,}"
    assert page.inner_text("#warnings") == str(pl.read_parquet(gold / "anomalies.parquet")["is_anomaly"].sum())
    steps = pl.read_parquet(gold / "revenue_waterfall.parquet").group_by("step").agg(pl.col("amount").sum())
    shown = page.locator("#waterfall_steps .step").all_inner_texts()
    currency = built_lake.site().shop.numbers.currency
    sums = {words[0].replace(" ", "_"): words[-1] for text in shown if (words := text.strip().split("\n"))}
    assert {"gross_sales", "net_sales", "gmv", "payments"} <= set(sums)
    assert sums == {step: amount(money, 2, currency=currency) for step, money in steps.iter_rows() if step in sums}
    page.close()


def test_a_script_in_a_files_name_is_text_and_a_refused_value_is_not_shown(page_with_scripts: Path, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_with_scripts.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.inner_text("main").count(f"evil.zip/{EVIL}, record 1: ") == 1
    assert page.inner_text("main").count(EVIL) == 1
    assert page.evaluate("[document.scripts.length, document.images.length]") == [0, 0]
    assert (page.title(), asked) == ("olist: data quality", [page_with_scripts.as_uri()])
    page.close()
