"""The cost of a full build against the size of the shop: N times Olist, from landing to a release with its models.

    python benchmarks/scale.py --times 1 10 50 100 --folder DIR [--memory 2GB] [--limit-gib 10]
    python benchmarks/scale.py --show --folder DIR
    python benchmarks/scale.py --marts lake.toml --times 10 --folder DIR    # after a build with --keep
    python benchmarks/scale.py --marts lake.toml --times 50 --folder DIR --workers 2 --worker-memory 1g

A size is one delivery of all its files into a new lake, built in one process without Dagster. For each layer: wall time, CPU,
largest resident set of all its processes, largest size of unfinished and spilled files, and bytes on disk afterwards. Between two
sizes: the exponent by which CPU grows (1 is linear). The lake is deleted before the next size, unless `--keep` is given; the
results stay in DIR/results.json, so that sizes can be measured one after the other. A build that needs more than the limit is
stopped. Wall times mean something only with the load that is printed with them.
`--marts` makes five heavy tables of a kept lake again, with the engine that the given lake.toml names: DuckDB, or Spark. With
`--workers` the engine is a cluster of Spark on this machine: a master, and so many workers of one core and so much memory each.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.inputs import olist, replicate
from benchmarks.measure import GIB, measure
from ecom_lake.settings import load
from ecom_lake_tests.spark import PACKAGES
from ecom_lake_tests.spark_cluster import cluster

HERE = Path(__file__).parent
SAMPLED_EVERY = 0.5
"""Seconds between two samples of memory and of unfinished files."""
MARTS = ("kpi_breakdown", "rfm_migration", "customer_metrics", "fct_orders", "fct_sales")
LAYERS = ("start", "bronze", "order index", "silver", "gold, SQL", "gold, Python", "gold, models", "release")


@dataclass
class Cost:
    wall: float = 0.0
    cpu: float = 0.0
    peak_gib: float = 0.0
    unfinished_gib: float = 0.0
    """The largest size of unfinished and spilled files."""


@dataclass
class Size:
    """The cost of one full build."""

    times: int
    orders: int
    load: float
    memory: str
    wall: float
    cpu: float
    peak_gib: float
    delivered_gib: float
    disk_gib: dict[str, float]
    layers: dict[str, Cost] = field(default_factory=dict)
    steps: dict[str, Cost] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    at: float
    resident: int
    unfinished: int


class TooLargeError(Exception):
    """The build needs more memory than it may have."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="*", default=[1, 10, 50, 100])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--memory", default="2GB", help="DuckDB's memory limit")
    parser.add_argument("--limit-gib", type=float, default=10.0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--marts", type=Path, metavar="LAKE_TOML")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--worker-memory", default="1g")
    parser.add_argument("--show", action="store_true", help="print the results in the folder, and measure nothing")
    asked = parser.parse_args()
    results = asked.folder / "results.json"
    if asked.marts:
        with engine_of(asked) as (config, environment):
            for times in asked.times:
                made = lines_of_marts(asked.folder / f"x{times}", config, {"ECOM_LAKE_MEMORY": asked.memory, **environment})
                print("\n".join(made), flush=True)
        return
    if not asked.show:
        source = olist()
        if source is None:
            sys.exit("The real Olist files are not here; set ECOM_LAKE_OLIST to their folder.")
        for times in asked.times:
            root = asked.folder / f"x{times}"
            size = measured_size(source, root, times, asked.memory, asked.limit_gib)
            results.write_text(json.dumps([*(s for s in _stored(results) if s["times"] != times), asdict(size)], indent=1))
            if not asked.keep:
                shutil.rmtree(root)
    sizes = sorted((_size(stored) for stored in _stored(results)), key=lambda size: size.times)
    print("\n".join(lines_of(sizes)))


