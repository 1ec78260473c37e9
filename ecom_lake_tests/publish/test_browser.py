"""The quality page in a real browser: by day and by night, wide and narrow, with a value in it that would like to run."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.publish.quality_story import PAGE
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
def spoilt_page(fresh_lake: BuiltLake) -> Path:
    """Of a shop to which a line came whose number is a script, in a file whose name is one."""
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
def test_it_opens_by_itself_and_fits(built_lake: BuiltLake, browser: Browser, scheme: str, width: int) -> None:
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
    assert paper == ("rgb(18, 22, 29)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (said, asked) == ([], [file.as_uri()])
    page.close()


def test_its_sums_are_those_of_gold(built_lake: BuiltLake, browser: Browser) -> None:
    gold = built_lake.root / "olist" / "gold"
    page = browser.new_page()
    page.goto((gold.parent / PAGE).as_uri())
    ledger = pl.read_parquet(gold / "ledger.parquet")
    assert page.inner_text("#rows_delivered") == f"{ledger['rows_delivered'].sum():,}"
    assert page.inner_text("#kept_out") == f"{sum(ledger['quarantined']) + sum(ledger['rejected']):,}"
    assert page.inner_text("#warnings") == str(pl.read_parquet(gold / "anomalies.parquet")["is_anomaly"].sum())
    steps = pl.read_parquet(gold / "revenue_waterfall.parquet").group_by("step").agg(pl.col("amount").sum())
    shown = page.locator("#waterfall_steps .step").all_inner_texts()
    sums = {words[0].replace(" ", "_"): words[-1] for text in shown if (words := text.strip().split("\n"))}
    assert {"gross_sales", "net_sales", "gmv", "payments"} <= set(sums)
    assert sums == {step: f"{amount:,.2f}" for step, amount in steps.iter_rows() if step in sums}
    page.close()


def test_a_script_in_a_files_name_is_text_and_a_refused_value_is_not_shown(spoilt_page: Path, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(spoilt_page.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.inner_text("main").count(f"evil.zip/{EVIL}, record 1: ") == 1
    assert page.inner_text("main").count(EVIL) == 1
    assert page.evaluate("[document.scripts.length, document.images.length]") == [0, 0]
    assert (page.title(), asked) == ("Quality of olist", [spoilt_page.as_uri()])
    page.close()
