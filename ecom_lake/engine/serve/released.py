"""The latest release of a shop, or an error that names the command to run first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.store.entry import Entry


def released(site: Site) -> Entry:
    """The release that readers see."""
    head = built(site)
    if head.release is None:
        raise UsageError(
            f"Shop '{site.shop.name}' was built but never released: {command(site, 'status')} shows why, "
            f"and {command(site, 'build')} tries again."
        )
    return head if head.release == head.number else site.lake.log.entry(head.release)


def built(site: Site) -> Entry:
    """The newest state, released or not."""
    head = site.lake.log.head()
    if head.number == 0:
        raise UsageError(nothing_built(site))
    return head


def state(site: Site, number: int) -> Entry:
    """A state of the log by its number."""
    built(site)
    if number not in site.lake.log.numbers():
        raise UsageError(f"There is no state {number}; {command(site, 'log')} lists the states that exist.")
    return site.lake.log.entry(number)


def nothing_built(site: Site) -> str:
    from ecom_lake.engine.build.bronze.ingest import landed_files
    from ecom_lake.engine.config import defaults_in_force

    if waiting := len(landed_files(site)):
        return f"Shop '{site.shop.name}' has {counted(waiting, 'landed file')} and was never built: run {command(site, 'build')}."
    return (
        f"Shop '{site.shop.name}' has nothing yet in {site.lake.url}: land its export with {command(site, 'land PATH')}, "
        f"then run {command(site, 'build')}. To try it with a synthetic shop, start with `ecom-lake synth FOLDER`."
        f" {defaults_in_force(site.shop.written.looked_for)}"
    ).rstrip()


def command(site: Site, what: str) -> str:
    """A command to type, for this shop."""
    return f"`ecom-lake {what}{'' if site.is_default_shop else f' --shop {site.shop.name}'}`"
