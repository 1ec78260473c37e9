"""The command `quality`: the quality page of a release. What is on it: `publish/pages/quality.py`."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Options
from ecom_lake.errors import UsageError


def quality(*, out: Path | None = None, as_json: AsJson = False, options: Options) -> int:
    """Show where the quality page is, or write it to a file.

    One HTML file without scripts: ledger, refused rows, rules, anomalies, freshness and reconciliation.

    Parameters
    ----------
    out
        The file to write.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.quality_story import PAGE, render

    site = options.site()
    entry = released(site)
    where = site.lake.store.where(f"{site.shop.name}/{PAGE}")
    if out is not None:
        if not out.absolute().parent.is_dir():
            raise UsageError(f"--out: there is no folder {out.absolute().parent}.")
        out.write_bytes(render(site, entry))
        where = str(out)
    if as_json:
        screen.show_json({"shop": site.shop.name, "release": entry.number, "page": where})
    else:
        screen.show(f"Quality page of shop {site.shop.name}, release {entry.number}: {where}")
    return 0
