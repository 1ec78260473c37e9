"""The command `excel`: a release as one Excel workbook. What is in it: `publish/excel/workbook.py`."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError


def excel(file: Path, /, *, as_json: AsJson = False, options: Options) -> int:
    """Write the current release as an Excel workbook.

    Summary with charts, months, segments, categories, products, delivery, forecast, insights, the sales cube for pivot tables,
    definitions and checks: what the shop has of them. No personal columns. The same release gives the same bytes.

    Parameters
    ----------
    file
        The file to write, such as shop.xlsx.
    as_json
        Print the path as JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.excel.workbook import workbook

    site = options.site()
    entry = released(site)
    if file.suffix != ".xlsx":
        raise UsageError(f"{file}: a workbook is a file that ends with .xlsx.")
    with replacing(file) as draft:
        draft.write_bytes(workbook(site, entry))
    site.lake.record_made("Excel workbook", file)
    if as_json:
        screen.show_json({"shop": site.shop.name, "release": entry.number, "workbook": str(file)})
    else:
        screen.show(f"Workbook of shop {site.shop.name}, release {entry.number}: {file}")
    return 0
