"""A campaign: who was chosen for it, and who was left out on purpose, recorded in the lake.

A customer's arm depends on the campaign and the customer alone, so that exporting again gives nobody another arm. Customers who
come into the audience later join the campaign on that day; nobody leaves it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.errors import UsageError, UserError

CONTACTED, HELD_OUT = "contacted", "held out"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Joined:
    """Customers who joined the campaign on the same day."""

    on: date
    """The first day whose orders count."""
    release: int
    contacted: Sequence[str]
    held_out: Sequence[str]

    @property
    def members(self) -> Sequence[str]:
        return (*self.contacted, *self.held_out)


@dataclass(frozen=True)
class Campaign:
    name: str
    audience: str
    holdout: float
    """The share of customers that is left out."""
    joined: tuple[Joined, ...] = ()

    def arm(self, customer: str) -> str:
        digest = hashlib.blake2b(f"{self.name}\x1f{customer}".encode(), digest_size=8).digest()
        return HELD_OUT if int.from_bytes(digest, "big") < self.holdout * 2**64 else CONTACTED

    @property
    def members(self) -> set[str]:
        return {customer for one in self.joined for customer in one.members}

    def joined_with(self, release: int) -> set[str]:
        """The customers of both arms who joined with an export of this release."""
        return {customer for one in self.joined if one.release == release for customer in one.members}

    def with_members(self, customers: Sequence[str], on: date, release: int) -> Campaign:
        """The campaign with those of the customers who are not in it yet."""
        known = self.members
        new = [customer for customer in customers if customer not in known]
        if not new:
            return self
        contacted = [customer for customer in new if self.arm(customer) == CONTACTED]
        held_out = [customer for customer in new if self.arm(customer) == HELD_OUT]
        return replace(self, joined=(*self.joined, Joined(on, release, contacted, held_out)))


def read_campaign(site: Site, name: str) -> Campaign | None:
    try:
        stored = json.loads(site.lake.store.read(_path(site, name)))
        return _decoded(stored)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{site.lake.store.where(_path(site, name))} is damaged: restore it from a backup.") from None


def write_campaign(site: Site, campaign: Campaign) -> None:
    site.lake.store.write(_path(site, campaign.name), json.dumps(asdict(campaign), default=date.isoformat).encode())


def campaigns(site: Site) -> list[str]:
    """The names of the recorded campaigns."""
    names = site.lake.store.names(f"{site.shop.name}/campaigns")
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def copy_campaigns(source: Site, target: Site) -> int:
    """Copy the campaigns to another lake, so that who was left out stays left out. Returns how many were new or had new members.

    Members whom only the target has are never lost: such a campaign is an error, and so is another campaign of that name."""
    new = [campaign for name in campaigns(source) if (campaign := _new_for(source, target, name))]  # all are checked first
    for campaign in new:
        write_campaign(target, campaign)
        if read_campaign(target, campaign.name) != campaign:
            raise UserError(f"{target.lake.store.where(_path(target, campaign.name))} differs from the original. Copy again.")
    return len(new)


def _new_for(source: Site, target: Site, name: str) -> Campaign | None:
    """A campaign that the target lacks, or has with fewer members."""
    campaign, there = read_campaign(source, name), read_campaign(target, name)
    if campaign is None or campaign == there:
        return None
    if there is not None and replace(campaign, joined=campaign.joined[: len(there.joined)]) != there:
        raise UserError(
            f"{target.lake.store.where(_path(target, name))} is not an older copy of the campaign '{name}', and is not "
            "replaced: export that campaign from one lake only, and remove the file of the other."
        )
    return campaign


def _decoded(stored: dict[str, Any]) -> Campaign:
    joined = (Joined(**{**one, "on": date.fromisoformat(one["on"])}) for one in stored["joined"])
    return Campaign(**{**stored, "joined": tuple(joined)})


def _path(site: Site, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"The campaign '{name}' needs a name of small letters, digits, - and _, such as win-back-spring.")
    return f"{site.shop.name}/campaigns/{name}.json"
