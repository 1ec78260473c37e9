"""Customers with planted segments, hand-written or random, for the tables of segments; and points around known centres, for
the clustering alone."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import polars as pl

from ecom_lake.shop.segments.clustering import Floats, Labels
from ecom_lake.shop.segments.segment_centres import SegmentCentres

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer_id": pl.String,
    "purchases": pl.Int64,
    "recency_days": pl.Int64,
    "net_sales": pl.Decimal(18, 2),
    "units": pl.Int64,
    "aov": pl.Float64,
    "avg_gap_days": pl.Float64,
    "lifespan_days": pl.Int64,
    "registration_delay_days": pl.Int64,
}
ORDERS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer_id": pl.String,
    "order_date": pl.Date,
    "is_valid": pl.Boolean,
    "opens_purchase": pl.Boolean,
    "net_sales": pl.Decimal(18, 2),
    "units": pl.Int64,
}
PLANTED = {
    "fresh and thrifty": (20, 35, 1, 1),
    "fresh and generous": (20, 900, 6, 1),
    "long gone and thrifty": (500, 25, 1, 1),
    "long gone and generous": (500, 700, 6, 1),
    "regular": (30, 400, 8, 8),
    "returned once": (300, 120, 2, 2),
    "regular once, in the past": (600, 800, 16, 8),
}
"""Typical recency_days, net_sales, units and purchases of each segment."""


def planted(each: int = 150) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(6)
    rows = []
    for group, (recency, spent, units, purchases) in PLANTED.items():
        scatter = rng.lognormal(0, 0.15, (each, 3)) * (recency, spent, units)
        rows += [
            (f"{group} {i}", purchases, round(days), round(money, 2), max(1, round(pieces)))
            for i, (days, money, pieces) in enumerate(scatter)
        ]
    return people(rows), np.repeat(np.arange(len(PLANTED), dtype=np.int32), each)


def people(rows: list[tuple[str, int, int | None, float, int]]) -> pl.DataFrame:
    names = ("customer_id", "purchases", "recency_days", "net_sales", "units")
    frame = pl.DataFrame(rows, {name: pl.Float64 if name == "net_sales" else COLUMNS[name] for name in names}, orient="row")
    return people_of(frame)


def people_of(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        aov=pl.col("net_sales") / pl.col("purchases"),
        avg_gap_days=pl.when(pl.col("purchases") > 1).then(pl.lit(30.0)),
        net_sales=pl.col("net_sales").cast(COLUMNS["net_sales"]),
        lifespan_days=30 * (pl.col("purchases") - 1),
        registration_delay_days=pl.lit(None, COLUMNS["registration_delay_days"]),
    ).select(list(COLUMNS))


def calendar(con: duckdb.DuckDBPyConnection, as_of: date | None, orders: pl.DataFrame | None = None) -> None:
    """Creates the columns of reporting_period and fct_orders that segments read."""
    con.register("reporting_period", pl.DataFrame({"as_of": [as_of]}, {"as_of": pl.Date}).to_arrow())
    nothing = pl.DataFrame(schema=ORDERS)
    con.register("fct_orders", (nothing if orders is None else orders.select(list(ORDERS))).to_arrow())


def centre(segment_id: int, is_one_time: bool, recency: float | None, spent: float | None) -> dict[str, object]:
    return {
        "segment_id": segment_id,
        "segment": f"segment {segment_id}",
        "buyers": "one-time buyers" if is_one_time else "repeat buyers",
        "is_one_time": is_one_time,
        "is_cluster": recency is not None,
        "scale": "logarithmic",
        "rule": "by hand",
        "recency_days": recency,
        "net_sales": spent,
        "recency_days_deviation": None if recency is None else 0.5,
        "net_sales_deviation": None if recency is None else 2.0,
        "model_version": "hand",
    }


def centres_of(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, SegmentCentres.table.schema)


FIVE = {
    "regular": (15, 260, 3, 12),
    "lapsed regular": (240, 230, 3, 9),
    "bargain hunter": (60, 22, 1, 5),
    "big basket": (70, 900, 12, 3),
    "one try long ago": (620, 55, 1, 2),
}
"""Typical recency_days, net_sales, units and purchases (of repeat buyers) of five overlapping kinds of customers."""
FIVE_SHARES = (0.2, 0.15, 0.3, 0.1, 0.25)


def five_kinds(number: int, one_time_share: float, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
    """The customers of a shop of five kinds, and the kind of each; a share of them ordered once, the others several times."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(len(FIVE), number, p=FIVE_SHARES).astype(np.int32)
    recency, spent, units, often = (np.array([of[i] for of in FIVE.values()], float)[kind] for i in range(4))
    scatter = rng.lognormal(0, (0.7, 0.7, 0.3, 0.35), (number, 4))
    again = np.maximum(2, np.rint(often * scatter[:, 3])).astype(np.int64)
    purchases = np.where(rng.random(number) < one_time_share, 1, again)
    frame = pl.DataFrame(
        {
            "customer_id": [f"{i:07d}" for i in range(number)],
            "purchases": purchases,
            "recency_days": np.rint(recency * scatter[:, 0]).astype(np.int64),
            "net_sales": np.round(spent * scatter[:, 1], 2),
            "units": np.maximum(1, np.rint(units * scatter[:, 2])).astype(np.int64),
        }
    )
    return people_of(frame), kind


APART = [(0.0, 0.0), (3.0, 0.0), (0.0, 3.0), (3.0, 3.0), (1.5, 6.0)]


def blobs(centres: list[tuple[float, float]], each: int, width: float = 0.3, seed: int = 2) -> tuple[Floats, Labels]:
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(centre, width, (each, 2)) for centre in centres])
    order = rng.permutation(len(points))
    return points[order], np.repeat(np.arange(len(centres), dtype=np.int32), each)[order]
