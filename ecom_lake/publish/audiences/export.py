"""Exporting an audience: the customers to contact in a file, and everybody's arm in the lake."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError
from ecom_lake.publish.audiences.campaign import CONTACTED, Campaign, read_campaign, write_campaign
from ecom_lake.publish.audiences.groups import audiences, find


@dataclass(frozen=True)
class Exported:
    campaign: Campaign
    contacted: Sequence[str]
    """The customers who are to be contacted: all of the audience, or those who joined with this release."""
    held_out: int
    new: int
    """The customers of both arms who joined with this release."""
    is_repeated: bool
    """Whether those who joined with this release were exported before."""


def export_audience(
    site: Site, audience: str, campaign: str, holdout: float, write: Callable[[Sequence[str]], None], only_new: bool = False
) -> Exported:
    """Write the customers of an audience to contact, in the release that readers see, and record the arms of all.

    `write`: writes the customers to contact where the lake records it. An interruption after it leaves the campaign as it was, so
    that the next export writes the same customers. No customer is erased from the campaigns (forgotten.py) between the reading of
    the release and the end of it. `only_new`: leave out those who joined the campaign with an earlier release, so that an export
    that is repeated before the next release writes the same customers."""
    if not 0 <= holdout < 1:
        raise UsageError(f"--holdout must be at least 0 and below 1, such as 0.1 for 10%, not {holdout:g}.")
    with site.lake.turn():
        entry = released(site)
        joining = first_day(site, entry)
        found = audiences(site, entry)
        name = find(found, audience)
        before = read_campaign(site, campaign) or Campaign(campaign, name, holdout)
        if (before.audience, before.holdout) != (name, holdout):
            raise UsageError(
                f"Campaign '{campaign}' is for '{before.audience}' with a holdout of {100 * before.holdout:g}%: use the same, or "
                "name another campaign."
            )
        after = before.with_members(found[name], joining, entry.number)
        new = after.joined_with(entry.number)
        contacted = [customer for customer in found[name] if after.arm(customer) == CONTACTED]
        held_out = len(found[name]) - len(contacted)
        if only_new:
            contacted = [customer for customer in contacted if customer in new]
        write(contacted)
        if after is not before or not before.joined:
            write_campaign(site, after)
    return Exported(after, contacted, held_out, len(new), is_repeated=after is before and bool(new))


def first_day(site: Site, entry: Entry) -> date:
    """The day after the last order of the release: what comes later was not known when the audience was chosen."""
    last = _last_day(site, entry)
    if last is None:
        raise UsageError(why_none(site, entry))
    return last + timedelta(days=1)


def why_none(site: Site, entry: Entry) -> str:
    """Why no audience of the shop can be exported; empty if they can."""
    if _last_day(site, entry) is not None:
        return ""
    return (
        f"Shop '{site.shop.name}' has no orders with a date: the effect of a campaign cannot be measured, and no audience is "
        "exported."
    )


def _last_day(site: Site, entry: Entry) -> date | None:
    last = gold_rows(site, entry, "fct_orders", "order_date")["order_date"].max()
    return last if isinstance(last, date) else None


def hashed(customer: str) -> str:
    """SHA-256 of the id in lowercase, without surrounding spaces, as advertising networks compare ids."""
    return hashlib.sha256(customer.strip().lower().encode()).hexdigest()