def measured_size(source: Path, root: Path, times: int, memory: str, limit_gib: float) -> Size:
    landing, events = root / "olist/landing", root / "events.jsonl"
    if not landing.exists():
        replicate(source, times, root / "unfinished")
        landing.parent.mkdir(parents=True, exist_ok=True)
        (root / "unfinished").rename(landing)
    events.unlink(missing_ok=True)
    samples: list[Sample] = []

    def on_sample(resident: int) -> None:
        samples.append(Sample(time.time(), resident, bytes_in(root / "olist/_store/scratch")))
        if resident > limit_gib * GIB:
            raise TooLargeError(f"{times} times Olist needs more than {limit_gib} GiB; the build was stopped.")

    build = [sys.executable, str(HERE / "ours.py"), str(root), "--direct", "--events", str(events)]
    made = measure(build, {"ECOM_LAKE_MEMORY": memory}, log=root / "errors.txt", step=SAMPLED_EVERY, on_sample=on_sample)
    if made.exit_code:
        sys.exit(f"The build of {times} times Olist failed: {made.output}{(root / 'errors.txt').read_text()[-2000:]}")
    steps = dict(costs_of_steps(events.read_text(encoding="utf-8").splitlines(), samples))
    startup = float(str(made.answer()["startup_cpu"]))
    return Size(
        times=times,
        orders=99_441 * times,
        load=made.load_before,
        memory=memory,
        wall=made.wall_seconds,
        cpu=made.cpu_seconds,
        peak_gib=made.peak_gib,
        delivered_gib=bytes_in(landing) / GIB,
        disk_gib={layer: bytes_in(root / "olist/_store" / layer) / GIB for layer in ("bronze", "silver", "gold")},
        layers={"start": Cost(cpu=startup)} | costs_of_layers(steps),
        steps=steps,
    )


@contextmanager
def engine_of(asked: argparse.Namespace) -> Iterator[tuple[Path, dict[str, str]]]:
    """The lake.toml that names the engine of the marts, and what its process finds in its environment."""
    if not asked.workers:
        yield asked.marts, {}
        return
    os.environ |= (ours := {"SPARK_LOCAL_IP": "127.0.0.1", "JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC"})
    with cluster(asked.folder / "cluster", asked.workers, asked.worker_memory) as running:
        config = asked.folder / "lake-on-cluster.toml"
        engine = f'[engine]\ngold = "spark"\nmaster = "{running.master}"\nmemory = "{asked.worker_memory}"\n'
        config.write_text(f"{asked.marts.read_text(encoding='utf-8')}\n{engine}", encoding="utf-8")
        yield config, {**ours, "PYTHONPATH": str(PACKAGES)}


def lines_of_marts(root: Path, config: Path, environment: dict[str, str]) -> Iterator[str]:
    """The wall time of each mart; memory of the engine's own processes is in the peak, their CPU is not in any figure."""
    events = root / "marts.jsonl"
    events.unlink(missing_ok=True)
    command = [sys.executable, str(HERE / "ours.py"), str(root), "--config", str(config), "--events", str(events)]
    made = measure([*command, "--tables", *MARTS], environment, log=root / "errors.txt", step=SAMPLED_EVERY)
    if made.exit_code:
        sys.exit(f"The marts were not made: {made.output}{(root / 'errors.txt').read_text()[-2000:]}")
    steps = costs_of_steps(events.read_text(encoding="utf-8").splitlines(), [])
    yield from (f"| {step} | {cost.wall:.1f} s | {cost.cpu:.1f} s of CPU of the build |" for step, cost in steps)
    yield f"| all | {made.wall_seconds:.1f} s | peak {made.peak_gib:.2f} GiB, load before {made.load_before} |"


def costs_of_steps(events: Sequence[str], samples: Sequence[Sample]) -> Iterator[tuple[str, Cost]]:
    """The cost of each step, from the log of the build and the samples that were taken meanwhile."""
    step, began = "", 0.0
    for event in map(json.loads, events):
        at = datetime.fromisoformat(event["at"]).timestamp()
        if event["event"] == "started":
            step, began = event["table"], at
        elif step and "cpu_seconds" in event:
            during = [sample for sample in samples if began <= sample.at <= at]
            peak = max((sample.resident for sample in during), default=0) / GIB
            unfinished = max((sample.unfinished for sample in during), default=0) / GIB
            yield step, Cost(event["seconds"], event["cpu_seconds"], peak, unfinished)
            step = ""


