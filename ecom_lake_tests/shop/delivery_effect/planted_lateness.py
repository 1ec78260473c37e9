"""Synthetic shops in which late delivery lowers the repeat purchase rate, or does not, and the estimated effect.

`python -m ecom_lake_tests.shop.delivery_effect.planted_lateness` measures several shops, of the size for which the interval
must contain the planted effect.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.synthetic_silver import gold_before, shop_of, silver_of
from ecom_lake_tests.catalog import recipe


@dataclass(frozen=True)
class Found:
    rows: pl.DataFrame
    fit: pl.DataFrame

    def of(self, exposure: str, days: int) -> dict[str, Any]:
        return self.rows.row(by_predicate=(pl.col("exposure") == exposure) & (pl.col("days") == days), named=True)


def found_in(folder: Path, options: SynthOptions) -> Found:
    generate(folder / "olist" / "landing", options)
    with shop_of(silver_of(folder)) as con:
        for table in gold_before("delivery_effect"):
            con.execute(f"create or replace table {table} as {recipe(table).sql}")
        rows = make(con, "delivery_effect", folder)
    return Found(rows, pl.read_parquet(folder / "delivery_effect_fit.parquet"))


def measure(say: Callable[[str], object], seeds: range, orders: int) -> None:
    for drop in (0.5, 0.0):
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                options = SynthOptions(orders=orders, seed=seed, broken=0, corrections=0, late_return_drop=drop)
                found = found_in(Path(folder), options)
            for row in found.rows.filter(exposure="late_delivery").iter_rows(named=True):
                held = row["rr_low"] <= 1 - drop <= row["rr_high"]
                holds_zero = row["ci_low"] <= 0 <= row["ci_high"]
                say(
                    f"planted {1 - drop:.2f}, seed {seed}, {row['days']} days: {row['risk_ratio']:.3f}"
                    f" [{row['rr_low']:.3f}, {row['rr_high']:.3f}], covered: {held}; 0 in the difference: {holds_zero}\n"
                )


if __name__ == "__main__":
    measure(sys.stdout.write, range(1, 4), 100_000)
