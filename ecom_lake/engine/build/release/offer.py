"""Which gold tables a shop gets, and why it does not get the others.

A table whose contract needs what the shop does not have is not built for it, nor is any that reads one of those. What a shop
does not have is stated by its connector (`Connector.absent`) and by lake.toml (`without`). A table that needs an extra of the
package is not built where that is not installed.
"""

from __future__ import annotations

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.extras import why_missing


def gold_tables(site: Site) -> tuple[str, ...]:
    """Each after those that it reads."""
    missing = left_out(site)
    return tuple(table for table in site.registry.in_order if table not in missing)


def gold_recipes(site: Site) -> tuple[Recipe, ...]:
    """How they are made, each after those whose tables it reads."""
    return tuple(dict.fromkeys(site.registry.recipe(table) for table in gold_tables(site)))


def left_out(site: Site) -> dict[str, str]:
    """The gold tables that the shop cannot fill, and why."""
    why: dict[str, str] = {}
    for table in site.registry.in_order:
        contract = site.registry.table(site.registry.recipe(table).table)
        lacked = [reason for need in contract.needs if (reason := _why_lacked(site, need))]
        if contract.extra and (reason := why_missing(contract.extra)):
            lacked.append(reason)
        unmade = [read for read in site.registry.recipe(table).reads if read in why and not contract.partial]
        if lacked:
            why[table] = " ".join(dict.fromkeys(lacked))
        elif unmade:
            why[table] = f"It is made from {unmade[0]}, which the shop cannot have. {why[unmade[0]]}"
    return why


def not_built(site: Site) -> dict[str, str]:
    """The tables, of silver too, that this kind of export does not fill, and why."""
    unknown = {name: why for name, why in site.absent.items() if "." not in name}
    return dict(sorted({**unknown, **left_out(site), **site.registry.invalid}.items()))


def alternatives(need: str) -> list[str]:
    """The columns of which a need asks for one: `this or that`."""
    return need.split(" or ")


def _why_lacked(site: Site, need: str) -> str | None:
    """Of several columns the shop must lack them all."""
    reasons = [site.lacks(column) for column in alternatives(need)]
    return None if None in reasons else " ".join(dict.fromkeys(filter(None, reasons)))
