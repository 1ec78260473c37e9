"""The plain view: a release's tables under their plain names, for tools that know nothing of a log.

`gold/rfm.parquet`, `silver/orders/month=2017-10.parquet`, `release.json`, `catalog.duckdb`, `quality.html`. Whole file by
file, each put in place in one step; not whole across files while a release is being put there. Copies, never links into the
store: a careless writer must not reach it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecom_lake.engine.build.release.duckdb_catalog import CATALOG, is_readable, write_catalog
from ecom_lake.engine.build.release.pages import pages
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import WHOLE
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.integrity import GONE, hash_file
from ecom_lake.errors import UserError

RELEASE = "release.json"
LAYERS = ("silver", "gold")


def put_in_place(site: Site) -> None:
    """Put what readers see now under its plain names."""
    with site.lake.turn():
        last = None
        while (released := site.lake.log.released()) and released != last:  # another one may be released meanwhile
            _put(site, released)
            last = released


def distrust(site: Site) -> None:
    """Whatever lies there is put again by the next build."""
    if site.lake.store.exists(f"{site.shop.name}/{RELEASE}"):
        _announce(site, {"release": None, "whole": False, "files": {}})


def _put(site: Site, released: Entry) -> None:
    said, wanted, there = _said(site), plain_files(released), _there(site)
    known = said.get("files", {})
    if _is_in_place(site, released, said, there):
        return
    _announce(site, {"release": released.number, "whole": False, "files": {}})

    def put(path: str) -> None:
        file = wanted[path]
        why = site.lake.damage(file) if site.lake.store.is_local else None  # a remote store copies within itself
        try:
            if not why:
                site.lake.store.copy(f"{site.shop.name}/{file.path}", f"{site.shop.name}/{path}")
        except FileNotFoundError:
            why = GONE
        if why:
            where, number = site.lake.where(file), released.number
            raise UserError(f"{where} {why}: release {number} is not whole. `ecom-lake doctor --deep` says which one is.")

    site.lake.store.each(put, [p for p, file in wanted.items() if (known.get(p), there.get(p)) != (file.hash, file.bytes)])
    site.lake.store.each(site.lake.store.delete, [f"{site.shop.name}/{path}" for path in set(there) - set(wanted)])
    write_catalog(site, released)
    there_now = _put_pages(site, released)
    _announce(site, {"release": released.number, "whole": True, "files": _hashes(released), "pages": there_now})


def _put_pages(site: Site, released: Entry) -> dict[str, Any]:
    written = {}
    for name, page in pages(site).items():
        content = page.render(site, released)
        site.lake.store.write(f"{site.shop.name}/{name}", content)
        written[name] = {"bytes": len(content), "made_by": page.made_by(site)}
    return written


def is_in_place(site: Site, released: Entry) -> bool:
    return _is_in_place(site, released, _said(site), _there(site))


def _is_in_place(site: Site, released: Entry, said: Mapping[str, Any], there: Mapping[str, int]) -> bool:
    """Whether the plain files are this release's: the same names, the same sizes, and nothing else; so are catalogue and page."""
    wanted = {path: file.bytes for path, file in plain_files(released).items()}
    if said.get("files") != _hashes(released) or there != wanted:
        return False
    return site.lake.store.exists(f"{site.shop.name}/{CATALOG}") and _has_pages(site, said.get("pages"))


def _has_pages(site: Site, said: object) -> bool:
    try:
        there = {
            name: {"bytes": site.lake.store.info(f"{site.shop.name}/{name}").size, "made_by": page.made_by(site)}
            for name, page in pages(site).items()
        }
    except FileNotFoundError:
        return False
    return said == there


def rotten_files(site: Site, released: Entry) -> list[str]:
    """The plain files that do not hold what was put there; each is read."""
    wanted = _hashes(released)

    def is_rotten(path: str) -> bool:
        with site.lake.store.opened(f"{site.shop.name}/{path}") as local:
            return hash_file(local) != wanted[path]

    rotten = [path for path, is_one in zip(wanted, site.lake.store.each(is_rotten, wanted), strict=True) if is_one]
    return rotten if is_readable(site) else [*rotten, CATALOG]


def plain_files(entry: Entry) -> dict[str, File]:
    """The plain name of every silver and gold file of an entry."""
    return {
        f"{table}.parquet" if part == WHOLE else f"{table}/{part}.parquet": file
        for table, parts in entry.tables.items()
        if table.layer in LAYERS
        for part, file in parts.items()
    }


def plain_path(site: Site, contract: Table) -> str:
    """Where people find a table, or its months."""
    months = "/month=*" if contract.monthly else ""
    return f"{site.lake.url}/{contract.layer}/{contract.name}{months}.parquet"


def _said(site: Site) -> dict[str, Any]:
    """What release.json says lies there; nothing where it is missing or damaged, so that everything is put again."""
    try:
        said = json.loads(site.lake.store.read(f"{site.shop.name}/{RELEASE}"))
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) and said.get("whole") else {}


def _hashes(entry: Entry) -> dict[str, str]:
    return {path: file.hash for path, file in sorted(plain_files(entry).items())}


def _there(site: Site) -> dict[str, int]:
    """The Parquet files of the plain view, half-copied ones too, by size; what else people put there is theirs."""
    prefix = f"{site.shop.name}/"
    found = (info for layer in LAYERS for info in site.lake.store.list(f"{prefix}{layer}"))
    return {info.path.removeprefix(prefix): info.size for info in found if ".parquet" in info.path}


def _announce(site: Site, content: Mapping[str, Any]) -> None:
    site.lake.store.write(f"{site.shop.name}/{RELEASE}", json.dumps(content, indent=1).encode())
