"""A shop's export in two deliveries: everything but one month, and that month.

    python benchmarks/new_month.py INPUT_DIR OUTPUT_DIR 2018-08

Writes `OUTPUT_DIR/before/` and `OUTPUT_DIR/month/`. The tables that know no order all come before.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl

BY_ORDER = ("olist_order_items_dataset.csv", "olist_order_payments_dataset.csv", "olist_order_reviews_dataset.csv")


def split(folder: Path, target: Path, month: str) -> None:
    before, after = target / "before", target / "month"
    for place in (before, after):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    orders = pl.read_csv(folder / "olist_orders_dataset.csv", infer_schema=False)
    late = orders.filter(pl.col("order_purchase_timestamp").str.starts_with(month))
    for path in sorted(folder.glob("*.csv")):
        key = {"olist_customers_dataset.csv": "customer_id", "olist_orders_dataset.csv": "order_id"}.get(path.name)
        key = "order_id" if path.name in BY_ORDER else key
        if key is None:
            shutil.copy2(path, before / path.name)
            continue
        rows = pl.read_csv(path, infer_schema=False)
        is_late = pl.col(key).is_in(late[key].implode())
        rows.filter(~is_late).write_csv(before / path.name)
        rows.filter(is_late).write_csv(after / path.name)


if __name__ == "__main__":
    split(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
