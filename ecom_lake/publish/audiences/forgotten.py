"""Erasing customers from the campaigns: the lists of who was contacted and who was held out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.publish.audiences.campaign import campaigns, read_campaign, write_campaign


def forget_customers(site: Site, erased_among: Callable[[Collection[str]], Collection[str]]) -> int:
    """Take erased customers out of every campaign; returns how many campaigns changed. The effect of a campaign is then measured
    without them.

    `erased_among`: the erased ones of some customers. An export of an audience runs before or after this, so that nobody returns
    with members that it read earlier."""
    with site.lake.turn():
        return sum(_forget(site, name, erased_among) for name in campaigns(site))


def _forget(site: Site, name: str, erased_among: Callable[[Collection[str]], Collection[str]]) -> bool:
    """Whether the campaign changed."""
    campaign = read_campaign(site, name)
    erased = frozenset(erased_among(campaign.members)) if campaign else frozenset[str]()
    if campaign is None or not erased:
        return False
    joined = tuple(
        replace(
            one,
            contacted=[customer for customer in one.contacted if customer not in erased],
            held_out=[customer for customer in one.held_out if customer not in erased],
        )
        for one in campaign.joined
    )
    write_campaign(site, replace(campaign, joined=joined))
    return True
