"""The command `report`: the monthly report for managers, as a page or a PDF. What is on it: `publish/pages/report.py`."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.cli.output_file import replacing


def report(*, out: Path | None = None, pdf: Flag = False, as_json: AsJson = False, options: Options) -> int:
    """Write the monthly report for the shop's managers.

    KPIs, actions, sales and forecast, customer segments, delivery and models: one HTML file without scripts. Every number
    comes from a gold table.

    Parameters
    ----------
    out
        The file to write. Default: report.html, or report.pdf, in the working folder.
    pdf
        Write a PDF, printed by Chromium.
    as_json
        Print the path as JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.report_file import report_page, report_pdf

    site = options.site()
    entry = released(site)
    target = out or Path("report.pdf" if pdf else "report.html")
    with replacing(target) as draft:
        html = report_page(site, entry)
        draft.write_bytes(report_pdf(html) if pdf else html)
    if as_json:
        screen.show_json({"shop": site.shop.name, "release": entry.number, "report": str(target)})
    else:
        screen.show(f"Report of shop {site.shop.name}, release {entry.number}: {target}")
    return 0
