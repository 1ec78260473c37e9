"""The command `quality`: the quality page of a release, and columns that repeat another.

Not here: what is on the page (publish/pages/quality.py), and which columns repeat another (engine/serve/repeated_columns.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site


def quality(*, out: Path | None = None, columns: Flag = False, as_json: AsJson = False, options: Options) -> int:
    """Show where the quality page is, or write it to a file.

    One HTML file without scripts: ledger, refused rows, rules, anomalies, freshness and reconciliation.

    Parameters
    ----------
    out
        The file to write.
    columns
        Instead of the page, list the delivered columns that repeat another, with the rows that are exceptions.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.quality_story import PAGE, render

    site = options.site()
    if columns:
        if out is not None:
            raise UsageError("--out is the file of the page; --columns lists columns and writes no file. Leave one of them out.")
        return _list_repeated_columns(site, as_json)
    entry = released(site)
    where = site.lake.store.where(f"{site.shop.name}/{PAGE}")
    if out is not None:
        with replacing(out) as draft:
            draft.write_bytes(render(site, entry))
        where = str(out)
    if as_json:
        screen.show_json({"shop": site.shop.name, "release": entry.number, "page": where})
    else:
        screen.show(f"Quality page of shop {site.shop.name}, release {entry.number}: {where}")
    return 0


def _list_repeated_columns(site: Site, as_json: bool) -> int:
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.repeated_columns import MOST_ROWS, repeated_columns

    entry = released(site)
    found = repeated_columns(site, entry)
    if as_json:
        rows = [{"table": table, **vars(one)} for table, columns in found.items() for one in columns]
        screen.show_json({"shop": site.shop.name, "release": entry.number, "most_rows": MOST_ROWS, "columns": rows})
        return 0
    compared = f"the latest {MOST_ROWS:,} delivered rows of each table, as text"
    if not found:
        screen.show(f"No delivered column repeats another. Compared: {compared}.")
        return 0
    screen.show(f"Delivered columns that repeat another. Compared: {compared}.")
    for table, columns in found.items():
        screen.show("", f"{table}:")
        screen.show_some([one.sentence for one in columns])
    screen.show("", "Before a column is left out of the export, check that the connector or the map does not read it.")
    return 0
