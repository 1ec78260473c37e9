"""The commands on the history of a shop: `log`, `diff`, `rollback`, `unpin` and `gc`."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.difference import Changed, Difference
    from ecom_lake.engine.store.entry import Entry

_AGE = re.compile("([0-9]{1,5})(h|d|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}
MONTHS = 36
"""The number of monthly KPI changes that are shown; --json has all."""


def log(*, limit: int = 20, as_json: AsJson = False, options: Options) -> int:
    """List the states of a shop, newest first.

    A build commits a state for each table that changes; the last one may be a release. Readers see the release marked `shown`.

    Parameters
    ----------
    limit
        Number of states.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import built

    site = options.site()
    head = built(site)
    numbers = site.lake.log.numbers()
    entries = [site.lake.log.entry(number) for number in reversed(numbers[-limit:] if limit > 0 else [])]
    if as_json:
        states = [
            {"number": e.number, "at": e.at, "run": e.run, "message": e.message, "is_release": e.release == e.number}
            for e in entries
        ]
        screen.show_json({"shop": site.shop.name, "shown": head.release, "pinned": head.pinned, "entries": states})
        return 0
    rows = [
        (
            screen.number(entry.number),
            screen.local(datetime.fromisoformat(entry.at)),
            entry.run[:8],
            _mark(entry, head),
            screen.printable(entry.message),
        )
        for entry in entries
    ]
    screen.show_table(["state", "time", "run", "release", "message"], rows, right=["state"], cut=["message"])
    if len(entries) < len(numbers):
        screen.show(f"… and {counted(len(numbers) - len(entries), 'older state')}", style="dim")
    return 0


def _mark(entry: Entry, head: Entry) -> Text:
    if entry.number == head.release:
        return Text("shown, pinned" if head.pinned else "shown", style="bold green")
    return Text("yes" if entry.release == entry.number else "", style="green")


def diff(before: int | None = None, after: int | None = None, /, *, as_json: AsJson = False, options: Options) -> int:
    """Compare two states: changed tables and KPIs.

    Parameters
    ----------
    before
        Number of the older state, from `ecom-lake log`. Default: compare the last two releases.
    after
        Number of the newer state. Default: the release that readers see.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.difference import as_document, difference, last_two_releases
    from ecom_lake.engine.serve.released import released

    site = options.site()
    if before is None:
        before, after = last_two_releases(site)
    found = difference(site, before, released(site).number if after is None else after)
    if as_json:
        screen.show_json(as_document(found))
    else:
        show_difference(found)
    return 0


def show_difference(found: Difference) -> None:
    if not found.tables:
        screen.show(f"States {found.before} and {found.after} have the same tables.")
        return
    screen.show(f"From state {found.before} to {found.after}:", "")
    counts = ["rows before", "rows after", "change", "files"]
    screen.show_table(["table", *counts], [_changed_row(one) for one in found.tables], right=counts)
    screen.show("")
    if not found.kpis:
        screen.show("No KPI changed.")
        return
    amounts = ["before", "after", "change"]
    rows = [(kpi.metric, _amount(kpi.before), _amount(kpi.after), _amount(kpi.difference, "+"), kpi.unit) for kpi in found.kpis]
    screen.show_table(["KPI", *amounts, "unit"], rows, right=amounts, cut=["unit"])
    if found.months:
        screen.show("")
        by_month = [
            (month, kpi.metric, _amount(kpi.before), _amount(kpi.after), _amount(kpi.difference, "+"))
            for month, kpi in found.months
        ]
        screen.show_table(["month", "KPI", *amounts], by_month[:MONTHS], right=amounts)
        screen.show_remaining(len(by_month), MONTHS)


def _changed_row(one: Changed) -> tuple[str, ...]:
    more = "" if one.rows_before is None or one.rows_after is None else f"{one.rows_after - one.rows_before:+,}"
    before, after = ("n/a" if count is None else screen.number(count) for count in (one.rows_before, one.rows_after))
    return one.table, before, after, more, screen.number(one.parts)


def _amount(value: float | None, sign: str = "") -> str:
    if value is None:
        return "n/a"
    digits = 0 if value == int(value) else 2 if abs(value) >= 100 else 4
    return f"{value:{sign},.{digits}f}"


def rollback(number: int, /, *, options: Options) -> int:
    """Show readers an older release, and pin it.

    Builds still run, but release nothing until `unpin`.

    Parameters
    ----------
    number
        Number of the release, from `ecom-lake log`.
    """
    from ecom_lake.engine.build.release.release import roll_back
    from ecom_lake.engine.serve.released import state

    site = options.site()
    if state(site, number).release != number:
        raise UsageError(f"State {number} is not a release; {options.command('log')} lists the releases.")
    entry = roll_back(site, number)
    screen.show(
        f"Readers now see release {entry.release}, and it is pinned.",
        f"Next: {options.command('unpin')}, when builds may release again",
    )
    return 0


def unpin(*, options: Options) -> int:
    """Let builds release again.

    The next build makes a new release.
    """
    from ecom_lake.engine.build.release.release import unpin as unpin_release
    from ecom_lake.engine.serve.released import built

    site = options.site()
    if not built(site).pinned:
        raise UsageError(f"No release of shop '{site.shop.name}' is pinned: nothing to do.")
    unpin_release(site)
    screen.show("Builds release again.", f"Next: {options.command('build')}, to release the newest state")
    return 0


def gc(*, older_than: str = "30d", dry_run: Flag = False, yes: Flag = False, options: Options) -> int:
    """Delete old states and the files that only they use (garbage collection).

    Delivered files, the release that readers see and the newest state are always kept.

    Parameters
    ----------
    older_than
        Minimum age: 12h, 30d, 8w. At least 1h, so that a running build keeps its files.
    dry_run
        Show what would be deleted, and delete nothing.
    yes
        Delete without confirmation.
    """
    from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
    from ecom_lake.engine.serve.released import built

    minimum_age = _age(older_than)
    site = options.site()
    built(site)
    garbage = find_garbage(site, minimum_age)
    if not garbage.states and not garbage.files:
        screen.show(f"Nothing to delete: no unused state or file is older than {older_than}.")
        return 0
    states, files = counted(len(garbage.states), "old state"), counted(len(garbage.files), "file")
    what = f"{states} and {files}, {screen.size(garbage.bytes)}"
    if dry_run:
        screen.show(f"Would delete {what}.")
        return 0
    if not yes and not confirms(f"Delete {what}?"):
        raise UsageError("Nothing was deleted. To delete without confirmation, add --yes.")
    collect_garbage(site, garbage)
    screen.show(f"Deleted {what}.")
    return 0


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if not found or int(found[1]) < 1:
        raise UsageError(f"--older-than must look like 12h, 30d or 8w, and be from 1h to 99999w, not '{text}'.")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def confirms(question: str) -> bool:
    """The answer of the person at the terminal; False where the input is no terminal."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
