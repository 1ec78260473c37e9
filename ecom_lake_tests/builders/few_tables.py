"""A shop that gets the gold tables of a test only: a build of all of them takes several times as long."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site


def with_few_tables(site: Site, tables: Iterable[str]) -> Site:
    """The shop with these gold tables, and those that they are made from or together with. A `dataclasses.replace` of the site
    has all tables again."""
    others = sorted(set(site.registry.in_order) - _with_inputs(site, tables))
    kept_out = dict.fromkeys(others, "It is not built in this test.") | dict(left_out(site))
    site.remembered[(inspect.unwrap(left_out),)] = kept_out
    return site


def _with_inputs(site: Site, tables: Iterable[str]) -> set[str]:
    found, todo = set[str](), list(tables)
    while todo:
        if (table := todo.pop()) in site.registry.gold and table not in found:
            how = site.registry.recipe(table)
            found.add(table)
            todo += [*how.reads, *how.names, *how.tables]
    return found
