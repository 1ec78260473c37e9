"""A shop's export as one delivery for each day: the orders of the day, and everything that belongs to them.

    python benchmarks/days.py INPUT_DIR OUTPUT_DIR [--scale 0.1]

Writes `OUTPUT_DIR/2018-08-01/olist_orders_dataset.csv` and so on. The tables that know no order are in the first day.
`--scale` keeps this share of the orders, always the same ones.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import polars as pl

from benchmarks.new_month import BY_ORDER

ORDERS, CUSTOMERS = "olist_orders_dataset.csv", "olist_customers_dataset.csv"
_KEYS = dict.fromkeys(BY_ORDER, "order_id") | {CUSTOMERS: "customer_id"}


def split_by_day(source: Path, target: Path, scale: float = 1.0) -> list[Path]:
    """The folders of the days, oldest first."""
    orders = _read(source / ORDERS).with_columns(day=pl.col("order_purchase_timestamp").str.slice(0, 10))
    if scale < 1:
        share = pl.col("order_id").str.slice(0, 4).str.to_integer(base=16) / 16**4
        orders = orders.filter(share < scale)
    first = target / str(orders["day"].min())
    _write_days(orders, target, ORDERS)
    for path in sorted(source.glob("*.csv")):
        if key := _KEYS.get(path.name):
            _write_days(_read(path).join(orders.select(key, "day"), on=key, maintain_order="left"), target, path.name)
        elif path.name != ORDERS:
            shutil.copyfile(path, first / path.name)
    return sorted(target.iterdir())


def _read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def _write_days(rows: pl.DataFrame, target: Path, name: str) -> None:
    for (day,), of_day in rows.partition_by("day", as_dict=True).items():
        folder = target / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        of_day.drop("day").write_csv(folder / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    asked = parser.parse_args()
    days = split_by_day(asked.source, asked.target, asked.scale)
    print(f"{len(days)} days, {days[0].name} to {days[-1].name}, {sum(1 for _ in asked.target.rglob('*.csv')):,} files")


if __name__ == "__main__":
    main()
