"""Builds many tiny shops, two at a time; without `--shops`, the whole covering design of a seed:

    python -m ecom_lake_tests.tiny_shops
    python -m ecom_lake_tests.tiny_shops --shops 200 --seed 7

Further shapes are random. A failure states its seed and number; `--only NUMBER` builds that shop alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from random import Random

from ecom_lake_tests.tiny_shops.built import why_it_fails
from ecom_lake_tests.tiny_shops.shape import Shape, all_pairs, covering_design, pairs_of, random_shape


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ecom_lake_tests.tiny_shops", description="Builds shops at the edge.")
    parser.add_argument("--shops", type=int, help="how many; else as many as cover every pair of values")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="build this one alone")
    asked = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = "1"
    shapes = dict(enumerate(_shapes(asked.seed, asked.shops)))
    chosen = shapes if asked.only is None else {asked.only: shapes[asked.only]}
    begun = time.monotonic()
    failed = _build(chosen)
    covered = set[object]().union(*map(pairs_of, chosen.values()))
    _print(
        f"{len(chosen):,} shops, {len(failed):,} failed, {time.monotonic() - begun:,.0f} s;"
        f" {len(covered):,} of {len(all_pairs()):,} pairs of values covered"
    )
    for number in sorted(failed):
        _print(f"  again: python -m ecom_lake_tests.tiny_shops --seed {asked.seed} --shops {len(shapes)} --only {number}")
    return 1 if failed else 0


def _shapes(seed: int, shops: int | None) -> Iterator[Shape]:
    design = list(covering_design(seed))
    yield from design[:shops]
    random = Random(seed)
    yield from islice(iter(lambda: random_shape(random), None), max((shops or 0) - len(design), 0))


def _build(shapes: dict[int, Shape]) -> list[int]:
    """The numbers of the shapes that failed."""
    failed: list[int] = []
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        built = {pool.submit(why_it_fails, shape): number for number, shape in shapes.items()}
        for done, future in enumerate(as_completed(built), 1):
            number = built[future]
            if why := future.result():
                failed.append(number)
                _print(f"\nshop {number}: {shapes[number]}\n{why}")
            _print(f"\r{done:,} of {len(shapes):,} built, {len(failed):,} failed", end="")
    _print("")
    return failed


def _print(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
