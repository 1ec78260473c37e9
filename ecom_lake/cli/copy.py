"""The command `copy`: copies a shop to another root, such as from disk to Azure Blob."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, LakeOptions, Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted


def copy(
    source: Annotated[str, Parameter(name="FROM")],
    target: Annotated[str, Parameter(name="TO")],
    /,
    *,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Copy a shop to another root, with its history, landing zone and campaigns.

    Every file is read back and compared with the original. The campaigns are copied first and the history last, so that an
    interrupted copy shows an older complete state, or nothing, and whoever is held out of a campaign stays held out. Run it again
    to continue, or to copy new files. The original is not changed.

    Parameters
    ----------
    source
        The root to copy from: a folder, or az://container/prefix.
    target
        The root to copy to.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.build.erasure.former_contents import refuse_missing_key
    from ecom_lake.engine.build.maintenance.copying import copied_states, copy_shop
    from ecom_lake.engine.serve.released import nothing_built
    from ecom_lake.publish.audiences.campaign import copy_campaigns

    if options.root:
        raise UsageError("copy takes both roots as arguments: leave out --root.")
    here, there = LakeOptions(source, options.shop, options.project), LakeOptions(target, options.shop, options.project)
    site, goal = here.site(), there.site()
    if site.lake.url == goal.lake.url:
        raise UsageError(f"{site.lake.url} is both FROM and TO: name two different roots.")
    if not site.lake.log.numbers() and not site.lake.landing.list(""):
        raise UsageError(nothing_built(site))
    refuse_missing_key(site)
    copied_states(site.lake, goal.lake)  # raises for a target with another history, which is not changed
    campaigns = copy_campaigns(site, goal)
    with screen.progress() as bar:
        task = bar.add_task("scanning", total=None)
        done = copy_shop(site, goal, lambda path, done, of: bar.update(task, description=path, completed=done, total=of))
    if as_json:
        copied = asdict(done) | {"campaigns": campaigns}
        screen.show_json({"shop": site.shop.name, "from": site.lake.url, "to": goal.lake.url} | copied)
        return 0
    if not (done.files or done.states or done.deleted or campaigns):
        screen.show(f"Nothing to copy: {goal.lake.url} has every file of {site.lake.url}.")
        return 0
    size = screen.size(done.bytes)
    screen.show(
        f"Copied {counted(done.files, 'file')}, {size}, {counted(done.states, 'state')} and {counted(campaigns, 'campaign')}"
        f" to {goal.lake.url}."
    )
    if done.deleted:
        screen.show(f"Deleted {counted(done.deleted, 'landed file')} there that the source has removed.")
    screen.show("Every file was read back and matches the original.", f"Next: {there.command('build')}")
    return 0
