"""The Dagster UI in a real browser: it starts from the project's own files, and shows what a data engineer looks for."""

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
PATIENCE = 120_000
EVIL = "![x](http://127.0.0.1:9/{}.png) <img src=http://127.0.0.1:9/{}.jpg>"
"""Shown as Markdown, it makes the browser ask another server for two pictures."""


@pytest.fixture
def ui(fresh_lake: BuiltLake) -> Iterator[str]:
    """The web server over a lake whose shop was built with what is hostile to its reader, and that run in its history."""
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
    os.chdir(fresh_lake.folder)  # dagster.yaml keeps the server's history in the working folder
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


def test_what_a_data_engineer_sees(ui: str, chromium: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(tmp_path, executable_path=chromium, args=list(QUIET))
        browser.set_default_timeout(PATIENCE)
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))

        page.goto(f"{ui}/asset-groups")
        for group in ("olist_bronze", "olist_silver", "olist_star", "olist_kpis", "olist_release"):
            page.get_by_text(group).first.wait_for()

        page.goto(f"{ui}/assets/olist/gold/kpi_monthly")
        page.get_by_text("One row per month, from the first order's").first.wait_for()
        page.get_by_text("Orders placed that were canceled or are unavailable.").first.wait_for()
        page.get_by_text("Row count").first.wait_for()

        page.goto(f"{ui}/assets/olist/silver/order_items?view=checks")
        page.get_by_text("every_row_accounted").first.wait_for()
        page.get_by_text("nothing_quarantined").first.wait_for()

        page.goto(f"{ui}/assets/olist/silver/products")
        page.get_by_text(EVIL.format("category", "category")).first.wait_for()

        page.goto(f"{ui}/assets/olist/bronze/orders?view=checks&checkDetail=landing_accepted")
        page.get_by_text("is none of the known tables").first.wait_for()
        page.get_by_text("[Show Markdown]").first.click()
        page.get_by_role("cell", name=EVIL.format("file", "file")).first.wait_for()

        page.goto(f"{ui}/assets/bad/settings")
        page.get_by_text("nightly must be a cron expression of five fields").first.wait_for()

        page.goto(f"{ui}/runs")
        page.get_by_text("olist_all").first.wait_for()
        page.get_by_text("Success").first.wait_for()
        browser.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((ui, "data:", "blob:"))] == []


def _land_hostile_files(landing: Path) -> None:
    category = EVIL.format("category", "category")
    products = f"product_id,product_category_name\n0000,{category}\n"
    (landing / "products_9.csv").write_text(products, encoding="utf-8")
    with zipfile.ZipFile(landing / "dump.zip", "w") as archive:
        archive.writestr(EVIL.format("file", "file"), "a,b\n1,2\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None
    said = []
    for line in server.stdout:
        if "Serving dagster-webserver" in line:
            return
        said.append(line)
    raise RuntimeError(f"the web server ended before it answered: {''.join(said)}")
