"""The managers' report of a release, as a page or as a PDF. What stands on it is in `publish/pages/report.py`."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.pages.report import TABLES, Report, page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE_SECONDS = 120
_QUIETLY = (
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
        for file in entry.parts(f"gold/{table}").values():
            if why := site.lake.damage_read(file):
                raise UserError(f"{site.lake.where(file)} {why}. `ecom-lake repair` makes it again and builds.")
    gold = {table: gold_rows(site, entry, table) for table in TABLES}
    absent = {table: why for table, why in left_out(site).items() if not entry.parts(f"gold/{table}")}
    return page(Report(site.shop.name, entry.number, gold, absent, site.shop.numbers.currency))


def report_pdf(html: bytes) -> bytes:
    """The page as a browser without a window prints it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UserError("A PDF is printed by Chromium, which is not on this machine: install it, or take the page without --pdf.")
    with tempfile.TemporaryDirectory(prefix="ecom-lake-report-") as folder:
        given, made = Path(folder, "report.html"), Path(folder, "report.pdf")
        given.write_bytes(html)
        command = [browser, *_QUIETLY, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", given.as_uri()]
        try:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_PATIENCE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise UserError(
                f"{browser} did not print the report within {_PATIENCE_SECONDS} seconds; take the page without --pdf."
            ) from None
        if not made.exists():
            raise UserError(f"{browser} printed nothing; take the page without --pdf, and print it from a browser.")
        return made.read_bytes()
