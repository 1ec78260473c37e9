"""What the Dagster UI shows for a table: the texts of its contract, its code, kinds, group, owner and freshness."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from ecom_lake.engine.alerts import Freshness
from ecom_lake.engine.build.mapped.facets import inputs_of_table
from ecom_lake.engine.build.pull.earlier_pulls import PulledFile
from ecom_lake.engine.build.pull.pull import LAYER
from ecom_lake.engine.build.release.offer import not_built
from ecom_lake.engine.build.release.pages import page_url
from ecom_lake.engine.build.release.plain_view import plain_path
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster import markdown
from ecom_lake.engine.database import PulledTable, Target
from ecom_lake.engine.landing.table_recognition import named_after
from ecom_lake.engine.serve.publish.publish import LAYER as PUBLISHED

OWNER = "team:shop-data"
OF_MONTHS = {"partitions": "months"}
"""The tag of the tables of which a run may make selected months."""
_SHORTEST = timedelta(minutes=1)
"""Dagster refuses a shorter freshness policy."""
_QUICK_PATH = (
    "To build everything in one run, start the job `{shop}_all`; 'Materialize all' takes one run for each level of the graph."
)


def bronze(site: Site, delivered: Delivered) -> dg.AssetSpec:
    columns = [dg.TableColumn(column, "text") for column in delivered.columns]
    lineage = [dg.TableColumn(column, "integer") for column in LINEAGE]
    return dg.AssetSpec(
        [site.shop.name, "bronze", delivered.name],
        deps=_pulled_into(site, delivered),
        description=f"{delivered.meaning} As delivered: every field as text, every row with the file and record it came from.",
        group_name=f"{site.shop.name}_bronze",
        kinds={"csv", "parquet"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": "bronze"},
        metadata={"dagster/column_schema": dg.TableSchema([*columns, *lineage])},
        skippable=True,
    )


def mapped(site: Site, target: str) -> dg.AssetSpec:
    """A canonical table that the shop's map makes."""
    table = next(table for table in site.connector.mapped if table.name == target)
    inputs = inputs_of_table(site, target)
    columns = [dg.TableColumn(column, "text") for column in table.columns]
    lineage = [dg.TableColumn(column, "integer") for column in LINEAGE]
    files = ", ".join(read.name for read in inputs)
    return dg.AssetSpec(
        [site.shop.name, "mapped", target],
        deps=[key_of(site.shop.name, read) for read in inputs],
        description=f"{table.meaning} The map '{site.shop.map}' makes it from {files}: every field as text, with its record.",
        group_name=f"{site.shop.name}_mapped",
        kinds={"duckdb", "parquet"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": "mapped"},
        metadata={"dagster/column_schema": dg.TableSchema([*columns, *lineage])},
        skippable=True,
    )


def pulled(site: Site, name: str, declared: PulledTable) -> dg.AssetSpec:
    changes = f"what changed since the last pull, by {declared.since}" if declared.since else "the whole table"
    return dg.AssetSpec(
        key_of(site.shop.name, TableId(LAYER, name)),
        description=f"The files of the table {declared.table or name} of the shop's database in landing. A pull reads {changes}.",
        group_name=f"{site.shop.name}_landing",
        kinds={"csv", "sql"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": LAYER},
        skippable=True,
    )


def _pulled_into(site: Site, delivered: Delivered) -> list[dg.AssetKey]:
    """The pulled tables that become a delivered table: those with its name, and those that are recognised by their columns."""
    tables = site.shop.database.tables if site.shop.database else {}
    files = {table: PulledFile(1, table, datetime.now(UTC) if declared.since else None) for table, declared in tables.items()}
    named = {table: named_after(file.path, site.connector.delivered) for table, file in files.items()}
    return [key_of(site.shop.name, TableId(LAYER, table)) for table, name in named.items() if name in ("", delivered.name)]


def key_of(shop: str, table: TableId) -> dg.AssetKey:
    return dg.AssetKey([shop, table.layer, table.name])


def table(site: Site, contract: Table, inputs: Sequence[TableId]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key_of(site.shop.name, contract.id),
        deps=[key_of(site.shop.name, read) for read in inputs],
        description=_description(site, contract),
        group_name=f"{site.shop.name}_{contract.group}",
        kinds={"polars" if contract.layer == "silver" else _engine(site, contract), "parquet"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": contract.layer, **(OF_MONTHS if _has_partitions(contract) else {})},
        metadata=_metadata(site, contract),
        skippable=True,
    )


def _has_partitions(contract: Table) -> bool:
    """Of monthly gold tables, a run makes the months that are due; none is selected."""
    return contract.monthly and contract.layer == "silver"


def release(site: Site, released: TableId, tables: Sequence[TableId]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key_of(site.shop.name, released),
        deps=[key_of(site.shop.name, read) for read in tables],
        description=(
            "The tables that readers see. Released when every table is made from the current version of its inputs, the new "
            "deliveries were accepted and every identity between tables holds; a table that was built alone is committed, not "
            "released. "
            f"{_quick_path(site)}{_left_out(site)}"
        ),
        group_name=f"{site.shop.name}_release",
        kinds={"parquet"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": "gold"},
        metadata=_quality_link(site),
        freshness_policy=_freshness(site),
        skippable=True,
    )


def published(site: Site, target: Target, release: TableId) -> dg.AssetSpec:
    which = f"The gold tables {', '.join(target.tables)}" if target.tables else "All gold tables"
    personal = "with" if target.personal else "without"
    return dg.AssetSpec(
        key_of(site.shop.name, TableId(PUBLISHED, target.name)),
        deps=[key_of(site.shop.name, release)],
        description=f"{which} of the current release in the database of {target.url_env}, {personal} personal columns. Only what "
        "changed is written, and readers see it in one step. If this step fails, the release stays, and so do the tables there.",
        group_name=f"{site.shop.name}_{PUBLISHED}",
        kinds={"sql"},
        owners=[OWNER],
        tags={"shop": site.shop.name, "layer": PUBLISHED},
        skippable=True,
    )


def _quality_link(site: Site) -> Mapping[str, Any]:
    """A browser opens a local file only when its address is typed or pasted, so that is what the UI shows."""
    where = page_url(site)
    if where is None:
        return {}
    return {"quality page": dg.MetadataValue.url(Path(where).as_uri() if site.lake.store.is_local else where)}


def _left_out(site: Site) -> str:
    """The tables that this shop does not get, for the description of the release."""
    rows = markdown.table(({"table": table, "why": why} for table, why in not_built(site).items()), ("table", "why"))
    return f"\n\nNot built for this shop:\n\n{rows}" if rows else ""


def _description(site: Site, contract: Table) -> str:
    if contract.layer == "silver":
        return contract.grain
    sql = site.registry.recipe(contract.name).sql
    return f"{contract.grain}\n\n```sql\n{sql.strip()}\n```" if sql else contract.grain


def _engine(site: Site, contract: Table) -> str:
    return "duckdb" if site.registry.recipe(contract.name).sql else "python"


def _metadata(site: Site, contract: Table) -> Mapping[str, Any]:
    columns = [
        dg.TableColumn(
            column.name,
            column.kind.duckdb,
            column.meaning,
            constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=contract.key == (column.name,)),
        )
        for column in contract.columns.values()
    ]
    return {
        "dagster/column_schema": dg.TableSchema(columns),
        "written in": ", ".join(_code(site, contract)),
        "plain file": plain_path(site, contract.id, contract.monthly),
    }


def _code(site: Site, contract: Table) -> list[str]:
    """The files that define the table: paths from the package's root or the user's project folder."""
    files = [site.registry.definition(contract.name).file]
    files += [site.registry.recipe(contract.name).file] if contract.layer == "gold" else []
    return [site.registry.relative_path(file) for file in files]


def _freshness(site: Site) -> dg.FreshnessPolicy | None:
    """As the alert `freshness` watches the age of the release: each shop delivers on other days. A closed shop needs no check."""
    rule = site.shop.alerts.rules.get("freshness")
    age = rule.no_release if isinstance(rule, Freshness) and site.shop.last_month is None else None
    return dg.FreshnessPolicy.time_window(fail_window=age) if age and age >= _SHORTEST else None


def _quick_path(site: Site) -> str:
    return _QUICK_PATH.format(shop=site.shop.name)
