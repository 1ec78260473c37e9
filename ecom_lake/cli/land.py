"""The command `land`: copies exported files into a shop's landing zone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.store.landing_zone import Arrival


def land(*paths: Path, options: Options) -> int:
    """Copy files, folders or zips into the landing zone of a shop.

    The files of a folder keep their paths and times. A file with known content is skipped, and no file is ever overwritten.
    Exit code 1 if a file could not be copied; the others are copied.

    Parameters
    ----------
    paths
        Files, folders or zips.
    """
    from ecom_lake.engine.store.landing_zone import land as land_files

    if not paths:
        raise UsageError("Nothing to land: name a file, a folder or a zip, as in ecom-lake land FILE.")
    lake = options.site().lake
    with screen.progress() as bar:
        task = bar.add_task("scanning", total=None)
        arrivals = list(land_files(lake, list(paths), lambda path: bar.update(task, description=path.name)))
    _show_arrivals(arrivals)
    if any(arrival.fate == "landed" for arrival in arrivals):
        screen.show("", f"Next: {options.command('build')}")
    return 1 if any(arrival.fate == "failed" for arrival in arrivals) else 0


def _show_arrivals(arrivals: list[Arrival]) -> None:
    landed = [arrival for arrival in arrivals if arrival.fate == "landed"]
    if landed:
        total = sum(arrival.bytes for arrival in landed)
        screen.show(f"Landed {counted(len(landed), 'file')}, {screen.size(total)}:", "")
        rows = [(screen.printable(arrival.name), screen.size(arrival.bytes), _renamed(arrival)) for arrival in landed]
        screen.show_table(["file", "size", ""], rows[: screen.LISTED], right=["size"], cut=[""])
        screen.show_remaining(len(rows))
    known = [arrival for arrival in arrivals if arrival.fate == "known"]
    if known:
        screen.show(f"Skipped {counted(len(known), 'file')} whose content landed before:")
        screen.show_some(f"{arrival.source}, landed as {arrival.name}" for arrival in known)
    left_out = [arrival for arrival in arrivals if arrival.fate == "left out"]
    screen.show_some(f"Skipped: {arrival.why}" for arrival in left_out)
    screen.show_error(*(arrival.why for arrival in arrivals if arrival.fate == "failed"))


def _renamed(arrival: Arrival) -> str:
    if arrival.source.as_posix().endswith(arrival.name):
        return ""
    return screen.printable(f"renamed: another file is called {arrival.source.name}")
