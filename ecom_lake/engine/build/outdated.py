"""Which tables a build would rebuild, and a fingerprint of everything that decides it except the tables themselves."""

from __future__ import annotations

from ecom_lake.engine.build.gold import make_gold as gold
from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.gold.definition import own_definition
from ecom_lake.engine.build.mapped import due_deliveries as mapped
from ecom_lake.engine.build.mapped.facets import facets_of, mapped_targets
from ecom_lake.engine.build.release import acceptance
from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver import make_silver as silver
from ecom_lake.engine.build.silver import order_index
from ecom_lake.engine.build.silver.specs import code, inputs_of, silver_tables, specs
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.store.entry import Entry


def outdated(site: Site, entry: Entry) -> list[str]:
    """The tables whose code, contract, settings or inputs have changed since they were built, in build order."""
    waiting = [f"mapped/{table}" for table in mapped_targets(site) if not mapped.is_current(site, entry, table)]
    waiting += [] if order_index.is_current(site, entry) else [str(order_index.TABLE)]
    waiting += [f"silver/{table}" for table in silver_tables(site) if not silver.is_current(site, entry, table)]
    return waiting + [f"gold/{table}" for table in gold_tables(site) if not gold.is_current(site, entry, table)]


def definitions(site: Site) -> str:
    """A fingerprint of the code, contracts and settings of all tables and of the release.

    A state whose tables were all current with it stays current as long as neither it nor a table changes: two states are compared
    without reading what each table was built from."""
    return fingerprint(
        code_version(acceptance.__name__, snapshots.__name__),
        site.months(),
        [(table, [mapped.mark_of(site, facet) for facet in facets_of(site, table)]) for table in mapped_targets(site)],
        order_index.definition_fingerprint(site),
        [(table, code(site, spec), inputs_of(site, table)) for table, spec in specs(site).items()],
        [
            (table, own_definition(site, site.registry.recipe(table).table), gold.inputs_of(site, table))
            for table in gold_tables(site)
        ],
    )
