"""The Dagster UI in a real browser: it starts from the project's files and shows assets, checks and runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecom_lake.engine.dagster.run import run_job
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.project import PROJECT

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
TIMEOUT_MS = 120_000
HOSTILE = "![x](http://127.0.0.1:9/{}.png) <img src=http://127.0.0.1:9/{}.jpg>"
"""Rendered as Markdown, this text makes the browser request two pictures from another server."""


@pytest.fixture
def ui(fresh_lake: BuiltLake) -> Iterator[str]:
    """The web server of a lake that was built from hostile files; the build is in its run history."""
    _land_hostile_files(fresh_lake.landing)
    shutil.copy(PROJECT / "dagster.yaml", fresh_lake.folder)
    port = _free_port()
    environment = os.environ | {
        "DAGSTER_HOME": str(fresh_lake.folder),
        "ECOM_LAKE_ROOT": str(fresh_lake.root),
        "ECOM_LAKE_CONFIG": str(fresh_lake.config),
        "PYTHONPATH": str(PROJECT),
    }
    here = Path.cwd()
    os.chdir(fresh_lake.folder)  # dagster.yaml stores the server's history in the working folder
    try:
        assert run_job(fresh_lake.settings, "olist").succeeded
        with fresh_lake.config.open("a", encoding="utf-8") as config:
            config.write('\n[shops.bad]\nnightly = "every night"\n')
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dagster_webserver",
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-w",
                str(PROJECT / "workspace.yaml"),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        os.chdir(here)
    try:
        _wait_for(server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate()


def test_the_ui_shows_assets_checks_and_runs_and_requests_nothing_else(ui: str, chromium: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(tmp_path, executable_path=chromium, args=list(QUIET))
        browser.set_default_timeout(TIMEOUT_MS)
        page = browser.new_page()
        page.set_viewport_size({"width": 1280, "height": 3000})  # the list of groups renders the visible ones only
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))

        page.goto(f"{ui}/asset-groups")
        for group in ("olist_bronze", "olist_silver", "olist_sales", "olist_kpis", "olist_release"):
            page.get_by_text(group).first.wait_for()

        page.goto(f"{ui}/assets/olist/gold/kpi_monthly")
        page.get_by_text("One row per month, from the first order's").first.wait_for()
        page.get_by_text("Orders placed that were canceled or are unavailable; NULL").first.wait_for()
        page.get_by_text("Row count").first.wait_for()

        page.goto(f"{ui}/assets/olist/silver/order_items?view=checks")
        page.get_by_text("every_row_accounted").first.wait_for()
        page.get_by_text("nothing_quarantined").first.wait_for()

        page.goto(f"{ui}/assets/olist/silver/order_items?view=partitions")
        page.get_by_text("Materialized (4)").first.wait_for()

        page.goto(f"{ui}/assets/olist/silver/products")
        page.get_by_text(HOSTILE.format("category", "category")).first.wait_for()

        page.goto(f"{ui}/assets/olist/bronze/orders?view=checks&checkDetail=landing_accepted")
        page.get_by_text("is none of the known tables").first.wait_for()
        page.get_by_text("[Show Markdown]").first.click()
        page.get_by_role("cell", name=HOSTILE.format("file", "file")).first.wait_for()

        page.goto(f"{ui}/assets/bad/settings")
        page.get_by_text("nightly must be a cron expression of five fields").first.wait_for()

        page.goto(f"{ui}/runs")
        page.get_by_text("olist_all").first.wait_for()
        page.get_by_text("Success").first.wait_for()
        browser.close()
    assert errors == []
    assert [url for url in requested if not url.startswith((ui, "data:", "blob:"))] == []


def _land_hostile_files(landing: Path) -> None:
    category = HOSTILE.format("category", "category")
    products = f"product_id,product_category_name\n0000,{category}\n"
    (landing / "products_9.csv").write_text(products, encoding="utf-8")
    with zipfile.ZipFile(landing / "dump.zip", "w") as archive:
        archive.writestr(HOSTILE.format("file", "file"), "a,b\n1,2\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        if "Serving dagster-webserver" in line:
            return
        lines.append(line)
    raise RuntimeError(f"The web server ended before it answered: {''.join(lines)}")