def costs_of_layers(steps: dict[str, Cost]) -> dict[str, Cost]:
    """Time is the sum of a layer's steps, memory and unfinished files the largest of them."""
    layers: dict[str, Cost] = {}
    registry = load().registry
    for step, cost in steps.items():
        layer = _layer_of(step, registry)
        total = layers.setdefault(layer, Cost())
        total.wall += cost.wall
        total.cpu += cost.cpu
        total.peak_gib = max(total.peak_gib, cost.peak_gib)
        total.unfinished_gib = max(total.unfinished_gib, cost.unfinished_gib)
    return layers


def _layer_of(step: str, registry: Any) -> str:
    layer, _, table = step.partition("/")
    if step == "silver/order_index":
        return "order index"
    if step == "gold/release":
        return "release"
    if layer != "gold":
        return layer
    recipe = registry.recipe(table)
    return "gold, SQL" if recipe.sql else "gold, models" if recipe.fit else "gold, Python"


def exponent(smaller: Size, larger: Size, smaller_cpu: float, larger_cpu: float) -> float:
    return math.log(larger_cpu / smaller_cpu) / math.log(larger.times / smaller.times)


def lines_of(sizes: Sequence[Size]) -> Iterator[str]:
    """The results as tables of Markdown."""
    yield "| Olist × | orders | layer | wall s | CPU s | peak GiB | unfinished files GiB | load |"
    yield "|" + "---|" * 8
    for size in sizes:
        whole = Cost(size.wall, size.cpu, size.peak_gib, max(cost.unfinished_gib for cost in size.steps.values()))
        for layer, cost in [*((name, size.layers[name]) for name in LAYERS if name in size.layers), ("all", whole)]:
            measured = f"{cost.wall:,.0f} | {cost.cpu:,.1f} | {cost.peak_gib:.2f} | {cost.unfinished_gib:.2f}"
            yield f"| {size.times} | {size.orders:,} | {layer} | {measured} | {size.load} |"
        disk = ", ".join(f"{layer} {gib:.2f}" for layer, gib in size.disk_gib.items())
        yield f"| {size.times} | | GiB on disk: delivered {size.delivered_gib:.2f}, {disk} | | | | | |"
    for smaller, larger in pairwise(sizes):
        yield ""
        yield f"CPU from ×{smaller.times} to ×{larger.times} grows with the size to the power of:"
        yield f"  {exponent(smaller, larger, smaller.cpu, larger.cpu):.2f}  all"
        for layer in LAYERS:
            if layer in smaller.layers and layer in larger.layers:
                yield f"  {exponent(smaller, larger, smaller.layers[layer].cpu, larger.layers[layer].cpu):.2f}  {layer}"
        grown = sorted(larger.steps.items(), key=lambda step: -step[1].cpu)[:20]
        for step, cost in grown:
            if step in smaller.steps and smaller.steps[step].cpu > 0:
                power = exponent(smaller, larger, smaller.steps[step].cpu, cost.cpu)
                yield f"  {power:.2f}  {step}: {smaller.steps[step].cpu:.1f} s, {cost.cpu:.1f} s, {cost.peak_gib:.2f} GiB"


def bytes_in(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(where, name)).st_size  # noqa: PTH116, PTH118 (sampled often)
            except FileNotFoundError:
                continue
    return total


def _stored(results: Path) -> list[dict[str, Any]]:
    return list(json.loads(results.read_text())) if results.exists() else []


def _size(stored: dict[str, Any]) -> Size:
    costs = {name: {of: Cost(**cost) for of, cost in stored[name].items()} for name in ("layers", "steps")}
    return Size(**{**stored, **costs})


if __name__ == "__main__":
    main()
