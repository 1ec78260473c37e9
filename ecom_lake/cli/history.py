"""The history of a shop: its states, how two of them differ, and going back to one."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Flag, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.difference import Changed, Difference, Moved
    from ecom_lake.engine.store.entry import Entry

_AGE = re.compile(r"(\d+)(h|d|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}
MONTHS = 36
"""Of the KPIs that moved in a month, so many are shown; --json has all."""


def log(*, limit: int = 20, as_json: AsJson = False, place: Here) -> int:
    """List the states of a shop, newest first.

    A build makes a state for each table that changes; the last may be a release. Readers see the one that is marked `shown`.

    Parameters
    ----------
    limit
        How many to list.
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.released import built

    site = place.site()
    head = built(site)
    numbers = site.lake.log.numbers()
    entries = [site.lake.log.entry(number) for number in reversed(numbers[-limit:] if limit > 0 else [])]
    if as_json:
        states = [
            {"number": e.number, "at": e.at, "run": e.run, "message": e.message, "is_release": e.release == e.number}
            for e in entries
        ]
        screen.emit_json({"shop": site.shop.name, "shown": head.release, "pinned": head.pinned, "entries": states})
        return 0
    rows = [
        (
            screen.number(entry.number),
            screen.local(datetime.fromisoformat(entry.at)),
            entry.run[:8],
            _mark(entry, head),
            screen.shown(entry.message),
        )
        for entry in entries
    ]
    screen.show_table(["no.", "when", "run", "release", "what"], rows, right=["no."], cut=["what"])
    if len(entries) < len(numbers):
        screen.say(f"… and {counted(len(numbers) - len(entries), 'older state')}", style="dim")
    return 0


def _mark(entry: Entry, head: Entry) -> Text:
    if entry.number == head.release:
        return Text("shown, pinned" if head.pinned else "shown", style="bold green")
    return Text("yes" if entry.release == entry.number else "", style="green")


def diff(before: int | None = None, after: int | None = None, /, *, as_json: AsJson = False, place: Here) -> int:
    """Compare two states: tables changed, KPIs moved.

    Parameters
    ----------
    before
        Number of the older state, from `ecom-lake log`; without any, the last two releases are compared.
    after
        Number of the newer state; without it, what readers see now.
    as_json
        As JSON.
    """
    from ecom_lake.engine.serve.difference import difference, last_two_releases
    from ecom_lake.engine.serve.released import released

    site = place.site()
    if before is None:
        before, after = last_two_releases(site)
    found = difference(site, before, released(site).number if after is None else after)
    if as_json:
        screen.emit_json(difference_as_json(found))
    else:
        show_difference(found)
    return 0


def difference_as_json(found: Difference) -> dict[str, Any]:
    def as_json(kpi: Moved) -> dict[str, Any]:
        return asdict(kpi) | {"difference": kpi.difference}

    return {
        "before": found.before,
        "after": found.after,
        "tables": [asdict(table) for table in found.tables],
        "kpis": [as_json(kpi) for kpi in found.kpis],
        "months": [{"month": month} | as_json(kpi) for month, kpi in found.months],
    }


def show_difference(found: Difference) -> None:
    if not found.tables:
        screen.say(f"States {found.before} and {found.after} hold the same tables.")
        return
    screen.say(f"From state {found.before} to {found.after}:", "")
    counts = ["rows before", "rows after", "more", "files"]
    screen.show_table(["table", *counts], [_changed_row(one) for one in found.tables], right=counts)
    screen.say("")
    if not found.kpis:
        screen.say("No KPI moved.")
        return
    amounts = ["before", "after", "moved"]
    rows = [(kpi.metric, _amount(kpi.before), _amount(kpi.after), _amount(kpi.difference, "+"), kpi.unit) for kpi in found.kpis]
    screen.show_table(["KPI", *amounts, "unit"], rows, right=amounts, cut=["unit"])
    if found.months:
        screen.say("")
        by_month = [
            (month, kpi.metric, _amount(kpi.before), _amount(kpi.after), _amount(kpi.difference, "+"))
            for month, kpi in found.months
        ]
        screen.show_table(["month", "KPI", *amounts], by_month[:MONTHS], right=amounts)
        screen.say_more(len(by_month), MONTHS)


def _changed_row(one: Changed) -> tuple[str, ...]:
    more = "" if one.rows_before is None or one.rows_after is None else f"{one.rows_after - one.rows_before:+,}"
    before, after = ("—" if count is None else screen.number(count) for count in (one.rows_before, one.rows_after))
    return one.table, before, after, more, screen.number(one.parts)


def _amount(value: float | None, sign: str = "") -> str:
    if value is None:
        return "—"
    digits = 0 if value == int(value) else 2 if abs(value) >= 100 else 4
    return f"{value:{sign},.{digits}f}"


def rollback(number: int, /, *, place: Here) -> int:
    """Show readers an older release, and keep it.

    Builds go on, but release nothing until `unpin`.

    Parameters
    ----------
    number
        Number of the release, from `ecom-lake log`.
    """
    from ecom_lake.engine.build.release.release import roll_back
    from ecom_lake.engine.serve.released import state

    site = place.site()
    if state(site, number).release != number:
        raise UsageError(f"State {number} is not a release; {place.command('log')} shows which are.")
    entry = roll_back(site, number)
    screen.say(
        f"Readers see release {entry.release} now, and it is pinned.",
        f"Next: {place.command('unpin')} when builds may release again.",
    )
    return 0


def unpin(*, place: Here) -> int:
    """Let builds release again.

    What readers see changes with the next build.
    """
    from ecom_lake.engine.build.release.release import unpin as let_go
    from ecom_lake.engine.serve.released import built

    site = place.site()
    if not built(site).pinned:
        raise UsageError(f"No release of shop '{site.shop.name}' is pinned: there is nothing to let go.")
    let_go(site)
    screen.say("Builds release again.", f"Next: {place.command('build')} shows readers the newest state.")
    return 0


def gc(*, older_than: str = "30d", dry_run: Flag = False, yes: Flag = False, place: Here) -> int:
    """Delete old states and the files that only they name.

    Never what was delivered, what readers see, or what is current.

    Parameters
    ----------
    older_than
        What is younger stays: 12h, 30d, 8w. At least 1h, so that a build that is running keeps its files.
    dry_run
        Say what would go, and delete nothing.
    yes
        Do not ask.
    """
    from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
    from ecom_lake.engine.serve.released import built

    keep = _age(older_than)
    site = place.site()
    built(site)
    garbage = find_garbage(site, keep)
    if not garbage.states and not garbage.files:
        screen.say(f"Nothing to delete: no state or file that is not needed is older than {older_than}.")
        return 0
    states, files = counted(len(garbage.states), "old state"), counted(len(garbage.files), "file")
    what = f"{states} and {files}, {screen.size(garbage.bytes)}"
    if dry_run:
        screen.say(f"Would delete {what}.")
        return 0
    if not yes and not agrees(f"Delete {what}?"):
        raise UsageError("Nothing was deleted; say --yes to delete without being asked.")
    collect_garbage(site, garbage)
    screen.say(f"Deleted {what}.")
    return 0


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if not found or int(found[1]) < 1:
        raise UsageError(f"--older-than must look like 12h, 30d or 8w, and be at least 1h, not '{text}'.")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def agrees(question: str) -> bool:
    """Ask who sits at the terminal; nobody there is a no."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
