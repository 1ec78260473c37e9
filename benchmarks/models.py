"""The cost of each model on the tables of a built lake: time, memory, verdict; each in its own process.

    python benchmarks/models.py LAKE/SHOP [MODEL ...]

Prints a Markdown table. A model is fitted without its last fit; for segments, the assignment of all customers is included.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

MODELS = (
    "segment_centres",
    "customer_value",
    "churn_scores",
    "review_risk",
    "sales_forecast",
    "delivery_effect",
    "experiment_plan",
    "experiment_simulation",
    "insights",
)
AFTER = {"segment_centres": ("customer_segments", "segment_profile")}
"""Marts that are part of a model's work."""


def main() -> None:
    shop, asked = Path(sys.argv[1]), sys.argv[2:]
    if asked[:1] == ["--one"]:
        print(json.dumps(measured(shop, asked[1])))
        return
    print("| model | wall s | CPU s | peak GiB | load before | verdict |\n|---|---|---|---|---|---|")
    for name in asked or MODELS:
        load = os.getloadavg()[0]
        run = subprocess.run([sys.executable, __file__, str(shop), "--one", name], capture_output=True, text=True, check=True)
        found = json.loads(run.stdout)
        print(f"| {name} | {found['wall']} | {found['cpu']} | {found['gib']} | {load:.2f} | {found['verdict']} |", flush=True)


def measured(shop: Path, name: str) -> dict[str, object]:
    import duckdb

    from ecom_lake.engine.contracts.fitted import Past
    from ecom_lake.shop.settings.mining import MiningSettings
    from ecom_lake_tests import catalog
    from ecom_lake_tests.catalog import recipe

    con = duckdb.connect(config={"memory_limit": "1GB", "threads": 2, "preserve_insertion_order": False})
    for table, contract in {**catalog.silver(), **catalog.gold()}.items():
        place = shop / contract.layer / table
        if place.is_dir() or place.with_suffix(".parquet").exists():
            files = f"{place}/*.parquet" if place.is_dir() else f"{place}.parquet"
            con.execute(f"create view {table} as select * from '{files}'")
        else:
            columns = ", ".join(f"null::{column.kind.duckdb} as {column.name}" for column in contract.columns.values())
            con.execute(f"create view {table} as select {columns} where false")
    module = importlib.import_module(str(recipe(name).module))
    wall, cpu = time.perf_counter(), time.process_time()
    if not hasattr(module, "fit"):
        verdict = f"{len(module.build(con, MiningSettings()))} rows"
    else:
        fitted = module.fit(con, MiningSettings(), Past())
        verdict = fitted.card.status
        for table in AFTER.get(name, ()):
            for made, rows in fitted.tables.items():
                con.register(made, rows.to_arrow())
            con.execute(f"create or replace temp table {table} as {recipe(table).sql}")
    return {
        "wall": round(time.perf_counter() - wall, 1),
        "cpu": round(time.process_time() - cpu, 1),
        "gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "verdict": verdict,
    }


if __name__ == "__main__":
    main()
