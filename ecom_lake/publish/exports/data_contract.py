"""The contracts of a release's gold tables as one data contract of the Open Data Contract Standard 3.1 (ODCS).

Rules and identities become quality checks in SQL: each counts the rows that break it, and must find none. An identity that reads
the shop's settings, which are no table, becomes a check in words; one about tables that the shop does not have is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecom_lake.engine.build.release.identities import Checked, identities_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, TIMESTAMP, Column
from ecom_lake.engine.contracts.recipe import SETTINGS
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table import Identity, Rule, Table
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.exports.released_tables import ReleasedTable, released_tables

API_VERSION = "v3.1.0"
_LOGICAL = {DATE: "date", TIMESTAMP: "timestamp", FLAG: "boolean", INTEGER: "integer"}
"""The standard's name of each type; a text is a string, all others are numbers."""
_SEVERITY = {"block": "error", "warn": "warning"}


def data_contract(site: Site, entry: Entry) -> dict[str, Any]:
    shop = site.shop.name
    identities = identities_of(site)
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"ecom-lake-{shop}",
        "name": shop,
        "version": f"{entry.number}.0.0",
        "status": "active",
        "description": {
            "purpose": f"The gold tables of shop '{shop}', as release {entry.number} has them.",
            "limitations": "Numbers of incomplete months are flagged with is_complete; do not compare them with complete ones.",
        },
        "servers": [_server(site)],
        "schema": [_table(site, table, identities) for table in released_tables(site, entry, ("gold",))],
    }


def _server(site: Site) -> dict[str, Any]:
    location = f"{site.lake.url}/gold"
    if site.lake.store.is_local:
        return {"server": "lake", "type": "local", "path": location, "format": "parquet"}
    return {"server": "lake", "type": "azure", "location": location, "format": "parquet"}


def _table(site: Site, table: ReleasedTable, identities: Sequence[Checked]) -> dict[str, Any]:
    contract = table.contract
    found: dict[str, Any] = {
        "name": contract.name,
        "physicalName": _file_name(site, contract),
        "physicalType": "table",
        "description": contract.grain,
        "dataGranularityDescription": contract.grain,
        "tags": [contract.group],
        "properties": [_column(contract, column) for column in contract.columns.values()],
    }
    quality = [_rule(contract, rule) for rule in contract.rules]
    quality += [_identity(one.identity) for one in identities if one.table == contract.name]
    return found | ({"quality": quality} if quality else {})


def _file_name(site: Site, contract: Table) -> str:
    return f"{contract.name}/month=*.parquet" if contract.monthly and not site.shop.is_undated else f"{contract.name}.parquet"


def _column(contract: Table, column: Column) -> dict[str, Any]:
    is_text = column.kind.name == "text"
    found: dict[str, Any] = {
        "name": column.name,
        "description": column.meaning,
        "logicalType": _LOGICAL.get(column.kind, "string" if is_text else "number"),
        "physicalType": column.kind.duckdb,
        "required": not column.nullable,
        "classification": "restricted" if column.personal else "public",
    }
    limits = {"minimum": column.at_least, "maximum": column.at_most}
    options = {name: limit for name, limit in limits.items() if limit is not None and not is_text}
    if options:
        found["logicalTypeOptions"] = options
    if column.one_of:
        found["quality"] = [_one_of(contract, column)]
    if column.key:
        found |= {"primaryKey": True, "primaryKeyPosition": contract.key.index(column.name) + 1}
    return found


def _one_of(contract: Table, column: Column) -> dict[str, Any]:
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in column.one_of)
    return _check(
        f"{column.name}_is_known",
        f"{column.name} is one of {', '.join(column.one_of)}.",
        f"select count(*) from {contract.name} where {column.name} not in ({values})",
        "conformity",
    )


def _rule(contract: Table, rule: Rule) -> dict[str, Any]:
    query = f"select count(*) from {contract.name} where not ({rule.holds})"
    return _check(rule.name, rule.meaning, query, "conformity", _SEVERITY[rule.severity])


def _identity(identity: Identity) -> dict[str, Any]:
    if SETTINGS in tables_in(identity.breaks):
        return {"name": identity.name, "description": identity.meaning, "type": "text", "dimension": "consistency"}
    return _check(identity.name, identity.meaning, f"select count(*) from ({identity.breaks})", "consistency")


def _check(name: str, meaning: str, query: str, dimension: str, severity: str = "error") -> dict[str, Any]:
    return {
        "name": name,
        "description": meaning,
        "type": "sql",
        "query": query,
        "mustBe": 0,
        "dimension": dimension,
        "severity": severity,
    }
