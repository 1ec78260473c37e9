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
    wanted, known, there = plain_files(released), _in_place(site).get("files", {}), _there(site)
    if _is_in_place(released, known, there):
        return
    _announce(site, {"release": released.number, "whole": False, "files": {}})

    def put(path: str) -> None:
        site.lake.storage.copy(f"{site.shop.name}/{wanted[path].path}", f"{site.shop.name}/{path}")

    site.lake.storage.each(put, [p for p, file in wanted.items() if (known.get(p), there.get(p)) != (file.hash, file.bytes)])
    site.lake.storage.each(site.lake.storage.delete, [f"{site.shop.name}/{path}" for path in set(there) - set(wanted)])
    write_catalog(site, released)
    _announce(site, {"release": released.number, "whole": True, "files": _hashes(released)})


def is_in_place(site: Site, released: Entry) -> bool:
    return _is_in_place(released, _in_place(site).get("files", {}), _there(site))


def _is_in_place(released: Entry, known: Mapping[str, str], there: Mapping[str, int]) -> bool:
    """Whether the plain files are this release's: the same names, the same sizes, and nothing else."""
    return known == _hashes(released) and there == {path: file.bytes for path, file in plain_files(released).items()}


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


def _hashes(entry: Entry) -> dict[str, str]:
    return {path: file.hash for path, file in sorted(plain_files(entry).items())}


def _there(site: Site) -> dict[str, int]:
    """The Parquet files of the plain view, half-copied ones too, by size; what else people put there is theirs."""
    prefix = f"{site.shop.name}/"
    found = (info for layer in LAYERS for info in site.lake.storage.list(f"{prefix}{layer}"))
    return {info.path.removeprefix(prefix): info.size for info in found if ".parquet" in info.path}


def _announce(site: Site, content: Mapping[str, Any]) -> None:
    site.lake.storage.write(f"{site.shop.name}/{RELEASE}", json.dumps(content, indent=1).encode())
