"""The command `powerbi`: a Power BI project of a release. What is in it: `publish/powerbi/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.errors import UsageError


def powerbi(
    folder: Path,
    /,
    *,
    source: Literal["local", "adls", "blob", "api"] = "local",
    location: str | None = None,
    personal: Flag = False,
    overwrite: Annotated[list[Literal["model", "report"]] | None, Parameter(negative="")] = None,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Write a Power BI project: a semantic model and a report of six pages.

    Open FOLDER/EcomLake.pbip in Power BI Desktop, set the parameters, and refresh. What the shop does not know is left out. The
    same release and options give the same files. Run it again after a release that has new tables or columns; new rows need a
    refresh only.

    Parameters
    ----------
    folder
        A new folder, or one that this command wrote. A report that you changed is kept, and a model that you changed is an error.
    source
        Where Power BI reads the shop: a folder, Azure Data Lake Storage, Azure Blob Storage, or the API of `ecom-lake serve`.
    location
        The shop's folder or URL, as Power BI reaches it. Default: a value that you replace in Power BI.
    personal
        Show personal columns too, such as cities and ages of customers.
    overwrite
        Replace the model or the report although you changed it.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.powerbi.folder import write_project
    from ecom_lake.publish.powerbi.project import NAME, project
    from ecom_lake.publish.powerbi.project import Options as ProjectOptions

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a new folder, or an empty one.")
    site = options.site()
    entry = released(site)
    files = project(site, entry, ProjectOptions(source, location, personal))
    written = write_project(folder, files, overwrite or ())
    shortcut = folder / f"{NAME}.pbip"
    if as_json:
        found = {"shop": site.shop.name, "release": entry.number, "project": str(shortcut), "files": written.files}
        screen.show_json({**found, "kept": list(written.kept)})
        return 0
    screen.show(f"Power BI project of shop {site.shop.name}, release {entry.number}: {shortcut}")
    if written.kept:
        screen.show(
            f"The report was changed since it was written ({written.kept[0]}), and was kept. --overwrite report replaces it."
        )
    return 0
