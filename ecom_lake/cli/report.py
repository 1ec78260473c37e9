"""The command `report`: the managers' page, or its PDF. What stands on it is in `publish/pages/report.py`."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Flag, Here
from ecom_lake.errors import UsageError


def report(*, out: Path | None = None, pdf: Flag = False, as_json: AsJson = False, place: Here) -> int:
    """Write the report for the shop's managers.

    How it went and why, who buys, what to expect, what to do: one HTML file that needs nothing else and runs no script. Every
    number on it stands in a gold table.

    Parameters
    ----------
    out
        The file to write; else report.html, or report.pdf, where you are.
    pdf
        As PDF, printed by Chromium where there is one.
    as_json
        Say as JSON where it is.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.report_file import report_page, report_pdf

    site = place.site()
    entry = released(site)
    target = out or Path("report.pdf" if pdf else "report.html")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"--out: there is no folder {target.absolute().parent}.")
    if target.is_dir():
        raise UsageError(f"--out: {target} is a folder; name a file in it.")
    html = report_page(site, entry)
    target.write_bytes(report_pdf(html) if pdf else html)
    if as_json:
        screen.emit_json({"shop": site.shop.name, "release": entry.number, "report": str(target)})
    else:
        screen.say(f"The report of shop {site.shop.name}, release {entry.number}: {target}")
    return 0
