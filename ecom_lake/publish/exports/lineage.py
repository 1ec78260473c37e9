"""The lineage of a release as OpenLineage run events: which table was made from which, in which version, with how many rows.

One event per table, and one for the release that they belong to. The ids depend on the lake and on the tables' versions only,
so that a collector that receives the same release twice stores it once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry

PRODUCER = "urn:ecom-lake"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets"
_TABLE_LAYERS = ("bronze", "mapped", "silver", "gold")

Event = dict[str, Any]


def lineage_events(site: Site, entry: Entry) -> Iterator[Event]:
    """The events of a release: its tables in alphabetical order, then the release itself."""
    tables = sorted(table for table in entry.tables if table.layer in _TABLE_LAYERS and entry.parts(table))
    parent = {"run": {"runId": _run_id(site, "release", str(entry.number))}, "job": _job(site, "release")}
    for table in tables:
        if table.layer != "bronze":
            event = _event(site, entry, str(table), entry.version(table))
            event["run"]["facets"] = {"parent": _facet("ParentRunFacet", "1-0-1", parent)}
            event["job"]["facets"] = _about_job(site, table)
            yield event | {
                "inputs": [_dataset(site, entry, read) for read in _inputs(entry, table)],
                "outputs": [_dataset(site, entry, table) | {"outputFacets": _statistics(entry, table)}],
            }
    released = [_dataset(site, entry, table) for table in tables if table.layer == "gold"]
    yield _event(site, entry, "release", str(entry.number)) | {"inputs": released, "outputs": []}


def _event(site: Site, entry: Entry, job: str, version: str) -> Event:
    return {
        "eventType": "COMPLETE",
        "eventTime": entry.at,
        "producer": PRODUCER,
        "schemaURL": _SCHEMA,
        "run": {"runId": _run_id(site, job, version)},
        "job": _job(site, job),
    }


def _run_id(site: Site, job: str, version: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{site.lake.url}/{job}?version={version}"))


def _job(site: Site, name: str) -> dict[str, Any]:
    return {"namespace": f"ecom_lake.{site.shop.name}", "name": name.replace("/", ".")}


def _inputs(entry: Entry, table: TableId) -> list[TableId]:
    return sorted({read for file in entry.parts(table).values() for read in file.inputs})


def _about_job(site: Site, table: TableId) -> dict[str, Any]:
    if table.layer not in ("silver", "gold"):
        return {}
    contract = site.registry.table(table.name)
    facets = {"documentation": _facet("DocumentationJobFacet", "1-1-0", {"description": contract.grain})}
    if table.layer == "gold" and (sql := site.registry.recipe(table.name).sql):
        facets["sql"] = _facet("SQLJobFacet", "1-1-0", {"query": sql, "dialect": "duckdb"})
    return facets


def _dataset(site: Site, entry: Entry, table: TableId) -> dict[str, Any]:
    version = {"datasetVersion": entry.version(table)}
    facets = {"version": _facet("DatasetVersionDatasetFacet", "1-0-1", version)}
    if table.layer in ("silver", "gold"):
        columns = site.registry.table(table.name).columns.values()
        fields = [{"name": column.name, "type": column.kind.duckdb, "description": column.meaning} for column in columns]
        facets["schema"] = _facet("SchemaDatasetFacet", "1-1-1", {"fields": fields})
    return {"namespace": _namespace(site), "name": f"{site.shop.name}/{table}", "facets": facets}


def _namespace(site: Site) -> str:
    """The root of the lake; OpenLineage names local files by the scheme alone."""
    root = site.lake.url.removesuffix(f"/{site.shop.name}")
    return f"file://{root}" if site.lake.store.is_local else root


def _statistics(entry: Entry, table: TableId) -> dict[str, Any]:
    files = entry.parts(table).values()
    counts = {"rowCount": sum(file.rows for file in files), "size": sum(file.bytes for file in files), "fileCount": len(files)}
    return {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", counts)}


def _facet(name: str, version: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_FACETS}/{version}/{name}.json#/$defs/{name}", **content}
