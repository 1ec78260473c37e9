from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.clustering import adjusted_rand
from ecom_lake.models.fitted import Past
from ecom_lake_tests.models.gold import make
from ecom_lake_tests.models.made_up import calendar, people, planted

TABLES = ("segment_centres", "customer_segments", "segment_profile")
BESIDE = ("segment_selection", "customer_segments_fit")
AS_OF = date(2018, 8, 31)


def segmented(
    customers: pl.DataFrame,
    folder: Path,
    settings: MiningSettings | None = None,
    threads: int = 2,
    as_of: date | None = AS_OF,
    past: pl.DataFrame | None = None,
    orders: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """All tables of the segments; `past` is the table of the last fit."""
    with duckdb.connect() as con:
        con.execute(f"set threads = {threads}; set preserve_insertion_order = false")
        con.register("customer_metrics", customers.to_arrow())
        calendar(con, as_of, orders)
        made = {table: make(con, table, folder, settings, Past(past)) for table in TABLES}
        return made | {table: pl.read_parquet(folder / f"{table}.parquet") for table in BESIDE}


def card(made: dict[str, pl.DataFrame]) -> dict[str, object]:
    return {row["name"]: row["said"] or row["value"] for row in made["customer_segments_fit"].filter(kind="card").to_dicts()}


def test_planted_groups_are_found(tmp_path: Path) -> None:
    customers, truth = planted()
    made = segmented(customers, tmp_path)
    found = customers.join(made["customer_segments"], on="customer_id", maintain_order="left", validate="1:1")
    assert adjusted_rand(truth, found["segment_id"].to_numpy().astype(np.int32)) > 0.95
    assert made["segment_centres"]["is_one_time"].to_list() == [False] * 3 + [True] * 4
    assert made["segment_centres"]["segment"].to_list() == [
        "Dormant high-spend many-unit repeat buyers",
        "Recent repeat buyers",
        "Low-spend repeat buyers",
        "Recent high-spend many-unit one-time buyers",
        "Dormant many-unit one-time buyers",
        "Recent one-time buyers",
        "Dormant low-spend one-time buyers",
    ]


def test_centres_are_in_plain_units(tmp_path: Path) -> None:
    made = segmented(planted()[0], tmp_path)["segment_centres"]
    generous = made.filter(segment="Recent high-spend many-unit one-time buyers").row(0, named=True)
    assert generous["recency_days"] == pytest.approx(20, rel=0.1)
    assert generous["net_sales"] == pytest.approx(900, rel=0.1)
    assert generous["purchases"] is None


def test_same_bytes_in_any_order_and_on_any_threads(tmp_path: Path) -> None:
    customers, _ = planted()
    sampled = MiningSettings(fit_sample=300, choice_sample=200)
    made = []
    for order, threads in ((customers, 1), (customers.sample(fraction=1.0, shuffle=True, seed=3), 4)):
        folder = tmp_path / str(threads)
        folder.mkdir()
        made.append({table: (folder / f"{table}.parquet").read_bytes() for table in segmented(order, folder, sampled, threads)})
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("customers", "rules"),
    [
        ([], []),
        ([("one", 1, 10, 5.0, 1)], ["all one-time buyers: fewer than 200 people are too few to part"]),
        (
            [(f"{i}", 1 + i % 2, i, 5.0 + i, 1) for i in range(60)],
            [
                "all repeat buyers: fewer than 200 people are too few to part",
                "all one-time buyers: fewer than 200 people are too few to part",
            ],
        ),
        ([(f"{i}", 1, 7, 5.0, 1) for i in range(500)], ["all one-time buyers: nothing that is known tells them apart"]),
        ([(f"{i}", 1, i % 4, 5.0, 1) for i in range(500)], ["all one-time buyers: no number of segments proved stable"]),
    ],
    ids=["nobody", "one person", "sixty", "all alike", "four kinds only"],
)
def test_a_group_that_cannot_be_parted_is_one_segment(
    customers: list[tuple[str, int, int | None, float, int]], rules: list[str], tmp_path: Path
) -> None:
    made = segmented(people(customers), tmp_path)
    assert made["segment_centres"]["rule"].to_list() == rules
    assert not made["segment_centres"]["is_cluster"].any()
    assert made["customer_segments"].height == len(customers)
    assert made["customer_segments"]["distance"].is_null().all()
    assert made["segment_profile"]["customers"].sum() == len(customers)


@pytest.mark.parametrize("unknown", ["", "thrifty 9$"], ids=["nobody's", "some people's, whom the sample misses"])
def test_a_feature_that_is_not_known_of_everybody_plays_no_part(unknown: str, tmp_path: Path) -> None:
    customers, _ = planted()
    undated = pl.when(~pl.col("customer_id").str.contains(unknown)).then("recency_days")
    made = segmented(customers.with_columns(recency_days=undated), tmp_path, MiningSettings(fit_sample=200))
    one_time = made["segment_centres"].filter(pl.col("is_one_time"))
    assert one_time["is_cluster"].all()
    assert one_time["recency_days"].is_null().all()
    assert not one_time["segment"].str.contains("ecent|ormant").any()


def test_a_day_still_to_come_is_today(tmp_path: Path) -> None:
    customers, _ = planted()
    early = customers.with_columns(
        recency_days=pl.when(pl.col("customer_id").str.ends_with("7")).then(-3).otherwise("recency_days")
    )
    assert segmented(early, tmp_path)["customer_segments"].height == customers.height
