"""The plain view: a release's tables under their plain names, for tools that know nothing of a log.

`gold/rfm.parquet`, `silver/orders/month=2017-10.parquet`, `release.json`, `catalog.duckdb`. Whole file by file, each put in
place in one step; not whole across files while a release is being put there. Copies, never links into the store: a
careless writer must not reach it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecom_lake.contracts.table import Table
from ecom_lake.lake.log import Entry, File
from ecom_lake.pipeline.duckdb_catalog import write_catalog
from ecom_lake.pipeline.site import Site

RELEASE = "release.json"
LAYERS = ("silver", "gold")


def put_in_place(site: Site, released: Entry) -> None:
    wanted = plain_files(released)
    before = _in_place(site)
    if before.get("release") == released.number and _is_whole(site, wanted):
        return
    _announce(site, {"release": released.number, "whole": False, "files": {}})
    known: Mapping[str, str] = before.get("files", {})
    for path, file in wanted.items():
        if known.get(path) != file.hash or not site.lake.storage.exists(f"{site.shop.name}/{path}"):
            site.lake.storage.copy(f"{site.shop.name}/{file.path}", f"{site.shop.name}/{path}")
    for layer in LAYERS:
        for info in site.lake.storage.list(f"{site.shop.name}/{layer}"):
            if info.path.removeprefix(f"{site.shop.name}/") not in wanted:
                site.lake.storage.delete(info.path)
    write_catalog(site, released)
    _announce(
        site, {"release": released.number, "whole": True, "files": {path: file.hash for path, file in sorted(wanted.items())}}
    )


def plain_files(entry: Entry) -> dict[str, File]:
    """The plain name of every silver and gold file of an entry."""
    return {
        f"{table}/{part}.parquet" if part else f"{table}.parquet": file
        for table, parts in entry.tables.items()
        if table.startswith(LAYERS)
        for part, file in parts.items()
    }


def plain_path(site: Site, contract: Table) -> str:
    """Where people find a table, or its months."""
    months = "/month=*" if contract.monthly else ""
    return f"{site.lake.url}/{contract.layer}/{contract.name}{months}.parquet"


def _in_place(site: Site) -> dict[str, Any]:
    """What release.json says lies there; nothing where it is missing or damaged, so that everything is put again."""
    try:
        said = json.loads(site.lake.storage.read(f"{site.shop.name}/{RELEASE}"))
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) and said.get("whole") else {}


def _is_whole(site: Site, wanted: Mapping[str, File]) -> bool:
    prefix = f"{site.shop.name}/"
    there = {i.path.removeprefix(prefix): i.size for layer in LAYERS for i in site.lake.storage.list(f"{prefix}{layer}")}
    return there == {path: file.bytes for path, file in wanted.items()}


def _announce(site: Site, content: Mapping[str, Any]) -> None:
    site.lake.storage.write(f"{site.shop.name}/{RELEASE}", json.dumps(content, indent=1).encode())
