"""Building a shop: one run of the job `all`, watched."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Flag, Here
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.dagster.run import RunReport
    from ecom_lake.engine.store.entry import Entry

_MONTHS = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:\.\.(\d{4})-(0[1-9]|1[0-2]))?")


def build(
    *,
    months: str | None = None,
    full: Flag = False,
    refit: Flag = False,
    accept_settings: Flag = False,
    as_json: AsJson = False,
    place: Here,
) -> int:
    """Make and release every table that new files touch.

    What is unchanged is kept: a build with nothing new is quick. The run shows in the Dagster UI beside all others.
    Exit code 1 where a check refused the new state: readers then go on seeing the release before it. Exit code 2 where the
    settings in force are not those that the shop was built with and come from another lake.toml, or from none.

    Parameters
    ----------
    months
        Look at these months of orders alone: 2017-03, or 2017-01..2017-03.
    full
        Make everything anew, changed or not.
    refit
        Fit every model anew, without regard to its last fit: segments and scores may change.
    accept_settings
        Build with the settings in force, though the shop was built with those of another lake.toml.
    as_json
        Say what was done as JSON.
    """
    from ecom_lake.engine.build.bronze.ingest import landed_files
    from ecom_lake.engine.build.due import due
    from ecom_lake.engine.serve.released import nothing_built

    settings, site = place.settings(), place.site()
    chosen = _chosen(site, months)
    before = site.lake.log.head()
    if not before.number and not landed_files(site):
        raise UsageError(nothing_built(site))
    if not accept_settings:
        _stop_at_other_settings(site, before)
    if not (full or refit) and not due(site):
        return _say_nothing_is_new(site, as_json)
    from ecom_lake.engine.dagster.run import run_job

    started = time.monotonic()
    with screen.progress() as bar:
        task = bar.add_task("starting", total=None)
        report = run_job(
            settings,
            place.shop,
            months=chosen,
            full=full,
            refit=refit,
            accept_settings=accept_settings,
            on_step=lambda step, done, of: bar.update(task, description=step, completed=done, total=of),
        )
    seconds = time.monotonic() - started
    if report.was_interrupted:
        raise KeyboardInterrupt  # Dagster makes it a failure of the step
    _show_traces(report)
    if as_json:
        _emit(site, report, seconds, _changed_settings(site, before))
    else:
        _show(site, report, seconds, place.command)
        for sentence in _changed_settings(site, before):
            screen.say("", sentence)
    return 0 if report.succeeded else 1


def _stop_at_other_settings(site: Site, head: Entry) -> None:
    """With the number of tables that a build would make again, which is known from the log alone."""
    from ecom_lake.engine.build.due import due
    from ecom_lake.engine.build.step.built_with import CONFIRM, OtherSettingsError, refuse_other_settings, why_refused

    if why := why_refused(site, head):
        tables = sum(table.startswith(("silver/", "gold/")) for table in due(site))
        raise OtherSettingsError(
            f"{why} A build would make {counted(tables, 'table')} again, and those that depend on them. {CONFIRM}"
        )
    refuse_other_settings(site, head)


def _changed_settings(site: Site, before: Entry) -> list[str]:
    """A sentence where the build recorded settings that the shop was not built with before."""
    from ecom_lake.engine.build.step.built_with import changes, in_words, source

    recorded = site.lake.log.head().built_with
    if recorded is None or not before.number:
        return []
    if before.built_with is None:
        return [f"This shop had no record of its settings. From now on it keeps those of {source(recorded)}."]
    differing = changes(site.shop, before.built_with)
    return [f"Built with changed settings, from {source(recorded)}: {in_words(differing)}."] if differing else []


def _say_nothing_is_new(site: Site, as_json: bool) -> int:
    """Told from the log alone, without a run: the history is for runs that did something."""
    head = site.lake.log.head()
    if as_json:
        said = {"shop": site.shop.name, "succeeded": True, "seconds": 0, "run": None, "release": head.release}
        screen.emit_json({**said, "pinned": head.pinned, "tables": {}, "settings": [], "warnings": [], "failures": []})
    else:
        screen.say(f"Nothing is new: {site.shop.name} stays at release {head.release}. To make everything anew, add --full.")
    return 0


def _chosen(site: Site, months: str | None) -> list[date] | None:
    from ecom_lake.engine.config import month_name

    if months is None:
        return None
    found = _MONTHS.fullmatch(months)
    if not found:
        raise UsageError(f"--months must look like 2017-03 or 2017-01..2017-03, not '{months}'.")
    first = date(int(found[1]), int(found[2]), 1)
    last = date(int(found[3]), int(found[4]), 1) if found[3] else first
    known = site.months()
    if first not in known or last not in known or last < first:
        bounds = f"{month_name(known[0])}..{month_name(known[-1])}" if known else "none"
        raise UsageError(f"--months {months} is not a range of the shop's months ({bounds}); lake.toml says which those are.")
    return [month for month in known if first <= month <= last]


def _emit(site: Site, report: RunReport, seconds: float, settings: list[str]) -> None:
    head = site.lake.log.head()
    screen.emit_json(
        {
            "shop": site.shop.name,
            "succeeded": report.succeeded,
            "seconds": round(seconds, 2),
            "run": report.run_id,
            "release": head.release,
            "pinned": head.pinned,
            "tables": report.tables,
            "settings": settings,
            "warnings": report.warnings,
            "failures": report.failures,
        }
    )


def _show(site: Site, report: RunReport, seconds: float, command: Callable[[str], str]) -> None:
    head = site.lake.log.head()
    if not report.succeeded:
        screen.complain("The build stopped; readers go on seeing what they saw.", *report.failures)
        screen.say(f"Next: {command('status')}")
        return
    written = [table for table, state in report.tables.items() if not _is_kept(state)]
    what = "nothing was new" if not written else f"{counted(len(written), 'table')} written"
    screen.say(f"Built {site.shop.name} in {seconds:.1f} s: {what}, release {head.release}.")
    if head.pinned:
        unpin = f"{command('unpin')}, then {command('build')}"
        screen.say(f"That release is pinned: to show readers what was built now, {unpin}.", style="yellow")
    screen.say("")
    _show_layers(report)
    if report.warnings:
        screen.say("")
        screen.show_list(report.warnings, mark="!", style="yellow")
    screen.say("")
    screen.show_pairs(
        [
            ("tables", f"{site.lake.url}/gold"),
            ("views", f"{site.lake.url}/catalog.duckdb"),
            ("next", f'{command("sql")} "from kpi_summary order by position"'),
        ]
    )


def _show_traces(report: RunReport) -> None:
    """Where an error came up that nobody foresaw: with ECOM_LAKE_DEBUG, else how to see it."""
    from ecom_lake.settings import wants_traces

    if wants_traces():
        for trace in report.traces:
            screen.complain(*trace.splitlines())
    elif report.traces:
        screen.complain("An error was not expected. Set ECOM_LAKE_DEBUG=1 and build again to see where it came up.")


def _show_layers(report: RunReport) -> None:
    made, kept = Counter[str](), Counter[str]()
    for table, state in report.tables.items():
        (kept if _is_kept(state) else made)[table.split("/")[0]] += 1
    rows = [(layer, screen.number(made[layer]), screen.number(kept[layer])) for layer in ("bronze", "silver", "gold")]
    screen.show_table(["layer", "written", "kept"], rows, right=["written", "kept"])


def _is_kept(state: str) -> bool:
    return state == "unchanged" or state.startswith("0 of ")
