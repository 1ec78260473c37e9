"""Ingests many mutated deliveries, two lakes at a time:

    python -m ecom_lake_tests.fuzz 2000
    python -m ecom_lake_tests.fuzz 2000 --seed 5000
    python -m ecom_lake_tests.fuzz 2000 --maps

With `--maps`, they are deliveries to shops with a map, in the shapes of `ecom_lake/synth/shapes/` in turn.
A failure states its seed; `python -m ecom_lake_tests.fuzz 8 --seed N` repeats the lake of that seed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from ecom_lake_tests.fuzz import shape_life
from ecom_lake_tests.fuzz.life import DELIVERIES, Lived, life

HANGS = 300
"""After so many seconds without a finished lake, the running ones are reported as hanging."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ecom_lake_tests.fuzz", description="Lives that lakes of bad deliveries live."
    )
    parser.add_argument("deliveries", type=int, nargs="?", default=2_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first life")
    parser.add_argument("--maps", action="store_true", help="shops with a map instead of Olist's files")
    asked = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = "1"
    begun = time.monotonic()
    seeds = range(asked.seed, asked.seed + -(-asked.deliveries // DELIVERIES))
    lives, failed = _live(shape_life.life if asked.maps else life, list(seeds), begun)
    _say(_summary(lives, time.monotonic() - begun))
    for seed, why in sorted(failed.items()):
        _say(f"\n{why}\n  again: python -m ecom_lake_tests.fuzz {DELIVERIES} --seed {seed}{' --maps' if asked.maps else ''}")
    return 1 if failed else 0


def _live(life: Callable[[int], Lived], seeds: list[int], begun: float) -> tuple[list[Lived], dict[int, str]]:
    lives: list[Lived] = []
    failed: dict[int, str] = {}
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    going: dict[Future[Lived], int] = {}
    waiting = iter(seeds)
    while True:
        for seed in waiting:
            going[pool.submit(life, seed)] = seed
            if len(going) == 2:
                break
        if not going:
            break
        ended, _ = wait(going, timeout=HANGS, return_when=FIRST_COMPLETED)
        if not ended:
            failed |= {seed: f"seed {seed} hangs" for seed in going.values()}
            for process in pool._processes.values():
                process.kill()
            break
        for future in ended:
            seed = going.pop(future)
            try:
                lives.append(future.result())
            except BrokenProcessPool:
                failed |= {each: f"seed {each}: the process died" for each in (seed, *going.values())}
                going.clear()
                pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
                break
            except Exception as error:
                failed[seed] = str(error)
                _say(f"\n{error}")
        done = sum(lived.deliveries for lived in lives)
        _say(f"\r{done} deliveries, {len(failed)} lives failed, {time.monotonic() - begun:.0f} s", end="")
    pool.shutdown(wait=False)
    _say("")
    return lives, failed


def _summary(lives: list[Lived], seconds: float) -> str:
    fates: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    how: Counter[str] = Counter()
    for lived in lives:
        fates += lived.tally.fates
        refused += lived.tally.refused
        how += lived.tally.how
    files, planted = (sum(getattr(lived.tally, name) for lived in lives) for name in ("files", "planted"))
    lines = [
        f"{sum(lived.deliveries for lived in lives):,} deliveries of {files:,} files in {len(lives):,} lakes, {seconds:.0f} s;"
        f" {sum(lived.released for lived in lives):,} went on to released gold",
        f"{sum(fates.values()):,} records: " + _counted(fates),
        f"{sum(refused.values()):,} files refused: " + _counted(refused),
        f"{planted:,} records were broken on purpose, each was found with its reason",
        f"most memory of a process {max((lived.peak for lived in lives), default=0) >> 20:,} MiB; slowest, with"
        " {:.1f} s: {}".format(*max((lived.slowest for lived in lives), default=(0, "none"))),
        "kinds of damage: " + _counted(how),
    ]
    return "\n".join(lines)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counter.most_common())


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
