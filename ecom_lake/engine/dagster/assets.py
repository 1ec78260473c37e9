"""The assets of a shop. A key is a path: `[shop, layer, table]`.

Each shop is a pool: dagster.yaml allows one run at a time in it. The monthly tables of silver are a pool of their own
(`months_pool`), which may be allowed more runs: those of other months do not conflict. Runs of the two pools may work at the same
time; the commit log orders them.
Here: the metadata of each asset (inputs, checks, descriptions), and asset bodies of one call.
Not here: the steps themselves (`engine/build/`), and the events that report their outcomes (`events.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import dagster as dg

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.gold import make_gold as gold
from ecom_lake.engine.build.mapped.checks import declared as checks_of_mapped
from ecom_lake.engine.build.mapped.facets import mapped_targets
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.pull.pull import pull_step
from ecom_lake.engine.build.release import acceptance, offer
from ecom_lake.engine.build.release.release import OWN_FILES, expected_tables, make_release
from ecom_lake.engine.build.release.release import TABLE as RELEASE
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.silver import make_silver as silver
from ecom_lake.engine.build.silver import specs
from ecom_lake.engine.build.silver.order_index import TABLE as ORDER_INDEX
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.step.in_turn import in_turn
from ecom_lake.engine.config import Settings, Shop
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster import describe
from ecom_lake.engine.dagster.events import Event, report
from ecom_lake.engine.dagster.partitions import chosen_months, months_of
from ecom_lake.engine.database import Database, Target
from ecom_lake.engine.serve.publish.publish import LAYER as PUBLISHED
from ecom_lake.engine.serve.publish.publish import publish_step

Checks = Sequence[tuple[str, str, bool]]
"""Name, description, and whether the check blocks."""

Body = Callable[[dg.AssetExecutionContext], Iterator[Event]]

FULL = "ecom_lake/full"
"""A run with this tag rebuilds every table."""
REFIT = "ecom_lake/refit"
"""A run with this tag refits every model."""
ACCEPT_SETTINGS = "ecom_lake/accept_settings"
"""A run with this tag builds with the settings in force, although the shop was built with other settings before."""


class _RunSites:
    """The site of the run in progress. It is opened once: what depends on the site alone is computed once for all steps."""

    def __init__(self, settings: Settings, shop: str) -> None:
        self._settings, self._shop = settings, shop
        self._opened: dict[str, Site] = {}

    def site(self, context: dg.AssetExecutionContext) -> Site:
        run, tags = context.run.run_id, context.run.tags
        if run not in self._opened:
            asked = {"full": FULL in tags, "refit": REFIT in tags, "accept_settings": ACCEPT_SETTINGS in tags}
            self._opened = {run: open_site(self._settings, self._shop, run=run[:13], **asked)}
        return self._opened[run]


def shop_assets(settings: Settings, shop: str) -> list[dg.AssetsDefinition]:
    site, runs = open_site(settings, shop), _RunSites(settings, shop)
    return [
        *([_pull(runs, site, site.shop.database)] if site.shop.database else []),
        _bronze(runs, site),
        *([_mapped(runs, site)] if site.map else []),
        _order_index(runs, site),
        *(_silver(runs, site, table) for table in specs.silver_tables(site)),
        *(_gold(runs, site, how) for how in offer.gold_recipes(site)),
        _release(runs, site),
        *(_publish(runs, site, target) for target in site.shop.publish.values()),
    ]


def _pull(runs: _RunSites, site: Site, database: Database) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{site.shop.name}__pull",
        specs=[describe.pulled(site, name, declared) for name, declared in database.tables.items()],
        pool=site.shop.name,
    )
    def pull(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, "landing", partial(pull_step, here))

    return pull


def _bronze(runs: _RunSites, site: Site) -> dg.AssetsDefinition:
    well_formed = ("records_whole", "No record was malformed.", False)
    accepted = ("landing_accepted", "Every file in landing was read; a refused file is reported until it is fixed.", False)
    named = ("columns_known", "No column that a table lacks was delivered under a similar name.", False)
    checks = {TableId("bronze", delivered.name): [well_formed, named] for delivered in site.connector.delivered}
    checks[TableId("bronze", site.connector.reports_landing)].append(accepted)

    @dg.multi_asset(
        name=f"{site.shop.name}__bronze",
        specs=[describe.bronze(site, delivered) for delivered in site.connector.delivered],
        check_specs=[spec for table, of_table in checks.items() for spec in _check_specs(site, table, of_table)],
        pool=site.shop.name,
    )
    def bronze(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, "bronze", in_turn(here, "bronze", partial(ingest, here)))

    return bronze


def _mapped(runs: _RunSites, site: Site) -> dg.AssetsDefinition:
    tables = mapped_targets(site)

    @dg.multi_asset(
        name=f"{site.shop.name}__mapped",
        specs=[describe.mapped(site, table) for table in tables],
        check_specs=[
            spec for table in tables for spec in _check_specs(site, TableId("mapped", table), checks_of_mapped(site, table))
        ],
        pool=site.shop.name,
    )
    def mapped(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, "mapped", in_turn(here, "mapped", partial(make_mapped, here)))

    return mapped


def _order_index(runs: _RunSites, site: Site) -> dg.AssetsDefinition:
    checks = (
        ("orders_accepted", "Every delivered order is readable and within the shop's months.", False),
        ("nothing_pending", "No row is pending because its order was not delivered.", False),
    )

    contract = specs.silver_contracts(site)["order_index"]

    @_asset(site, [(contract, checks)], _silver_inputs(site, "order_index"))
    def order_index(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, str(ORDER_INDEX), in_turn(here, str(ORDER_INDEX), partial(make_order_index, here)))

    return order_index


def _silver(runs: _RunSites, site: Site, table: str) -> dg.AssetsDefinition:
    contract = specs.silver_contracts(site)[table]
    checks = (
        ("every_row_accounted", "Every delivered row is published, superseded, collapsed or quarantined.", True),
        ("nothing_quarantined", "No row failed a rule of the contract.", False),
    )
    monthly = months_of(site.shop) if contract.monthly else None

    @_asset(site, [(contract, checks)], _silver_inputs(site, table), monthly)
    def silver_table(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        months = chosen_months(context)
        yield from report(context, here, f"silver/{table}", partial(silver.make_silver, here, table, months))

    return silver_table


def _gold(runs: _RunSites, site: Site, how: Recipe) -> dg.AssetsDefinition:
    inputs: Sequence[TableId] = gold.inputs_of(site, how.table)
    if how.reads_own_tables:
        inputs = _last_of(site, inputs)

    # Without partitions for a monthly table too: a run over the whole shop has no range of months, and Dagster requires one to
    # look up the partitions of a partitioned input.
    @_asset(site, [(contract, _contract_checks(contract)) for contract in how.contracts], inputs)
    def gold_table(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, f"gold/{how.table}", partial(gold.make_gold, here, how.table))

    return gold_table


def _contract_checks(contract: Table) -> Checks:
    warnings = [(rule.name, rule.meaning, False) for rule in contract.rules if rule.severity == "warn"]
    return ("contract", "Types, keys and rules are as the contract states.", True), *warnings


def _release(runs: _RunSites, site: Site) -> dg.AssetsDefinition:
    checks = (
        ("nothing_stale", "Every table is made from the current version of its inputs.", True),
        ("identities", "Every sum that two tables share is the same in both, to the cent.", True),
        (acceptance.NAME, acceptance.MEANING, True),
        (OWN_FILES, "Every table of the project folder is built; a file with an error is left out.", False),
    )

    @dg.multi_asset(
        name=f"{site.shop.name}__release",
        specs=[describe.release(site, RELEASE, _last_of(site, expected_tables(site)))],
        check_specs=_check_specs(site, RELEASE, checks),
        pool=site.shop.name,
    )
    def release(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, str(RELEASE), partial(make_release, here))

    return release


def _publish(runs: _RunSites, site: Site, target: Target) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{site.shop.name}__publish__{target.name}",
        specs=[describe.published(site, target, RELEASE)],
        pool=site.shop.name,
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[Event]:
        here = runs.site(context)
        yield from report(context, here, f"{PUBLISHED}/{target.name}", partial(publish_step, here, target))

    return publish


def _last_of(site: Site, tables: Sequence[TableId]) -> list[TableId]:
    """The tables that no other table of these is made from: with edges to all of them, the graph would be unreadable."""
    inputs_of = {"gold": gold.inputs_of, "silver": _silver_inputs}
    read = {source for table in tables if table.layer in inputs_of for source in inputs_of[table.layer](site, table.name)}
    return [table for table in tables if table not in read]


def _silver_inputs(site: Site, table: str) -> tuple[TableId, ...]:
    if table == "order_index":
        return tuple(site.connector.table(spec.source) for spec in (site.connector.orders, *site.connector.lines))
    return specs.inputs_of(site, table)


def _asset(
    site: Site,
    made: Sequence[tuple[Table, Checks]],
    inputs: Sequence[TableId],
    partitions: dg.PartitionsDefinition[str] | None = None,
) -> Callable[[Body], dg.AssetsDefinition]:
    """The decorator of an asset function: one step that makes these tables."""
    first = made[0][0]
    return dg.multi_asset(
        name=f"{site.shop.name}__{first.layer}__{first.name}",
        specs=[describe.table(site, contract, inputs) for contract, _ in made],
        check_specs=[spec for contract, checks in made for spec in _check_specs(site, contract.id, checks)],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy(site.shop.months_per_run) if partitions else None,
        pool=months_pool(site.shop) if partitions else site.shop.name,
    )


def months_pool(shop: Shop) -> str:
    """The pool of the runs over months of a shop."""
    return f"{shop.name}_months"


def _check_specs(site: Site, table: TableId, checks: Checks) -> list[dg.AssetCheckSpec]:
    key = describe.key_of(site.shop.name, table)
    return [dg.AssetCheckSpec(name, asset=key, description=description, blocking=blocks) for name, description, blocks in checks]
