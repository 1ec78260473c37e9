"""What `ecom-lake forget` does outside of the tables: campaigns, Dagster's history and local copies of remote files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.config import Settings


def forget_outside(settings: Settings, site: Site, erased_among: Callable[[Collection[str]], Collection[str]]) -> list[str]:
    """Erase persons from what surrounds the lake; sentences about what was done. It may be run again.

    `erased_among`: the erased ones of some customers."""
    from ecom_lake.engine.forget.outside import kept_outside
    from ecom_lake.engine.store.remote import RemoteStore
    from ecom_lake.publish.audiences.forgotten import forget_customers

    done = []
    if changed := forget_customers(site, erased_among):
        done.append(f"Campaigns that listed the persons, and do no more: {changed:,}.")
    if settings.dagster_home:
        from ecom_lake.engine.dagster.history import erase_history

        erased = erase_history(settings.dagster_home, site.shop.name)
        runs, assets = counted(erased.runs, "run"), counted(erased.assets, "asset")
        done.append(f"Deleted from Dagster's history: {runs}, and what it kept of {assets}.")
        if erased.shared:
            done.append(f"Runs among them that also made tables of other shops: {erased.shared:,}.")
    if isinstance(site.lake.store, RemoteStore) and (holders := site.lake.store.cache.clear()):
        done.append(f"Processes that still hold local copies of files, until they end: {holders:,}.")
    return done + [f"{one.what}: {one.remedy}" for one in kept_outside(settings, site)]
