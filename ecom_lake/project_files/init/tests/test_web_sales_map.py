"""The example map on rows that are computed by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ecom_lake.engine.mapping.map_file import read_map
from ecom_lake.engine.mapping.run_facet import map_rows
from ecom_lake.shop.connectors.canonical import CANONICAL

MAP = read_map(Path("maps/web_sales.toml").read_text("utf-8"), "maps/web_sales.toml", CANONICAL.delivered)
ROWS = pl.DataFrame(
    {
        "order_no": ["1", "1"],
        "email": ["ann@example.com", "ann@example.com"],
        "order_date": ["2026-01-31", "2026-01-31"],
        "status": ["paid", "paid"],
        "sku": ["shirt", "hat"],
        "quantity": ["2", "1"],
        "total": ["19.00", "7.50"],
        "source_sequence": [1, 1],
        "source_record": [1, 2],
    }
)


def test_an_order_with_two_lines() -> None:
    orders, items = (map_rows(MAP, facet, ROWS, {}, "UTC", b"any key").rows for facet in MAP.facets)
    assert orders.select("order_id", "status").rows() == [("1", "approved")]
    assert items.select("line", "product_id", "quantity", "unit_price").rows() == [
        ("1", "shirt", "2", "9.5"),
        ("2", "hat", "1", "7.5"),
    ]
