"""The lake itself: landing to released gold, through Dagster, audits included, in one process.

    python benchmarks/ours.py ROOT [--direct] [--threads N]

ROOT is a lake whose landing already holds the files. Prints one line of JSON: start-up (imports) apart from work.
`--direct` runs the same steps without Dagster, which measures the overhead of Dagster.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
from pathlib import Path  # noqa: E402

import dagster  # noqa: E402, F401
import duckdb  # noqa: E402, F401
import polars  # noqa: E402, F401

from ecom_lake.engine.build.build import steps  # noqa: E402
from ecom_lake.engine.build.due import due  # noqa: E402
from ecom_lake.engine.build.shop_context import open_site  # noqa: E402
from ecom_lake.engine.config import Settings  # noqa: E402
from ecom_lake.engine.dagster.run import run_job  # noqa: E402
from ecom_lake.settings import load  # noqa: E402

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--threads", default="2")
    asked = parser.parse_args()
    started = time.perf_counter()
    home = asked.root / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        history = (HERE.parent / "dagster.yaml").read_text().replace(".dagster/", f"{home}/")
        (home / "dagster.yaml").write_text(history)
    settings = load(
        root=str(asked.root),
        environment={
            "ECOM_LAKE_CONFIG": str(HERE.parent / "lake.toml"),
            "ECOM_LAKE_THREADS": asked.threads,
            "DAGSTER_HOME": str(home),
        },
    )
    said = {"startup": round(started - STARTED, 3)}
    site = open_site(settings, "olist")
    planned = time.perf_counter()
    waiting = due(site)
    said["plan"] = round(time.perf_counter() - planned, 3)
    said["due"] = len(waiting)
    begun = time.perf_counter()
    stages = _direct(settings) if asked.direct else _through_dagster(settings)
    print(json.dumps({**said, "work": round(time.perf_counter() - begun, 3), "stages": stages}))


def _through_dagster(settings: Settings) -> dict[str, float]:
    stages: dict[str, float] = {}
    last = time.perf_counter()

    def on_step(step: str, done: int, of: int) -> None:
        nonlocal last
        now = time.perf_counter()
        stages[step], last = round(now - last, 3), now

    report = run_job(settings, "olist", on_step=on_step)
    if not report.succeeded:
        raise SystemExit(" ".join(report.failures))
    return stages


def _direct(settings: Settings) -> dict[str, float]:
    stages: dict[str, float] = {}
    for name, step in steps(open_site(settings, "olist")):
        begun = time.perf_counter()
        made = step()
        outcomes = made if isinstance(made, list) else [made]
        if refused := [check.says for outcome in outcomes for check in outcome.checks if check.blocks]:
            raise SystemExit(" ".join(refused))
        stages[name] = round(time.perf_counter() - begun, 3)
    return stages


if __name__ == "__main__":
    main()
