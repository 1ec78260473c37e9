"""The tables of a shop with their size and contract, and the tables that it cannot have."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from ecom_lake.engine.build.release.offer import not_built
from ecom_lake.engine.build.release.plain_view import plain_path
from ecom_lake.engine.build.release.release import expected_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError


@dataclass(frozen=True)
class Listed:
    """One released table."""

    contract: Table
    rows: int
    bytes: int
    months: tuple[str, ...]
    """The months with rows, oldest first; empty for a table that is not partitioned by month."""
    inputs: tuple[str, ...]
    """The tables that it reads."""
    plain: str
    """The path of its plain file."""
    absent: Mapping[str, str]
    """Columns that this kind of export does not fill, and why."""

    @property
    def path(self) -> str:
        return str(self.contract.id)


def listed(site: Site, entry: Entry) -> list[Listed]:
    """Every table, under its heading."""
    found = [_listed(site, entry, table) for table in expected_tables(site) if entry.parts(table)]
    order = {heading: position for position, heading in enumerate(site.registry.domain.table_groups)}
    return sorted(found, key=lambda one: (order.get(one.contract.group, len(order)), one.contract.group, one.contract.name))


def find(site: Site, entry: Entry, name: str) -> Listed:
    """A table by its name, with or without its layer."""
    wanted = name.replace(".", "/").casefold()
    tables = listed(site, entry)
    if match := next((one for one in tables if wanted in (one.contract.name, one.path)), None):
        return match
    if why := not_built(site).get(wanted.rsplit("/", 1)[-1]):
        raise UsageError(f"Shop '{site.shop.name}' cannot have {name}: {why}")
    near = difflib.get_close_matches(wanted.rsplit("/", 1)[-1], [one.contract.name for one in tables], 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"There is no table '{name}': {hint}`ecom-lake tables` lists all tables.")


def _listed(site: Site, entry: Entry, table: TableId) -> Listed:
    contract = site.registry.table(table.name)
    parts = entry.parts(table)
    prefix = f"{table.name}."
    return Listed(
        contract=contract,
        rows=sum(file.rows for file in parts.values()),
        bytes=sum(file.bytes for file in parts.values()),
        months=tuple(part.month for part, file in sorted(parts.items()) if part.month and file.rows),
        inputs=tuple(sorted({str(read) for file in parts.values() for read in file.inputs})),
        plain=plain_path(site, table, monthly=any(part.month for part in parts)),
        absent={key.removeprefix(prefix): why for key, why in site.absent.items() if key.startswith(prefix)},
    )


def recipe_of(site: Site, one: Listed) -> str | None:
    """The SQL of a table; None for a table built by Python."""
    return site.registry.recipe(one.contract.name).sql if one.contract.layer == "gold" else None
