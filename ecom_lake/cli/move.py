"""Taking a shop to another root: from disk to Azure Blob, back, or anywhere else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Here, Place
from ecom_lake.errors import UsageError
from ecom_lake.words import counted


def copy(
    source: Annotated[str, Parameter(name="FROM")],
    target: Annotated[str, Parameter(name="TO")],
    /,
    *,
    as_json: AsJson = False,
    place: Here,
) -> int:
    """Copy a shop to another root, history and landing too.

    Every file is read back and held against its hash; the history comes last, so that a copy that was stopped shows an older
    state whole, or nothing. Run it again to go on, or to bring over what is new. The original stays as it is.

    Parameters
    ----------
    source
        The root to copy from: a folder, or az://container/prefix.
    target
        The root to copy to.
    as_json
        As JSON.
    """
    from ecom_lake.engine.build.maintenance.copying import copy_shop
    from ecom_lake.engine.serve.released import nothing_built

    if place.root:
        raise UsageError("copy names both roots itself: leave --root out.")
    here, there = Place(source, place.shop, place.project), Place(target, place.shop, place.project)
    site, goal = here.site(), there.site()
    if site.lake.url == goal.lake.url:
        raise UsageError(f"{site.lake.url} is both FROM and TO: name another root.")
    if not site.lake.log.numbers() and not site.lake.landing.list(""):
        raise UsageError(nothing_built(site))
    with screen.progress() as bar:
        task = bar.add_task("looking", total=None)
        done = copy_shop(site, goal, lambda path, done, of: bar.update(task, description=path, completed=done, total=of))
    if as_json:
        screen.emit_json({"shop": place.shop, "from": site.lake.url, "to": goal.lake.url} | asdict(done))
        return 0
    if not done.files and not done.states:
        screen.say(f"Nothing to copy: {goal.lake.url} has all that {site.lake.url} has.")
        return 0
    size = screen.size(done.bytes)
    screen.say(f"Copied {counted(done.files, 'file')}, {size}, and {counted(done.states, 'state')} to {goal.lake.url}.")
    screen.say("Each was read back and is what it was.", f"Next: {there.command('build')} takes note of the landing there.")
    return 0
