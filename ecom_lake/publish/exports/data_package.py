"""`datapackage.json` beside the plain files of a release: a Frictionless Data Package, which names and types every column."""

from __future__ import annotations

import json
from typing import Any

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.code_version import code_version
from ecom_lake.engine.build.step.fingerprint import fingerprint
from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, TEXT, TIMESTAMP, Column
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.exports.released_tables import ReleasedTable, released_tables

PAGE = "datapackage.json"
_TYPES = {TEXT: "string", INTEGER: "integer", FLAG: "boolean", DATE: "date", TIMESTAMP: "datetime"}
"""The package's name of each type; all others are numbers."""


def render(site: Site, entry: Entry) -> bytes:
    """The same release gives the same bytes."""
    package = {
        "name": site.shop.name,
        "title": f"Shop {site.shop.name}, release {entry.number}",
        "version": f"{entry.number}.0.0",
        "created": entry.at,
        "resources": [_resource(table) for table in released_tables(site, entry)],
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def definition_fingerprint(site: Site) -> str:
    """A hash of all that the file depends on, except the release."""
    contracts = sorted(repr(contract) for contract in site.registry.tables.values())
    return fingerprint(code_version(__name__), site.shop.name, contracts)


def _resource(table: ReleasedTable) -> dict[str, Any]:
    contract, paths = table.contract, list(table.files)
    return {
        "name": f"{contract.layer}-{contract.name}".replace("_", "-"),
        "title": contract.name,
        "description": contract.grain,
        "path": paths[0] if len(paths) == 1 else paths,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": table.bytes,
        "schema": {
            "fields": [_field(column) for column in contract.columns.values()],
            "primaryKey": list(contract.key),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if not column.nullable else {}
    if column.at_least is not None:
        constraints["minimum"] = column.at_least
    if column.at_most is not None:
        constraints["maximum"] = column.at_most
    if column.one_of:
        constraints["enum"] = list(column.one_of)
    found = {"name": column.name, "type": _TYPES.get(column.kind, "number"), "description": column.meaning}
    return found | ({"constraints": constraints} if constraints else {})
