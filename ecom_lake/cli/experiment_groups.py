"""The customer groups and the margin of a released shop, for `experiment plan` and `experiment simulate`."""

from __future__ import annotations

from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.serve.views import RELEASED
from ecom_lake.errors import UsageError
from ecom_lake.shop.experiments.experiment_simulation_model import margin_of, margin_query
from ecom_lake.shop.experiments.groups import Group, base_rates_query, groups_of, too_little


def shop_groups(site: Site) -> tuple[list[Group], float | None]:
    """The groups with a known purchase rate, and the measured margin."""
    if why := left_out(site).get("experiment_plan"):
        raise UsageError(f"Shop '{site.shop.name}' cannot plan experiments: {why}")
    days = site.shop.mining.churn_days
    with session(site, released(site), layers=RELEASED) as opened:
        found = groups_of(opened.ask(base_rates_query(), {"days": days}).rows(), days)
        [margin] = opened.ask(margin_query()).rows()
    known = [group for group in found if group.is_known]
    if not known:
        raise UsageError(too_little(found))
    return known, margin_of(*margin)


def chosen(known: list[Group], segment: str | None) -> list[Group]:
    if segment is None:
        return known
    found = [group for group in known if group.name == segment.strip().lower()]
    if not found:
        raise UsageError(
            f"There is no group '{segment}' with a known purchase rate; the groups are: {'; '.join(g.name for g in known)}."
        )
    return found
