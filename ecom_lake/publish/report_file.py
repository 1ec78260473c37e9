"""The monthly report of a release, as a page or a PDF. What is on it: `publish/pages/report.py`."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.pages.report import TABLES, Report, page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_TIMEOUT_SECONDS = 120
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def report_page(site: Site, entry: Entry) -> bytes:
    """The same release gives the same bytes."""
    for table in TABLES:
        for file in entry.parts(TableId("gold", table)).values():
            if why := site.lake.damage_read(file):
                raise UserError(f"{site.lake.where(file)} {why}. Run `ecom-lake repair` to rebuild it.")
    gold = {table: gold_rows(site, entry, table) for table in TABLES}
    absent = {table: why for table, why in left_out(site).items() if not entry.parts(TableId("gold", table))}
    return page(Report(site.shop.name, entry.number, gold, absent, site.shop.numbers.currency))


def report_pdf(html: bytes) -> bytes:
    """The page, printed by Chromium in headless mode."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UserError("A PDF needs Chromium, which is not installed: install it, or write the page without --pdf.")
    with tempfile.TemporaryDirectory(prefix="ecom-lake-report-") as folder:
        page_file, pdf_file = Path(folder, "report.html"), Path(folder, "report.pdf")
        page_file.write_bytes(html)
        command = [browser, *_FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf_file}", page_file.as_uri()]
        try:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_TIMEOUT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise UserError(
                f"{browser} did not print the report within {_TIMEOUT_SECONDS} seconds; write the page without --pdf."
            ) from None
        if not pdf_file.exists():
            raise UserError(f"{browser} did not create a PDF; write the page without --pdf, and print it from a browser.")
        return pdf_file.read_bytes()
