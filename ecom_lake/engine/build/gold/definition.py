"""Fingerprints of the definition of a gold table: code, contracts, settings and SQL, without the rows of its inputs.

A table is rebuilt when its definition changes. A model is kept when its inputs change, so that the definitions of all tables that
it is made from belong to its own. Not here: the versions of the inputs (make_gold.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.gold.run_recipe import code_of, settings_of
from ecom_lake.engine.build.once_per_site import once_per_site
from ecom_lake.engine.build.release import own_tables as trust
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver import order_index, specs
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.recipe import MODEL_SNAPSHOTS, Recipe
from ecom_lake.engine.store.entry import Entry

_CODE = ("ecom_lake.engine.build.gold.table_file", "ecom_lake.engine.build.sql.on_duckdb", "ecom_lake.engine.build.step.audit")
"""The modules that write and check every gold table. Other engines give the same values, so that their code is none of them."""
_BY_MONTH = "ecom_lake.engine.build.gold.month_files"
"""The module that writes monthly ones."""


def definition_fingerprint(site: Site, entry: Entry, how: Recipe) -> str:
    """A fingerprint of everything that a table depends on, except the rows of its inputs."""
    own = own_definition(site, how.table)
    if how.fit:
        return fingerprint(own, [own_definition(site, table) for table in sorted(_made_from(site, how))])
    if MODEL_SNAPSHOTS in how.reads:
        return fingerprint(own, code_version(snapshots.__name__), snapshots.recorded(site, entry))
    return own


@once_per_site
def own_definition(site: Site, table: str) -> str:
    """The definition of a table by itself, without those of the tables that a model is made from."""
    if table in site.registry.gold:
        return _of_recipe(site, site.registry.recipe(table))
    silver = specs.specs(site).get(table)
    return specs.code(site, silver) if silver else order_index.definition_fingerprint(site)


def _of_recipe(site: Site, how: Recipe) -> str:
    own_tables = trust.definition_fingerprint(site) if how.reads_own_tables else ""
    states = site.registry.domain.snapshots
    about_snapshots = states if states and (how.table == states.table or MODEL_SNAPSHOTS in how.reads) else ""
    code = code_version(*_CODE, *((_BY_MONTH,) if how.contracts[0].monthly else ()), *code_of(how))
    return fingerprint(code, own_tables, how.contracts, how.query, settings_of(how, site.shop), about_snapshots)


def _made_from(site: Site, how: Recipe) -> set[str]:
    """The silver and gold tables that a recipe is made from, directly or through others, without its own."""
    found: set[str] = set()
    waiting = [*_tables_of(site, how)]
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            if table in site.registry.gold:
                waiting += _tables_of(site, site.registry.recipe(table))
    return found


def _tables_of(site: Site, how: Recipe) -> Iterator[str]:
    return (read for read in how.reads if read in site.registry.gold or read in site.registry.silver)
