"""The page "All shops": the KPIs of the last complete month of each shop, in its own currency, and the state of its release.

Amounts of different shops are not added up: they may be in different currencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.errors import UserError
from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.trust import Verdict, verdict
from ecom_lake.publish.dashboard.view import View


@dataclass(frozen=True)
class ListedShop:
    name: str
    view: View | None
    """Its last complete month; None for a shop that has no release."""
    figures: Sequence[Figure]
    verdict: Verdict | None
    why_not: str
    """Why the shop has no figures; empty if it has."""


def all_shops(releases: Releases, shops: Sequence[str]) -> list[ListedShop]:
    return [_listed(releases, name) for name in shops]


def _listed(releases: Releases, name: str) -> ListedShop:
    try:
        everything = View(name, "overview", releases.of(name), Filters())
        last = max((month.month for month in everything.months if month.is_complete), default=None)
        view = View(name, "overview", everything.release, Filters().of_months(last, last)) if last else everything
        return ListedShop(name, view, figures(view), verdict(view.release), "")
    except UserError as error:
        return ListedShop(name, None, (), None, str(error))
