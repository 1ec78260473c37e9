"""The command `quarantine replay`: validates quarantined rows again, and shows the changes before they are released."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecom_lake.cli import screen
from ecom_lake.cli.history import confirms, show_difference
from ecom_lake.cli.lake_options import AsJson, Flag, LakeOptions, Options
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.maintenance.replay import ReplayPlan
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.build.step.outcome import Outcome
    from ecom_lake.engine.store.entry import Entry


def replay(*, dry_run: Flag = False, yes: Flag = False, as_json: AsJson = False, options: Options) -> int:
    """Validate the quarantined rows again, after a rule or a connector was fixed.

    Rebuilds the months with changed results and the tables that depend on them, shows how the KPIs change, and asks for
    confirmation before the release. It may be interrupted: the next replay continues.

    Parameters
    ----------
    dry_run
        Show the new results, and rebuild nothing.
    yes
        Release without confirmation.
    as_json
        Print JSON; release only with --yes.
    """
    from ecom_lake.engine.build.maintenance.replay import judge_again
    from ecom_lake.engine.build.step.built_with import refuse_other_settings
    from ecom_lake.engine.config import month_name
    from ecom_lake.engine.serve.released import released

    site = options.site()
    shown = released(site)
    head = _head_to_replay(site, shown, options)
    if not dry_run:
        refuse_other_settings(site, head)
    replayed = judge_again(site, head)
    result: dict[str, Any] = {"shop": site.shop.name, "verdicts": [asdict(verdict) for verdict in replayed.verdicts]}
    result |= {"months": [month_name(month) for month in replayed.all_months], "difference": None, "release": shown.number}
    if not as_json:
        _show_verdicts(replayed)
    state = None
    if not dry_run and (replayed.differs or head.tables != shown.tables):
        state = _rebuild(site, replayed)
        result["difference"] = _show_changes(site, shown, state, as_json)
        if yes or (not as_json and confirms("Release this state?")):
            result["release"] = _release(site, state)
    if as_json:
        screen.show_json(result)
    elif state and result["release"] != shown.number:
        screen.show("", f"Readers now see release {result['release']}.")
    if state and state.tables != shown.tables and result["release"] == shown.number:
        raise UsageError(_not_released(shown, options))
    return 0


def _head_to_replay(site: Site, shown: Entry, options: LakeOptions) -> Entry:
    from ecom_lake.engine.build.maintenance.replay import quarantined

    head = site.lake.log.head()
    if head.pinned:
        raise UsageError(
            f"Release {shown.number} is pinned: run {options.command('unpin')} first, so that the replay can be released."
        )
    if not quarantined(head) and head.tables == shown.tables:
        raise UsageError(f"Nothing to replay: shop '{site.shop.name}' has no quarantined row.")
    return head


def _show_verdicts(replayed: ReplayPlan) -> None:
    from ecom_lake.engine.config import month_name

    total = sum(verdict.rows for verdict in replayed.verdicts)
    screen.show(f"Validated {counted(total, 'quarantined row')} again:", "")
    rows = [
        (one.source, one.was, one.now if one.now != one.was else "the same", screen.number(one.rows)) for one in replayed.verdicts
    ]
    screen.show_table(
        ["delivered table", "failed rule", "fails now", "rows"],
        [(source, was, now or "nothing", count) for source, was, now, count in rows],
        right=["rows"],
    )
    screen.show("")
    if not replayed.differs:
        screen.show("Every row fails the same rule again: nothing to rebuild.")
    elif months := replayed.all_months:
        screen.show(f"To rebuild: {', '.join(map(month_name, months))}, and the tables that depend on them.")
    else:
        screen.show("To rebuild: tables without months only.")


def _rebuild(site: Site, replayed: ReplayPlan) -> Entry:
    from ecom_lake.engine.build.maintenance.replay import steps
    from ecom_lake.engine.build.step.watched import watched

    todo = list(steps(site, replayed))
    with screen.progress() as bar:
        task = bar.add_task("starting", total=len(todo))
        for table, step in todo:
            bar.update(task, description=table)
            for outcome in watched(site, table, step):
                _stop_if_refused(outcome)
            bar.advance(task)
    return site.lake.log.head()


def _stop_if_refused(outcome: Outcome) -> None:
    if refused := [check for check in outcome.checks if check.blocks]:
        why = " ".join(f"{check.table}: {check.says}" for check in refused)
        raise UserError(f"{why} Nothing was released; readers keep the previous release.")


def _show_changes(site: Site, shown: Entry, state: Entry, as_json: bool) -> dict[str, Any]:
    from ecom_lake.engine.serve.difference import as_document, difference

    found = difference(site, shown.number, state.number)
    if not as_json:
        screen.show("")
        show_difference(found)
        screen.show("")
    return as_document(found)


def _release(site: Site, state: Entry) -> int | None:
    from ecom_lake.engine.build.release.release import TABLE, make_release
    from ecom_lake.engine.build.step.watched import watched

    for outcome in watched(site, str(TABLE), lambda: make_release(site, state)):
        _stop_if_refused(outcome)
    return site.lake.log.head().release


def _not_released(shown: Entry, options: LakeOptions) -> str:
    return (
        f"Not released: readers keep release {shown.number}. To release, run {options.command('quarantine replay --yes')} or a "
        f"build; to prevent it, run {options.command(f'rollback {shown.number}')}."
    )
