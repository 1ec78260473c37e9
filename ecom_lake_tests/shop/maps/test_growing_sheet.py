"""One sheet of sales that is kept by hand and comes again whole: a copy of the map `flat_orders`, as its page describes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.mapped_nights import MappedNights, new_nights

HEADER = "Customer ID,Product Name,Quantity,Total Price,Order Date\n"
SHEET = ("c1,Ball,1,10.00,2024-01-15", "c1,Kite,1,20.00,2024-01-15", "c2,Ball,1,10.00,2024-01-16", "c3,Kite,1,20.00,2024-02-17")
CORRECTED = (
    "c1,Kite,1,20.00,2024-01-15",
    "c2,Ball,1,10.00,2024-01-18",
    "c3,Kite,1,25.00,2024-02-17",
    "c4,Ball,1,10.00,2024-02-18",
)
"""The first row is deleted, a date and an amount are corrected, and a row is new."""


def test_a_sheet_that_comes_again_whole_is_the_state_of_its_last_version(tmp_path: Path) -> None:
    shop = new_nights(tmp_path / "shop", "flat_orders")
    map_ = shop.shop.folder / "maps" / "mine.toml"
    map_.write_text(map_.read_text("utf-8").replace("[files.sales]\n", '[files.sales]\nwhole = "file"\n'), "utf-8")
    shop.shop.land("sales 2024.csv", HEADER + "\n".join(SHEET))
    assert sales(shop) == [
        ("c1-20240115-1", "Ball", 10.0),
        ("c1-20240115-2", "Kite", 20.0),
        ("c2-20240116-1", "Ball", 10.0),
        ("c3-20240217-1", "Kite", 20.0),
    ]
    shop.shop.land("sales 2024 (2).csv", HEADER + "\n".join(CORRECTED))
    assert sales(shop) == [
        ("c1-20240115-1", "Kite", 20.0),
        ("c2-20240118-1", "Ball", 10.0),
        ("c3-20240217-1", "Kite", 25.0),
        ("c4-20240218-1", "Ball", 10.0),
    ]


def sales(shop: MappedNights) -> list[tuple[str, str, float]]:
    """The lines in silver; asserts that each order has one."""
    site = shop.shop.site
    outcomes = [*ingest(site), *make_mapped(site), make_order_index(site), *(make_silver(site, name) for name in TABLES)]
    assert [check.says for outcome in outcomes for check in outcome.checks if check.blocks] == []
    head = site.lake.log.head()
    orders, lines = (
        pl.concat([pl.read_parquet(site.lake.local(file), glob=False) for file in head.parts(TableId("silver", name)).values()])
        for name in TABLES
    )
    assert sorted(orders["order_id"]) == sorted(lines["order_id"])
    return [(*ids, float(price)) for *ids, price in lines.sort("order_id").select("order_id", "product_id", "unit_price").rows()]


TABLES = ("orders", "order_items")
