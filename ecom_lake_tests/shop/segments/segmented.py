"""All segment tables for hand-written customers, for the tests of segments and of kept fits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.segment_customers import calendar

TABLES = ("segment_centres", "customer_segments", "segment_profile")
BESIDE = ("segment_selection", "customer_segments_fit")
AS_OF = date(2018, 8, 31)

QUICK = MiningSettings(resamples=8, resample_restarts=1, restarts=4)
"""For customers in clearly separated groups."""

Made = dict[str, pl.DataFrame]


def segmented(
    customers: pl.DataFrame,
    folder: Path,
    settings: MiningSettings = QUICK,
    threads: int = 2,
    as_of: date | None = AS_OF,
    past: Made | None = None,
    orders: pl.DataFrame | None = None,
) -> Made:
    with duckdb.connect() as con:
        con.execute(f"set threads = {threads}; set preserve_insertion_order = false")
        con.register("customer_metrics", customers.to_arrow())
        calendar(con, as_of, orders)
        last = Past(past["customer_segments_fit"] if past else None)
        made = {table: make(con, table, folder, settings, last) for table in TABLES}
        return made | {table: pl.read_parquet(folder / f"{table}.parquet") for table in BESIDE}


def card(made: Made) -> dict[str, object]:
    return {row["name"]: row["said"] or row["value"] for row in made["customer_segments_fit"].filter(kind="card").to_dicts()}


def moved(one: Made, other: Made) -> int:
    """The number of customers in both results who have different segments."""
    both = one["customer_segments"].join(other["customer_segments"], on="customer_id", validate="1:1")
    return both.filter(pl.col("segment_id") != pl.col("segment_id_right")).height
