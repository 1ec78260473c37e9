"""The lake itself: landing to released gold, through Dagster, audits included, in one process.

    python benchmarks/ours.py ROOT [--direct] [--threads N] [--home FOLDER] [--events FILE] [--config FILE] [--tables NAME ...]

ROOT is a lake, a folder or a URL, whose landing already holds the files. Prints one line of JSON: seconds of start-up (imports)
apart from work, CPU seconds of start-up and of each step, and what the storage of a remote lake was asked for.
`--tables` makes these gold tables of a built lake again, with the engine that the lake.toml of `--config` names, without Dagster.
`--events` writes the log of the build, a line of JSON for each event, with the times of each step.
`--direct` runs the same steps without Dagster, which measures the overhead of Dagster.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import dagster  # noqa: E402, F401
import duckdb  # noqa: E402, F401
import polars  # noqa: E402, F401

from ecom_lake import logs  # noqa: E402
from ecom_lake.engine.build.build import build  # noqa: E402
from ecom_lake.engine.build.due import due  # noqa: E402
from ecom_lake.engine.build.gold.make_gold import make_gold  # noqa: E402
from ecom_lake.engine.build.shop_context import Site, open_site  # noqa: E402
from ecom_lake.engine.build.step.watched import watched  # noqa: E402
from ecom_lake.engine.config import Settings  # noqa: E402
from ecom_lake.engine.dagster.run import run_job  # noqa: E402
from ecom_lake.engine.store.remote import RemoteStore  # noqa: E402
from ecom_lake.settings import load  # noqa: E402

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--home", type=Path, help="Dagster's folder; by default `dagster` in ROOT")
    parser.add_argument("--events", default="")
    parser.add_argument("--config", type=Path, default=HERE.parent / "lake.toml")
    parser.add_argument("--tables", nargs="+", default=[])
    asked = parser.parse_args()
    started, cpu = time.perf_counter(), time.process_time()
    settings = _settings(asked.root, asked.threads, asked.home or Path(asked.root) / "dagster", asked.config)
    said: dict[str, Any] = {"startup": round(started - STARTED, 3), "startup_cpu": round(cpu, 3)}
    site = open_site(settings, "olist")
    planned = time.perf_counter()
    said["due"] = len(due(site))
    said["plan"] = round(time.perf_counter() - planned, 3)
    logs.start(asked.events)
    steps = _StepTimes()
    logs.LOGGER.addHandler(steps)
    begun = time.perf_counter()
    if asked.tables:
        said["run"] = _tables(open_site(settings, "olist", full=True, accept_settings=True), asked.tables)
    else:
        said["run"] = _direct(site) if asked.direct else _through_dagster(settings)
    print(json.dumps({**said, "work": round(time.perf_counter() - begun, 3), "cpu": steps.cpu, "requests": _requests(site)}))


def _settings(root: str, threads: str, home: Path, config: Path) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        history = (HERE.parent / "dagster.yaml").read_text().replace(".dagster/", f"{home.absolute()}/")
        (home / "dagster.yaml").write_text(history)
    own = {"ECOM_LAKE_CONFIG": str(config), "ECOM_LAKE_THREADS": threads, "DAGSTER_HOME": str(home)}
    return load(root=root, environment={**os.environ, **own})


class _StepTimes(logging.Handler):
    """The CPU seconds of each step, from the log records of `watched`."""

    def __init__(self) -> None:
        super().__init__()
        self.cpu: dict[str, float] = {}
        self._step = ""

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        if getattr(record, "event", "") == "started":
            self._step = str(fields["table"])
        elif "cpu_seconds" in fields:
            self.cpu[self._step] = float(fields["cpu_seconds"])


def _through_dagster(settings: Settings) -> str:
    report = run_job(settings, "olist")
    if not report.succeeded:
        raise SystemExit(" ".join(report.failures))
    return report.run_id


def _direct(site: Site) -> str:
    if refused := [check.says for outcome in build(site) for check in outcome.checks if check.blocks]:
        raise SystemExit(" ".join(refused))
    return site.run


def _tables(site: Site, tables: Sequence[str]) -> str:
    outcomes = [outcome for table in tables for outcome in watched(site, f"gold/{table}", partial(make_gold, site, table))]
    if refused := [check.says for outcome in outcomes for check in outcome.checks if check.blocks]:
        raise SystemExit(" ".join(refused))
    return site.run


def _requests(site: Site) -> int:
    """The number of requests to remote stores."""
    stores = [store for store in (site.lake.store, site.lake.landing) if isinstance(store, RemoteStore)]
    return sum(sum(store.connection.counts.requests.values()) for store in stores)


if __name__ == "__main__":
    main()
