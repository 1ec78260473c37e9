"""The tables of a release that others may have: silver and gold, with the contract of each and its plain files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecom_lake.engine.build.release.plain_view import LAYERS, plain_files
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry, File


@dataclass(frozen=True)
class ReleasedTable:
    contract: Table
    files: Mapping[str, File]
    """Its files by plain name, in the order of its parts."""

    @property
    def id(self) -> TableId:
        return self.contract.id

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files.values())

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())


def released_tables(site: Site, entry: Entry, layers: tuple[str, ...] = LAYERS) -> list[ReleasedTable]:
    """The tables of these layers, in alphabetical order of layer and name."""
    files: dict[str, dict[str, File]] = {}
    for path, file in sorted(plain_files(entry).items()):
        files.setdefault(path.removesuffix(".parquet").partition("/month=")[0], {})[path] = file
    tables = sorted(table for table in entry.tables if table.layer in layers and str(table) in files)
    return [ReleasedTable(site.registry.table(table.name), files[str(table)]) for table in tables]
