"""Which states stay, and deleting the others after a release, so that a lake that is built every night stays bounded.

The releases of the last `keep_days` days and the last `keep_releases` releases stay, with the states that they need. All other
states stay until a newer release is a day old, because a build or a reader may still use them; files that no state names, for a
day too. `keep_days` and `keep_releases` are settings of the shop.
Not here: what a deletion must keep in any case (garbage.py).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from ecom_lake import logs
from ecom_lake.engine.build.maintenance.garbage import Garbage, State, collect_garbage, garbage_without
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.errors import UserError
from ecom_lake.words import counted

IN_USE = timedelta(days=1)
"""The longest time that a build or a reader is expected to use a state."""
STATES_BETWEEN = 256
"""The number of states after which garbage is collected again: a few nights. A collection reads every state."""


def collect_after_release(site: Site, before: int | None, release: int) -> str | None:
    """Delete what need not stay; a sentence about it, or None if it is not time yet or there is nothing to delete.

    The release has been made: a failure is reported, and the next collection deletes what this one left."""
    if not is_due(before, release):
        return None
    try:
        garbage = find_expired(site)
        collect_garbage(site, garbage)
    except (UserError, OSError) as error:
        why = str(error) if isinstance(error, UserError) else type(error).__name__
        logs.log_event("gc failed", logging.WARNING, why=why)
        return f"Old states were not deleted: {why}"
    if not garbage.states and not garbage.files:
        return None
    logs.log_event("gc", states=len(garbage.states), files=len(garbage.files), bytes=garbage.bytes)
    states, files = counted(len(garbage.states), "old state"), counted(len(garbage.files), "file")
    return f"Deleted {states} and {files}, {garbage.bytes / 1e6:,.1f} MB, that no kept release needs."


def is_due(before: int | None, release: int) -> bool:
    """Whether a multiple of STATES_BETWEEN lies between the numbers of the previous release and of this one."""
    return release // STATES_BETWEEN > (before or 0) // STATES_BETWEEN


def find_expired(site: Site) -> Garbage:
    """Everything that need not stay."""
    days, releases = site.shop.keep_days, site.shop.keep_releases
    return garbage_without(site, lambda states, now: states_to_keep(states, now, timedelta(days=days), releases), IN_USE)


def states_to_keep(states: Sequence[State], now: datetime, keep_for: timedelta, keep_releases: int) -> set[int]:
    """The numbers of the releases that stay, and of the states that may still be in use."""
    releases = [state.number for state in states if state.is_release]
    shown_until = _shown_until(states, now)
    recent = {number for number in releases if shown_until[number] > now - keep_for}
    settled = max((state.number for state in states if state.is_release and state.made <= now - IN_USE), default=0)
    in_use = {state.number for state in states if state.number >= settled}
    return recent | set(releases[-keep_releases:]) | in_use


def _shown_until(states: Sequence[State], now: datetime) -> dict[int, datetime]:
    """By release: when readers saw it last."""
    until: dict[int, datetime] = defaultdict(lambda: datetime.min.replace(tzinfo=now.tzinfo))
    for state in states:
        if state.release is not None:
            until[state.release] = max(until[state.release], state.ended or now)
    return until
