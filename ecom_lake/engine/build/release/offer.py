"""Which gold tables a shop gets, and why it does not get the others.

A table is not built if its contract needs a table or column that the shop does not have, or if it reads a table that is not
built. The connector (`Connector.absent`) and lake.toml (`without`) state what a shop does not have; the connector may also name
a gold table, where the columns exist and never have the values that the table needs. A table that needs an extra
of the package is not built if the extra is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping

from ecom_lake.engine.build.once_per_site import once_per_site
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.extras import why_missing


@once_per_site
def gold_tables(site: Site) -> tuple[str, ...]:
    """The gold tables of the shop, each after the tables that it reads."""
    missing = left_out(site)
    return tuple(table for table in site.registry.in_order if table not in missing)


def gold_recipes(site: Site) -> tuple[Recipe, ...]:
    """The recipes of these tables, each after the recipes of the tables that it reads."""
    return tuple(dict.fromkeys(site.registry.recipe(table) for table in gold_tables(site)))


@once_per_site
def left_out(site: Site) -> Mapping[str, str]:
    """The gold tables that are not built for the shop, and why."""
    why: dict[str, str] = {}
    for table in site.registry.in_order:
        contract = site.registry.table(site.registry.recipe(table).table)
        reasons = [reason for need in (table, *contract.needs) if (reason := site.lacks(need))]
        if contract.extra and (reason := why_missing(contract.extra)):
            reasons.append(reason)
        missing = [read for read in site.registry.recipe(table).reads if read in why and not contract.partial]
        if reasons:
            why[table] = " ".join(dict.fromkeys(reasons))
        elif missing:
            why[table] = f"It reads {missing[0]}, which is not built. {why[missing[0]]}"
    return why


def not_built(site: Site) -> dict[str, str]:
    """All tables of silver and gold that are not built for the shop, and why."""
    unknown = {name: why for name, why in site.absent.items() if "." not in name}
    return dict(sorted({**unknown, **left_out(site), **site.registry.invalid}.items()))
