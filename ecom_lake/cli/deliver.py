"""Bringing exports to a lake: made-up ones (synth) and real ones (land)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.place import Flag, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.store.landing_zone import Arrival
    from ecom_lake.synth.truths import Truths


def synth(
    folder: Path,
    /,
    *,
    orders: int = 20_000,
    seed: int = 1,
    by_month: Flag = False,
    first_month: str = "2016-09",
    last_month: str = "2018-10",
    repeat_share: float = 0.03,
    late_share: float = 0.07,
    late_score_drop: float = 2.0,
    late_return_drop: float = 0.5,
    thin_edges: Flag = False,
    corrections: float = 0.01,
    broken: int = 3,
    full: Flag = False,
) -> int:
    """Make up a shop, and say what is true of it.

    Olist's nine files at any scale, or with --full the canonical ones; the same options give the same bytes.
    FOLDER.truths.json, beside the folder, says what a pipeline must find in them.

    Parameters
    ----------
    folder
        A new folder for the files.
    orders
        Good orders in all; broken rows come on top.
    seed
        Another seed makes another shop.
    by_month
        A folder per month, with that month's news, instead of one dump.
    first_month
        Month of the first orders.
    last_month
        Month of the last orders.
    repeat_share
        Share of the buyers who buy on more than one day.
    late_share
        Share of the delivered orders that come late.
    late_score_drop
        Points of the review score that lateness costs.
    late_return_drop
        By how much less likely a person comes back after a late delivery.
    thin_edges
        First and last month as thin as an export that was cut off.
    corrections
        Share of the orders that a later delivery mends.
    broken
        Broken rows of each kind; 0 makes a clean shop.
    full
        Canonical files with all that a shop can have (costs, discounts, returns, ages …), clean and whole.
    """
    from ecom_lake.synth.options import SynthOptions
    from ecom_lake.synth.shop import generate

    try:
        options = SynthOptions(
            orders=orders,
            seed=seed,
            by_month=by_month,
            first_month=first_month,
            last_month=last_month,
            repeat_share=repeat_share,
            late_share=late_share,
            late_score_drop=late_score_drop,
            late_return_drop=late_return_drop,
            thin_edges=thin_edges,
            corrections=corrections,
            broken=broken,
            full=full,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and not empty: name a new folder.")
    with screen.progress() as bar:
        task = bar.add_task("people and products", total=1.0)
        truths = generate(folder, options, lambda what, share: bar.update(task, description=what, completed=share))
    side_file = folder.with_name(f"{folder.name}.truths.json")
    truths.write(side_file)
    _show_shop(folder, side_file, truths)
    return 0


def _show_shop(folder: Path, side_file: Path, truths: Truths) -> None:
    totals = truths.totals
    broken = sum(kind.count for kind in truths.broken)
    screen.say(f"Made a shop of {totals.orders:,} orders by {totals.people:,} people.", "")
    screen.show_pairs(
        [
            ("net sales", f"{float(totals.net_sales):,.2f}"),
            ("buy again", f"{totals.repeat_purchase_rate:.1%} of the buyers"),
            ("broken rows", screen.number(broken)),
            ("files", str(folder)),
            ("what is true", str(side_file)),
        ]
    )
    canonical = ' --shop NAME, where [shops.NAME] of lake.toml says connector = "canonical"' if truths.full else ""
    screen.say("", f"Next: ecom-lake land {folder}{canonical}")


def land(*paths: Path, place: Here) -> int:
    """Copy files, folders or zips into a shop's landing.

    A folder's files keep their paths and times. What landed before is not landed again, and nothing is ever overwritten.
    Exit code 1 where a file could not be landed; the others are.

    Parameters
    ----------
    paths
        Files, folders or zips.
    """
    from ecom_lake.engine.store.landing_zone import land as land_files

    if not paths:
        raise UsageError("Name what to land: ecom-lake land FILE, a folder or a zip.")
    lake = place.site().lake
    with screen.progress() as bar:
        task = bar.add_task("looking", total=None)
        arrivals = list(land_files(lake, list(paths), lambda path: bar.update(task, description=path.name)))
    _show_arrivals(arrivals)
    if any(arrival.fate == "landed" for arrival in arrivals):
        screen.say("", f"Next: {place.command('build')}")
    return 1 if any(arrival.fate == "failed" for arrival in arrivals) else 0


def _show_arrivals(arrivals: list[Arrival]) -> None:
    landed = [arrival for arrival in arrivals if arrival.fate == "landed"]
    if landed:
        total = sum(arrival.bytes for arrival in landed)
        screen.say(f"Landed {counted(len(landed), 'file')}, {screen.size(total)}:", "")
        rows = [(screen.shown(arrival.name), screen.size(arrival.bytes), _renamed(arrival)) for arrival in landed]
        screen.show_table(["file", "size", ""], rows[: screen.LISTED], right=["size"], cut=[""])
        screen.say_more(len(rows))
    known = [arrival for arrival in arrivals if arrival.fate == "known"]
    if known:
        screen.say(f"{counted(len(known), 'file')} landed before with the same content, and not again:")
        screen.show_some(f"{arrival.source}, there as {arrival.name}" for arrival in known)
    left_out = [arrival for arrival in arrivals if arrival.fate == "left out"]
    screen.show_some(f"Left out: {arrival.why}" for arrival in left_out)
    screen.complain(*(arrival.why for arrival in arrivals if arrival.fate == "failed"))


def _renamed(arrival: Arrival) -> str:
    if arrival.source.as_posix().endswith(arrival.name):
        return ""
    return screen.shown(f"{arrival.source.name} was taken by other content")
