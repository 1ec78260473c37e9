"""The command `land`: copies exported files into a shop's landing zone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import Flag, LakeOptions, Options
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.landing_site import LandingSite
    from ecom_lake.engine.contracts.delivered import Delivered
    from ecom_lake.engine.store.landing_zone import Arrival

UNKNOWN, REFUSED = "unknown", "refused"


def land(*paths: Path, again: Flag = False, options: Options) -> int:
    """Copy files, folders or zips into the landing zone of a shop.

    The files of a folder keep their paths and times. A file with known content is skipped, and no file is ever overwritten.
    Files are copied whatever the state of the shop's map. Exit code 1 if a file could not be copied; the others are copied.

    Parameters
    ----------
    paths
        Files, folders or zips.
    again
        Land text files once more whose content was delivered before, so that they count as the newest. They get an empty line.
    """
    from ecom_lake.engine.build.erasure.former_contents import delivered_before, rewritten_delivery
    from ecom_lake.engine.config import defaults_in_force
    from ecom_lake.engine.landing.encodings import empty_line
    from ecom_lake.engine.store.landing_zone import Again
    from ecom_lake.engine.store.landing_zone import land as land_files

    if not paths:
        raise UsageError("Nothing to land: name a file, a folder or a zip, as in ecom-lake land FILE.")
    site = options.landing_site()
    with screen.progress() as bar:
        task = bar.add_task("scanning", total=None)
        known = Again(delivered_before(site), empty_line) if again else None
        arrivals = list(
            land_files(
                site.lake,
                list(paths),
                lambda path: bar.update(task, description=path.name),
                known,
                rewritten_delivery(site),
            )
        )
    delivered, why = _delivered(site)
    unknown = _show_arrivals(site, arrivals, delivered)
    if any(arrival.fate == "landed" for arrival in arrivals):
        if defaults := defaults_in_force(site.shop.written.looked_for):
            screen.show("", f"The files are in {site.lake.landing.url}. {defaults}")
        if why:
            screen.show("", f"The files are in landing, and cannot be built yet. {why}")
        else:
            screen.show("", *_next_step(site, unknown, delivered, options))
    return 1 if any(arrival.fate == "failed" for arrival in arrivals) else 0


def _delivered(site: LandingSite) -> tuple[tuple[Delivered, ...], str]:
    """The kinds of files that the shop exports, none if its connector or map has an error; and why it is not built yet."""
    from ecom_lake.engine.build.landing_site import delivered_files, why_draft

    try:
        return delivered_files(site.registry, site.shop), why_draft(site.registry, site.shop)
    except UserError as error:
        return (), str(error)


def _show_arrivals(site: LandingSite, arrivals: list[Arrival], delivered: Sequence[Delivered]) -> list[Arrival]:
    """Returns the landed files that belong to none of the delivered tables."""
    landed = [arrival for arrival in arrivals if arrival.fate == "landed"]
    tables = [_table_of(site, arrival, delivered) for arrival in landed]
    if landed:
        total = sum(arrival.bytes for arrival in landed)
        screen.show(f"Landed {counted(len(landed), 'file')}, {screen.size(total)}:", "")
        rows = [
            (screen.printable(arrival.name), screen.size(arrival.bytes), table, _renamed(arrival))
            for arrival, (table, _) in list(zip(landed, tables, strict=True))[: screen.LISTED]
        ]
        screen.show_table(["file", "size", "table", ""], rows, right=["size"], cut=[""])
        screen.show_remaining(len(landed))
        refusals = [why for _, why in tables if why]
        if refusals:
            screen.show("", f"A build will refuse {counted(len(refusals), 'file')}:")
            screen.show_some(refusals)
    known = [arrival for arrival in arrivals if arrival.fate == "known"]
    if known:
        screen.show(f"Skipped {counted(len(known), 'file')} whose content landed before:")
        screen.show_some(f"{arrival.source}, landed as {arrival.name}" for arrival in known)
        _show_superseded(site, known)
    left_out = [arrival for arrival in arrivals if arrival.fate == "left out"]
    screen.show_some(f"Skipped: {arrival.why}" for arrival in left_out)
    screen.show_error(*(arrival.why for arrival in arrivals if arrival.fate == "failed"))
    return [arrival for arrival, (table, _) in zip(landed, tables, strict=True) if table == UNKNOWN]


def _show_superseded(site: LandingSite, known: list[Arrival]) -> None:
    """Name the skipped files after which other content of the same table was delivered: their rows do not become the newest."""
    from ecom_lake.engine.build.bronze.deliveries import contents, newest_contents
    from ecom_lake.engine.build.erasure.former_contents import FormerContents
    from ecom_lake.engine.store.integrity import hash_file

    head = site.lake.log.head()
    older, former = contents(head) - newest_contents(head), FormerContents(site, head)
    files = [arrival.source for arrival in known if arrival.source.is_file()]
    superseded = [source for source in files if former.present(hash_file(source)) in older]
    if superseded:
        screen.show("Newer files of the same tables were delivered since. To deliver these again, add --again:")
        screen.show_some(str(source) for source in superseded)


def _table_of(site: LandingSite, arrival: Arrival, delivered: Sequence[Delivered]) -> tuple[str, str]:
    """The tables that a landed file belongs to, or `unknown` or `refused`; and why a build will refuse it."""
    from ecom_lake.engine.landing.archives import unpack
    from ecom_lake.engine.landing.file_beginning import table_of
    from ecom_lake.engine.landing.refused import Refused, Unrecognized

    try:
        with site.lake.scratch() as scratch:
            found = [table_of(member, delivered) for member in unpack(arrival.source, scratch)]
    except (Unrecognized, OSError):
        return UNKNOWN, ""
    except Refused as refused:
        return REFUSED, str(refused)
    return ", ".join(dict.fromkeys(found)), ""


def _next_step(site: LandingSite, unknown: list[Arrival], delivered: Sequence[Delivered], options: LakeOptions) -> list[str]:
    """A build, or a map for files that belong to none of the delivered tables."""
    build = f"Next: {options.command('build')}"
    if not unknown:
        return [build]
    files = " ".join(quote(str(arrival.source)) for arrival in unknown)
    known = ", ".join(table.name for table in delivered)
    if site.shop.map:  # a map that exists is not drafted again
        return [
            f"{counted(len(unknown), 'file', 'is/are')} none of those that the map '{site.shop.map}' reads: {known}.",
            "If the shop needs them, add a section [files.NAME] for each to the map, and [TABLE] with its cells; "
            f"{options.command('new map EXAMPLE')} writes a map with an example of both (docs/how-to-write-a-map.md in the "
            "repository). A build leaves other files unread.",
            build,
        ]
    return [
        f"{counted(len(unknown), 'file', 'is/are')} none of the tables that the connector '{site.shop.connector}' reads: "
        f"{known}.",
        "If they are exports of a shop, let a map be drafted that turns them into tables:",
        f"  {options.command(f'map {files}')}{'' if options.shop else ' --shop NAME'}",
        f"If they belong to these tables, rename them after their table. {build}",
    ]


def _renamed(arrival: Arrival) -> str:
    if arrival.source.as_posix().endswith(arrival.name):
        return ""
    return screen.printable(f"renamed: another file is called {arrival.source.name}")
