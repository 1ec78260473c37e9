"""Judging what was refused again, and showing what that changes before anybody reads it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecom_lake.cli import screen
from ecom_lake.cli.history import agrees, difference_as_json, show_difference
from ecom_lake.cli.place import AsJson, Flag, Here, Place
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.maintenance.replay import Mended
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.build.step.outcome import Outcome
    from ecom_lake.engine.store.entry import Entry


def replay(*, dry_run: Flag = False, yes: Flag = False, as_json: AsJson = False, place: Here) -> int:
    """Judge the quarantined rows again, after a rule or a connector was mended.

    Makes the months in which a row is judged otherwise now, and what is made from them; shows how the KPIs move, and asks
    before readers see it. It may be interrupted at any moment: the next one goes on from there.

    Parameters
    ----------
    dry_run
        Say how the rows would be judged, and make nothing.
    yes
        Release without asking.
    as_json
        As JSON; released only with --yes.
    """
    from ecom_lake.engine.build.maintenance.replay import judge_again
    from ecom_lake.engine.build.step.built_with import refuse_other_settings
    from ecom_lake.engine.config import month_name
    from ecom_lake.engine.serve.released import released

    site = place.site()
    shown = released(site)
    head = _to_be_judged(site, shown, place)
    if not dry_run:
        refuse_other_settings(site, head)
    mended = judge_again(site, head)
    said: dict[str, Any] = {"shop": site.shop.name, "verdicts": [asdict(verdict) for verdict in mended.verdicts]}
    said |= {"months": [month_name(month) for month in mended.all_months], "difference": None, "release": shown.number}
    if not as_json:
        _show_verdicts(mended)
    state = None
    if not dry_run and (mended.differs or head.tables != shown.tables):
        state = _make(site, mended)
        said["difference"] = _show_what_moves(site, shown, state, as_json)
        if yes or (not as_json and agrees("Release it?")):
            said["release"] = _release(site, state)
    if as_json:
        screen.emit_json(said)
    elif state and said["release"] != shown.number:
        screen.say("", f"Readers see release {said['release']} now.")
    if state and state.tables != shown.tables and said["release"] == shown.number:
        raise UsageError(_not_released(shown, place))
    return 0


def _to_be_judged(site: Site, shown: Entry, place: Place) -> Entry:
    from ecom_lake.engine.build.maintenance.replay import quarantined

    head = site.lake.log.head()
    if head.pinned:
        raise UsageError(f"Release {shown.number} is pinned: {place.command('unpin')} first, so that what is mended can be seen.")
    if not quarantined(head) and head.tables == shown.tables:
        raise UsageError(f"Nothing of shop '{site.shop.name}' is in quarantine: there is no row to judge again.")
    return head


def _show_verdicts(mended: Mended) -> None:
    from ecom_lake.engine.config import month_name

    total = sum(verdict.rows for verdict in mended.verdicts)
    screen.say(f"Judged {counted(total, 'quarantined row')} again:", "")
    rows = [
        (one.source, one.was, one.now if one.now != one.was else "the same", screen.number(one.rows)) for one in mended.verdicts
    ]
    screen.show_table(
        ["delivered table", "refused by", "now refused by", "rows"],
        [(source, was, now or "nothing", count) for source, was, now, count in rows],
        right=["rows"],
    )
    screen.say("")
    if not mended.differs:
        screen.say("Each is refused again, for the same reason: no month has to be made.")
    elif months := mended.all_months:
        screen.say(f"To be made again: {', '.join(map(month_name, months))}, and what is made from that.")
    else:
        screen.say("No month has to be made, but what has no months has.")


def _make(site: Site, mended: Mended) -> Entry:
    from ecom_lake.engine.build.maintenance.replay import steps
    from ecom_lake.engine.build.step.watched import watched

    todo = list(steps(site, mended))
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
        raise UserError(f"{why} Nothing was released; readers go on seeing what they saw.")


def _show_what_moves(site: Site, shown: Entry, state: Entry, as_json: bool) -> dict[str, Any]:
    from ecom_lake.engine.serve.difference import difference

    found = difference(site, shown.number, state.number)
    if not as_json:
        screen.say("")
        show_difference(found)
        screen.say("")
    return difference_as_json(found)


def _release(site: Site, state: Entry) -> int | None:
    from ecom_lake.engine.build.release.release import TABLE, make_release
    from ecom_lake.engine.build.step.watched import watched

    for outcome in watched(site, TABLE, lambda: make_release(site, state)):
        _stop_if_refused(outcome)
    return site.lake.log.head().release


def _not_released(shown: Entry, place: Place) -> str:
    return (
        f"Not released: readers go on seeing release {shown.number}. {place.command('quarantine replay --yes')} releases it, and "
        f"so does the next build; {place.command(f'rollback {shown.number}')} keeps it back."
    )
