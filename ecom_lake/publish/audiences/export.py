"""Exporting an audience: the customers to contact in a file, and everybody's arm in the lake."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError
from ecom_lake.publish.audiences.campaign import CONTACTED, Campaign, read_campaign, write_campaign
from ecom_lake.publish.audiences.groups import audiences, find


@dataclass(frozen=True)
class Exported:
    campaign: Campaign
    contacted: Sequence[str]
    """The customers of the audience that are to be contacted."""
    held_out: int
    new: int
    """The customers of both arms who joined now."""


def export_audience(site: Site, entry: Entry, audience: str, campaign: str, holdout: float) -> Exported:
    """Record the arms of an audience's customers, and return those to contact."""
    if not 0 <= holdout < 1:
        raise UsageError(f"--holdout must be at least 0 and below 1, such as 0.1 for 10%, not {holdout:g}.")
    found = audiences(site, entry)
    name = find(found, audience)
    with site.lake.turn():
        before = read_campaign(site, campaign) or Campaign(campaign, name, holdout)
        if (before.audience, before.holdout) != (name, holdout):
            raise UsageError(
                f"Campaign '{campaign}' is for '{before.audience}' with a hold-out of {before.holdout:.0%}: use the same, or "
                "name another campaign."
            )
        after = before.with_members(found[name], first_day(site, entry), entry.number)
        if after is not before or not before.joined:
            write_campaign(site, after)
    contacted = [customer for customer in found[name] if after.arm(customer) == CONTACTED]
    return Exported(after, contacted, len(found[name]) - len(contacted), len(after.members) - len(before.members))


def first_day(site: Site, entry: Entry) -> date:
    """The day after the last order of the release: what comes later was not known when the audience was chosen."""
    last = gold_rows(site, entry, "fct_orders", "order_date")["order_date"].max()
    if not isinstance(last, date):
        raise UsageError(f"Shop '{site.shop.name}' has no orders with a date: the effect of a campaign cannot be measured.")
    return last + timedelta(days=1)


def hashed(customer: str) -> str:
    """SHA-256 of the id in small letters without blanks around it, as advertising networks compare ids."""
    return hashlib.sha256(customer.strip().lower().encode()).hexdigest()
