"""The command `build`: one run of the Dagster job `all`, with progress."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
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
    only: Literal["bronze", "silver"] | None = None,
    full: Flag = False,
    refit: Flag = False,
    accept_settings: Flag = False,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Build and release every table that new files affect.

    Unchanged tables are kept, so a build without new data is quick. The run appears in the Dagster UI.
    Exit code 1 if a check failed: readers keep the previous release. Exit code 2 if the settings differ from those that the
    shop was built with and come from another lake.toml, or from none.

    Parameters
    ----------
    months
        Only these months of orders: 2017-03, or 2017-01..2017-03.
    only
        Without a release. bronze: new files, up to the order index. silver: new files, and the silver tables. With --months, only
        the tables of orders: such builds of other months may run at the same time, also on other machines.
    full
        Rebuild every table, changed or not.
    refit
        Refit every model, whatever its last fit: segments and scores may change.
    accept_settings
        Build with the current settings even if the shop was built with those of another lake.toml.
    as_json
        Print the result as JSON.
    """
    from ecom_lake.engine.build.bronze.ingest import landed_files
    from ecom_lake.engine.build.due import due
    from ecom_lake.engine.serve.released import nothing_built

    settings, site = options.settings(), options.site()
    chosen = _chosen(site, months)
    before = site.lake.log.head()
    if not before.number and not landed_files(site):
        raise UsageError(nothing_built(site))
    if not accept_settings:
        _stop_at_other_settings(site, before)
    if not (full or refit) and not due(site):
        return _show_nothing_new(site, before, as_json)
    site.require_engine()
    from ecom_lake.engine.dagster.run import run_job

    started = time.monotonic()
    with screen.progress() as bar:
        task = bar.add_task("starting", total=None)
        report = run_job(
            settings,
            site.shop.name,
            months=chosen,
            full=full,
            refit=refit,
            accept_settings=accept_settings,
            only=only,
            on_step=lambda step, done, of: bar.update(task, description=step, completed=done, total=of),
        )
    seconds = time.monotonic() - started
    if report.was_interrupted:
        raise KeyboardInterrupt  # Dagster reports an interruption as a failed step
    _show_traces(report)
    if as_json:
        _show_json(site, report, seconds, _changed_settings(site, before))
    else:
        _show(site, report, seconds, options.command, only)
        for sentence in _changed_settings(site, before):
            screen.show("", sentence)
    return 0 if report.succeeded else 1


def _stop_at_other_settings(site: Site, head: Entry) -> None:
    """Raises with the number of tables that a build would rebuild, which the log alone gives."""
    from ecom_lake.engine.build.due import due
    from ecom_lake.engine.build.step.built_with import CONFIRM, OtherSettingsError, refuse_other_settings, why_refused

    if why := why_refused(site, head):
        tables = sum(table.startswith(("silver/", "gold/")) for table in due(site))
        raise OtherSettingsError(
            f"{why} A build would rebuild {counted(tables, 'table')} and the tables that depend on them. {CONFIRM}"
        )
    refuse_other_settings(site, head)


def _changed_settings(site: Site, before: Entry) -> list[str]:
    """A sentence if the build recorded settings that differ from those of the previous build."""
    from ecom_lake.engine.build.step.built_with import changes, in_words, source

    recorded = site.lake.log.head().built_with
    if recorded is None or not before.number:
        return []
    if before.built_with is None:
        return [f"This shop had no record of its settings; the build recorded those of {source(recorded)}."]
    differing = changes(site.shop, before.built_with)
    return [f"Built with changed settings, from {source(recorded)}: {in_words(differing)}."] if differing else []


def _show_nothing_new(site: Site, head: Entry, as_json: bool) -> int:
    """The result without a run: the log alone shows that nothing is due, so what had failed is over."""
    from ecom_lake.engine.build.step import trouble

    trouble.end_build(site)
    if as_json:
        result = {"shop": site.shop.name, "succeeded": True, "seconds": 0, "run": None, "release": head.release}
        screen.show_json({**result, "pinned": head.pinned, "tables": {}, "settings": [], "warnings": [], "failures": []})
    else:
        screen.show(f"Nothing new to build: {site.shop.name} is at release {head.release}. To rebuild everything, add --full.")
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
        raise UsageError(f"--months {months} is not a range of the shop's months ({bounds}), which lake.toml sets.")
    return [month for month in known if first <= month <= last]


def _show_json(site: Site, report: RunReport, seconds: float, settings: list[str]) -> None:
    head = site.lake.log.head()
    screen.show_json(
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


def _show(site: Site, report: RunReport, seconds: float, command: Callable[[str], str], only: str | None) -> None:
    head = site.lake.log.head()
    if not report.succeeded:
        why = (
            f"Release {head.release} is built; a step after it failed."
            if report.has_released
            else "The build failed; readers keep the previous release."
            if head.release is not None
            else "The build failed; nothing was released yet."
        )
        screen.show_error(why, *report.failures)
        screen.show(f"Next: {command('status')}")
        return
    written = [table for table, state in report.tables.items() if not _is_kept(state)]
    what = "nothing to write" if not written else f"{counted(len(written), 'table')} written"
    if only:
        screen.show(f"Built {only} of {site.shop.name} in {seconds:.1f} s: {what}, nothing released.")
        screen.show("")
        _show_result(report, [("next", f"{command('build')} makes the rest and releases it")])
        return
    screen.show(f"Built {site.shop.name} in {seconds:.1f} s: {what}, release {head.release}.")
    if head.pinned:
        unpin = f"{command('unpin')}, then {command('build')}"
        screen.show(f"Release {head.release} is pinned: to release the new tables, run {unpin}.", style="yellow")
    screen.show("")
    places = [("tables", f"{site.lake.url}/gold"), ("views", f"{site.lake.url}/catalog.duckdb")]
    _show_result(report, [*places, ("next", f'{command("sql")} "from kpi_summary order by position"')])


def _show_result(report: RunReport, pairs: Sequence[tuple[str, str]]) -> None:
    _show_layers(report)
    if report.warnings:
        screen.show("")
        screen.show_list(report.warnings, mark="!", style="yellow")
    screen.show("")
    screen.show_pairs(pairs)


def _show_traces(report: RunReport) -> None:
    """The stack traces of unexpected errors with ECOM_LAKE_DEBUG, else how to get them."""
    from ecom_lake.settings import wants_traces

    if wants_traces():
        for trace in report.traces:
            screen.show_error(*trace.splitlines())
    elif report.traces:
        screen.show_error("Unexpected error. Set ECOM_LAKE_DEBUG=1 and build again for the stack trace.")


def _show_layers(report: RunReport) -> None:
    made, kept = Counter[str](), Counter[str]()
    for table, state in report.tables.items():
        (kept if _is_kept(state) else made)[table.split("/")[0]] += 1
    rows = [(layer, screen.number(made[layer]), screen.number(kept[layer])) for layer in ("bronze", "mapped", "silver", "gold")]
    rows = [row for row in rows if row[0] != "mapped" or made["mapped"] or kept["mapped"]]
    screen.show_table(["layer", "written", "kept"], rows, right=["written", "kept"])


def _is_kept(state: str) -> bool:
    return state == "unchanged" or state.startswith("0 of ")
