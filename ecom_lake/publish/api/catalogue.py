"""What a client may ask for: shops, releases and tables, each as plain data for JSON.

Not here: the rows of a table (rows.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.tables import Listed, listed
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import Lake
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease

_MONTHS = Query(
    "select min(month) as first, max(month) as last, max(month) filter (where is_complete) as complete from kpi_monthly"
)


def shop(release: ServedRelease) -> dict[str, Any]:
    """A shop: its release, its months, and the tables that it does not have."""
    months = release.rows(_MONTHS)[0] if release.has("kpi_monthly") else dict.fromkeys(("first", "last", "complete"))
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        "released_at": _utc(release.entry.at),
        "currency": release.currency,
        "time_zone": release.site.shop.timezone,
        "first_month": months["first"],
        "last_month": months["last"],
        "last_complete_month": months["complete"],
        "absent": release.absent,
    }


def released_state(entry: Entry, shown: int | None) -> dict[str, Any]:
    return {"release": entry.number, "released_at": _utc(entry.at), "is_latest": entry.number == shown}


def gold(release: ServedRelease) -> list[Listed]:
    return [one for one in listed(release.site, release.entry) if one.contract.layer == "gold"]


def tables(release: ServedRelease) -> dict[str, Any]:
    found = [{**_brief(one), "needs_pii": is_personal(one.contract)} for one in gold(release)]
    absent = {name: why for name, why in release.absent.items() if name in release.site.registry.gold}
    return {"shop": release.site.shop.name, "release": release.number, "tables": found, "absent": absent}


def table(release: ServedRelease, name: str) -> dict[str, Any]:
    """A table with its contract and its files."""
    one = next(one for one in gold(release) if one.contract.name == name)
    contract = one.contract
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        **_brief(one),
        "needs_pii": is_personal(contract),
        "key": contract.key,
        "columns": [_column(contract, column) | {"absent": one.absent.get(column)} for column in contract.columns],
        "rules": [
            {"name": rule.name, "holds": rule.holds, "meaning": rule.meaning, "severity": rule.severity}
            for rule in contract.rules
        ],
        "identities": [{"name": identity.name, "meaning": identity.meaning} for identity in contract.identities],
        "inputs": one.inputs,
        "files": files(release, name),
    }


def files(release: ServedRelease, table: str) -> list[dict[str, Any]]:
    """The files of a table, with addresses that stay those of this release."""
    base = f"/v1/shops/{release.site.shop.name}/releases/{release.number}/gold"
    parts = sorted(release.entry.parts(release.site.registry.table(table).id).items())
    return [
        {
            "url": f"{base}/{table}.parquet" if not part.month else f"{base}/{table}/{part}.parquet",
            "month": part.month or None,
            "rows": file.rows,
            "bytes": file.bytes,
            "hash": file.hash,
        }
        for part, file in parts
    ]


def is_personal(contract: Table) -> bool:
    """Whether each row is about one person or order, so that reading any column needs the scope pii."""
    return any(contract.columns[name].personal for name in contract.key)


def is_open(lake: Lake, contract: Table, files: Iterable[File]) -> bool:
    """Whether everybody may read these files of a table as they are: no column of its contract is personal, and they have no
    other column. The files of a kept release may be older than the contract."""
    if contract.shareable != list(contract.columns):
        return False
    return all(_columns_in(path) <= contract.columns.keys() for path in lake.locals(files))


@lru_cache(maxsize=10_000)
def _columns_in(path: Path) -> frozenset[str]:
    """The columns of a data file, which never changes."""
    import pyarrow.parquet as pq

    return frozenset(pq.read_schema(path).names)


def readable(contract: Table, may_see_people: bool) -> list[str]:
    """The columns that a client may read. Raises `ProblemError` where it is none."""
    if may_see_people:
        return list(contract.columns)
    if is_personal(contract):
        keys = ", ".join(contract.key)
        raise ProblemError(
            403, f"{contract.name} has a row for each {keys}, which is personal: it needs a key with the scope pii."
        )
    return contract.shareable


def released_entries(site: Site, limit: int) -> list[Entry]:
    """The latest releases that are kept, newest first."""
    found: list[Entry] = []
    for number in reversed(site.lake.log.numbers()):
        entry = site.lake.log.entry(number)
        if entry.release == entry.number:
            found.append(entry)
        if len(found) == limit:
            break
    return found


def _brief(one: Listed) -> dict[str, Any]:
    return {
        "table": one.contract.name,
        "group": one.contract.group,
        "grain": one.contract.grain,
        "rows": one.rows,
        "bytes": one.bytes,
        "first_month": one.months[0] if one.months else None,
        "last_month": one.months[-1] if one.months else None,
    }


def _column(contract: Table, name: str) -> dict[str, Any]:
    column = contract.columns[name]
    return {
        "name": name,
        "type": column.kind.name,
        "meaning": column.meaning,
        "unit": column.unit,
        "is_key": column.key,
        "is_nullable": column.nullable,
        "is_personal": bool(column.personal),
        "is_additive": name in contract.additive,
    }


def _utc(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat().replace("+00:00", "Z")
