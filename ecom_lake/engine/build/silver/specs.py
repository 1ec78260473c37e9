"""The silver tables of a shop's connector: their specifications, inputs and code fingerprints."""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.build.bronze.delivered_rows import delivered_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.whole_orders import versions_of
from ecom_lake.engine.build.step.code_version import code_version, version_of
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.connector import ManyToOne, RowByRow
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.personal import with_decisions
from ecom_lake.engine.contracts.table import Table, with_nullable
from ecom_lake.engine.contracts.table_id import TableId

INDEX = TableId("silver", "order_index")

Spec = RowByRow | ManyToOne


def specs(site: Site) -> dict[str, Spec]:
    connector = site.connector
    return {spec.contract.name: spec for spec in (connector.orders, *connector.lines, *connector.dimensions)}


def silver_contracts(site: Site) -> dict[str, Table]:
    """The contract of each silver table in this shop."""
    index = site.registry.table(OrderIndex.table.name)
    index = with_nullable(index, "ordered_at") if site.shop.is_undated else index
    return {
        index.name: index,
        **{name: _registered(site, spec.contract) for name, spec in specs(site).items()},
    }


def _registered(site: Site, contract: Table) -> Table:
    """The contract of a connector's table as the registry has it: with its group, and with decisions on personal columns."""
    return replace(with_decisions(contract, site.registry.domain), group="silver")


def silver_tables(site: Site) -> list[str]:
    """All silver tables except the order index, which is built first."""
    return list(specs(site))


def not_exported(site: Site) -> set[str]:
    """The silver tables that exports of this kind never have: they are not made, and gold reads them without rows."""
    return set(site.registry.silver) - {INDEX.name, *silver_tables(site)}


def inputs_of(site: Site, table: str) -> tuple[TableId, ...]:
    """The tables of the lake that a silver table is built from."""
    spec = specs(site)[table]
    lookups = [site.connector.table(lookup.source) for lookup in spec.lookups] if isinstance(spec, RowByRow) else []
    reads_index = spec.reads_orders if isinstance(spec, ManyToOne) else spec.contract.monthly
    index = [INDEX] if reads_index else []
    return (*index, site.connector.table(spec.source), *lookups)


def code(site: Site, spec: Spec) -> str:
    """A fingerprint of the code, contract, delivered columns and time zone that a table is built with."""
    is_monthly = isinstance(spec, RowByRow) and spec.contract.monthly
    step = code_version(f"ecom_lake.engine.build.silver.{'months' if is_monthly else 'dimensions'}")
    lookups = spec.lookups if isinstance(spec, RowByRow) else ()
    delivered = [delivered_table(site, source) for source in (spec.source, *(lookup.source for lookup in lookups))]
    shape = spec.shape if isinstance(spec, RowByRow) else spec.merge
    versions = versions_of(site, spec) if isinstance(spec, RowByRow) else []
    clock = (spec.times, site.shop.timezone) if spec.times else ()
    return fingerprint(step, version_of(shape), spec.contract, lookups, delivered, clock, *versions)
