"""A synthetic export, mapped by the map that ships for its shape: from its files to silver rows, without a lake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.file_parser import parse
from ecom_lake.engine.mapping.columns_used import looks_up
from ecom_lake.engine.mapping.map_file import Map, delivered, read_map
from ecom_lake.engine.mapping.run_facet import MappedRows, map_rows
from ecom_lake.shop import maps
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake_tests.shop.connectors.frames import ByHand

UNDATED = ("shoppers",)
"""Shapes of shops without dates."""
_KEY = b"a key for tests"
_OF_ORDERS = ("orders", "order_items", "payments", "refunds")


@dataclass(frozen=True)
class Mapped:
    map_: Map
    bronze: Mapping[str, pl.DataFrame]
    """Delivered rows by kind."""
    facets: Mapping[str, MappedRows]
    """By the name of the canonical table: the maps that ship make each from one kind."""
    connector: ByHand

    def rows(self, table: str) -> pl.DataFrame:
        """The latest version of each row. Of tables of orders, the rows of the latest delivery of the order; where the order is
        looked up, the latest row of each key."""
        rows = self.facets[table].rows
        if table not in _OF_ORDERS:
            return rows
        (facet,) = (facet for facet in self.map_.facets if facet.target == table)
        key = self.connector.specs[table].contract.key if looks_up(facet, "order_id") else ("order_id",)
        return rows.filter(pl.col(LINEAGE[0]) == pl.col(LINEAGE[0]).max().over(key))

    def silver(self, table: str) -> pl.DataFrame:
        """The rows as silver, none of them refused. Whether an order needs a customer is not a question for a map."""
        rows = self.rows(table)
        if table == "orders":
            rows = rows.with_columns(pl.col("customer_id").fill_null("anonymous"))
        conformed = self.connector.silver(table, rows)
        assert conformed.bad.is_empty(), conformed.bad
        return conformed.good

    def valid_lines(self) -> pl.DataFrame:
        """The lines of valid orders, with the month of the order."""
        orders = self.silver("orders").filter("is_valid").select("order_id", of=pl.col("ordered_at").dt.strftime("%Y-%m"))
        return self.silver("order_items").filter("is_valid").join(orders, on="order_id")


def mapped(shape: str, export: Path, scratch: Path, zone: str = SHOP_ZONE, without_formats: Collection[str] = ()) -> Mapped:
    """`without_formats`: formats of dates that a copy of the map does not list."""
    connector = CANONICAL.undated if shape in UNDATED else CANONICAL
    assert connector is not None
    map_ = shipped(shape, without_formats)
    bronze = read(map_, export, scratch)
    facets = {
        facet.target: map_rows(map_, facet, bronze[map_.file_kind(facet.kind).name], bronze, zone, _KEY) for facet in map_.facets
    }
    return Mapped(map_, bronze, facets, ByHand(connector))


def shipped(shape: str, without_formats: Collection[str] = ()) -> Map:
    connector = CANONICAL.undated if shape in UNDATED else CANONICAL
    assert connector is not None
    file = Path(next(iter(maps.__path__))) / f"{shape}.toml"
    text = file.read_text(encoding="utf-8")
    for one in without_formats:
        assert f', "{one}"' in text
        text = text.replace(f', "{one}"', "")
    return read_map(text, file.name, connector.delivered)


def read(map_: Map, export: Path, scratch: Path) -> dict[str, pl.DataFrame]:
    """Every file as bronze rows of the kind that it is recognised as; the deliveries are numbered by their paths."""
    kinds = delivered(map_)
    found: dict[str, list[pl.DataFrame]] = {kind.name: [] for kind in kinds}
    by_name = {kind.name: kind for kind in kinds}
    for sequence, file in enumerate(sorted(export.rglob("*.csv")), start=1):
        target = scratch / f"{sequence}.parquet"
        parsed = parse(Member(file.name, file), kinds, target, scratch / "rejects.parquet")
        assert parsed.rejected == 0
        rows = pl.read_parquet(target).with_columns(pl.lit(sequence, pl.Int64).alias(LINEAGE[0]))
        found[parsed.table].append(rows.select(*_own_columns(by_name[parsed.table], rows), *LINEAGE))
    return {kind: pl.concat(rows) for kind, rows in found.items()}


def _own_columns(kind: Delivered, rows: pl.DataFrame) -> list[pl.Expr]:
    """The columns of the kind under their own names, as the build reads them from bronze."""
    headers = kind.file_format.headers if kind.file_format else {}
    spelled = {name: [one for one in headers.get(name, (name,)) if one in rows.columns] for name in kind.columns}
    return [pl.coalesce(*found, pl.lit(None, pl.String)).alias(name) for name, found in spelled.items()]


def money(column: pl.Series) -> Decimal:
    return Decimal(column.fill_null(0).sum()).quantize(Decimal("0.01"))
