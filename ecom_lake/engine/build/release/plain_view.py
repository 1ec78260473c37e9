"""The plain view: the tables of a release under plain names, for tools that do not read the log.

`gold/rfm.parquet`, `gold/fct_sales/month=2017-10.parquet`, `silver/orders/month=2017-10.parquet`, `release.json`,
`catalog.duckdb`, `quality.html`. Each file is replaced atomically; the files of a release are not replaced together.
They are copies, never links into the store, so that a tool that writes to them cannot damage the store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ecom_lake.engine.build.gold import snapshots
from ecom_lake.engine.build.release.duckdb_catalog import CATALOG, is_readable, write_catalog
from ecom_lake.engine.build.release.pages import pages
from ecom_lake.engine.build.release.single_files import (
    SingleFile,
    recorded_files,
    write_single_files,
)
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.integrity import GONE, hash_file
from ecom_lake.errors import UserError

RELEASE = "release.json"
LAYERS = ("silver", "gold")


def update_plain_view(site: Site) -> None:
    """Copy the files of the current release to their plain names, if they are not there yet."""
    with site.lake.turn():
        last = None
        while (released := site.lake.log.released()) and released != last:  # another build may release meanwhile
            _write_view(site, released)
            last = released


def refuse_incomplete(site: Site, release: Entry) -> None:
    """Raise an error if a file that readers of a release need is missing or damaged. Nothing is changed."""
    files = list(plain_files(release).values())
    for file, why in zip(files, site.lake.store.each(site.lake.damage, files), strict=True):
        if why:
            raise _incomplete(site, release, file, why)


def _incomplete(site: Site, release: Entry, file: File, why: str) -> UserError:
    where, number = site.lake.where(file), release.number
    return UserError(
        f"{where} {why}: release {number} is incomplete. `ecom-lake doctor --deep` reports which releases are complete."
    )


def invalidate(site: Site) -> None:
    """Mark the plain view as outdated, so that the next build writes it again."""
    if site.lake.store.exists(f"{site.shop.name}/{RELEASE}"):
        _record(site, {"release": None, "whole": False, "files": {}})


def _write_view(site: Site, released: Entry) -> None:
    recorded, wanted, existing = _recorded(site), plain_files(released), _existing_files(site)
    known = recorded.get("files", {})
    if _is_up_to_date(site, released, recorded, existing):
        return
    _record(site, {"release": released.number, "whole": False, "files": {}})

    def copy(path: str) -> None:
        file = wanted[path]
        why = site.lake.damage(file) if site.lake.store.is_local else None  # a remote store copies within itself
        try:
            if not why:
                site.lake.store.copy(f"{site.shop.name}/{file.path}", f"{site.shop.name}/{path}")
        except FileNotFoundError:
            why = GONE
        if why:
            raise _incomplete(site, released, file, why)

    site.lake.store.each(copy, [p for p, file in wanted.items() if (known.get(p), existing.get(p)) != (file.hash, file.bytes)])
    singles = write_single_files(site, released, recorded_files(recorded), existing)
    unwanted = set(existing) - set(wanted) - set(singles)
    site.lake.store.each(site.lake.store.delete, [f"{site.shop.name}/{path}" for path in unwanted])
    write_catalog(site, released)
    written_pages = _write_pages(site, released)
    content = {
        "files": _hashes(released),
        "single_files": {path: asdict(file) for path, file in singles.items()},
        "plain_fact_files": site.plain_fact_files,
        "bytes": _sizes(released, singles),
        "tables": _versions(released),
        "pages": written_pages,
        "models": _models(site, released),
    }
    _record(site, {"release": released.number, "whole": True, **content})


def _models(site: Site, released: Entry) -> dict[str, dict[str, Any]]:
    """By model: the as-of date of its snapshot, and the number of the state that it was made from."""
    found = snapshots.recorded(site, released)
    return {model: {"as_of": as_of and as_of.isoformat(), "state": state} for model, (as_of, state) in found.items()}


def _write_pages(site: Site, released: Entry) -> dict[str, Any]:
    written = {}
    for name, page in pages(site).items():
        content = page.render(site, released)
        site.lake.store.write(f"{site.shop.name}/{name}", content)
        written[name] = {"bytes": len(content), "made_by": page.definition_fingerprint(site)}
    return written


def is_up_to_date(site: Site, released: Entry) -> bool:
    return _is_up_to_date(site, released, _recorded(site), _existing_files(site))


def _is_up_to_date(site: Site, released: Entry, recorded: Mapping[str, Any], existing: Mapping[str, int]) -> bool:
    """Whether names and sizes of the plain files are those of the release, without other files; also catalogue and pages."""
    if recorded.get("tables") != _versions(released) or recorded.get("plain_fact_files") != site.plain_fact_files:
        return False
    if existing != recorded.get("bytes") or set(existing) != {*recorded.get("files", {}), *recorded_files(recorded)}:
        return False
    return site.lake.store.exists(f"{site.shop.name}/{CATALOG}") and _has_pages(site, recorded.get("pages"))


def _has_pages(site: Site, recorded: object) -> bool:
    try:
        existing = {
            name: {"bytes": site.lake.store.info(f"{site.shop.name}/{name}").size, "made_by": page.definition_fingerprint(site)}
            for name, page in pages(site).items()
        }
    except FileNotFoundError:
        return False
    return recorded == existing


def damaged_files(site: Site, released: Entry) -> list[str]:
    """The plain files whose content does not match their hash. Every file is read."""
    wanted = _hashes(released) | {path: file.hash for path, file in recorded_files(_recorded(site)).items()}

    def is_damaged(path: str) -> bool:
        with site.lake.store.opened(f"{site.shop.name}/{path}") as local:
            return hash_file(local) != wanted[path]

    damaged = [path for path, found in zip(wanted, site.lake.store.each(is_damaged, wanted), strict=True) if found]
    return damaged if is_readable(site) else [*damaged, CATALOG]


def plain_files(entry: Entry) -> dict[str, File]:
    """Every silver and gold file of an entry, by plain name."""
    return {
        f"{table}.parquet" if part == WHOLE else f"{table}/{part}.parquet": file
        for table, parts in entry.tables.items()
        if table.layer in LAYERS
        for part, file in parts.items()
    }


def expected_sizes(site: Site, released: Entry) -> dict[str, int]:
    """The sizes of all plain files of a release, as far as release.json records those that are no copies."""
    return _sizes(released, recorded_files(_recorded(site)))


def _sizes(released: Entry, singles: Mapping[str, SingleFile]) -> dict[str, int]:
    copies = {path: file.bytes for path, file in plain_files(released).items()}
    return copies | {path: file.bytes for path, file in singles.items()}


def plain_path(site: Site, table: TableId, monthly: bool) -> str:
    """The address of a table in the plain view; a pattern for a table with months."""
    return f"{site.lake.url}/{table}{'/month=*' if monthly else ''}.parquet"


def _recorded(site: Site) -> dict[str, Any]:
    """The content of release.json; empty if it is missing, damaged or incomplete, so that every file is copied again."""
    try:
        recorded = json.loads(site.lake.store.read(f"{site.shop.name}/{RELEASE}"))
    except (FileNotFoundError, ValueError):
        return {}
    return recorded if isinstance(recorded, dict) and recorded.get("whole") else {}


def _hashes(entry: Entry) -> dict[str, str]:
    return {path: file.hash for path, file in sorted(plain_files(entry).items())}


def _versions(entry: Entry) -> dict[str, str]:
    """The versions of the tables in the plain view: they change whenever a plain file must."""
    return {str(table): entry.version(table) for table in sorted(entry.tables) if table.layer in LAYERS}


def _existing_files(site: Site) -> dict[str, int]:
    """The sizes of the Parquet files in the plain view, partly copied ones included. Other files are left alone."""
    prefix = f"{site.shop.name}/"
    found = (info for layer in LAYERS for info in site.lake.store.list(f"{prefix}{layer}"))
    return {info.path.removeprefix(prefix): info.size for info in found if ".parquet" in info.path}


def _record(site: Site, content: Mapping[str, Any]) -> None:
    site.lake.store.write(f"{site.shop.name}/{RELEASE}", json.dumps(content, indent=1).encode())
