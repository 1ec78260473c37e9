"""Injects hundreds of faults and reports the failed checks:

    python -m ecom_lake_tests.chaos --faults 500 --store local --seed 1

Every kind of fault gets a share of the cases, and the seed selects them. The exit code is 1 if a check failed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from ecom_lake_tests.azurite import why_not
from ecom_lake_tests.chaos import clocks, damages, disks, kills, landings, network, races
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import STORES, Ground, ground_on, prepared
from ecom_lake_tests.chaos.verdict import Tally, Verdict

Cases = Callable[[Ground, random.Random], Iterator[Case]]
SHARES: dict[Cases, int] = {
    kills.one_by_one: 6,
    kills.in_a_row: 4,
    network.cases: 6,
    network.storms: 3,
    damages.cases: 8,
    disks.cases: 3,
    landings.cases: 3,
    races.cases: 4,
    clocks.cases: 1,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ecom_lake_tests.chaos", description="Injects faults and reports the failed checks."
    )
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--store", choices=STORES, default="local")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.store == "azurite" and (why := why_not()):
        _say(f"Nothing was tried: {why}.")
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        prepared(Path(folder)) as first,
        ground_on(first, options.store) as ground,
    ):
        begun, tally = time.monotonic(), Tally()
        try:
            run(ground, options.faults, options.seed, tally)
        except KeyboardInterrupt:
            _say("Interrupted. Until then:")
        _say(summary(tally, options.store, time.monotonic() - begun))
    return 1 if tally.bad else 0


def run(ground: Ground, faults: int, seed: int, tally: Tally, watch: bool = True) -> Tally:
    tally.add("race for the log", races.race(ground))
    for case in mixed(ground, seed):
        begun = sum(tally.faults.values())
        if begun >= faults:
            return tally
        try:
            verdict = case.attempt()
        except Exception:
            verdict = Verdict(case.what, wrong={"checks that failed": traceback.format_exc()})
        tally.add(case.family, verdict)
        if watch:
            _say(f"{begun + 1}: {case.family} ({verdict.faults}) {case.what}: {verdict.wrong or 'passed'}")
    raise AssertionError("the sequence of cases ended")


def mixed(ground: Ground, seed: int) -> Iterator[Case]:
    """An endless sequence of cases of every kind that is possible on this store, drawn by their shares."""
    dice = random.Random(seed)
    shares = {cases: share for cases, share in SHARES.items() if _possible(cases, ground)}
    going = {cases: _shuffled(cases(ground, dice), dice) for cases in shares}
    while True:
        cases = dice.choices(list(shares), list(shares.values()))[0]
        case = next(going[cases], None)
        if case is None:
            going[cases] = _shuffled(cases(ground, dice), dice)
        else:
            yield case


def _shuffled(cases: Iterator[Case], dice: random.Random) -> Iterator[Case]:
    while some := list(itertools.islice(cases, 400)):
        dice.shuffle(some)
        yield from some


def _possible(cases: Cases, ground: Ground) -> bool:
    if cases is disks.cases:
        if why := disks.why_not():
            _say(f"Left out: small disks ({why}).")
        return not why and ground.store != "azurite"
    if cases is network.storms:
        return ground.store != "local"
    return not (cases is landings.cases and ground.store == "azurite")  # the time of a blob cannot be restored


def summary(tally: Tally, store: str, seconds: float) -> str:
    width = max(map(len, tally.faults), default=0)
    lines = [f"{family:<{width}}  {count:>4}" for family, count in sorted(tally.faults.items())]
    kinds = ("torn reads", "rows lost", "builds with another result", "orphans", "errors without a proper message")
    wrong = {kind: tally.wrong[kind] for kind in kinds} | dict(tally.wrong)
    return "\n".join(
        [
            f"{sum(tally.faults.values())} faults on {store} in {seconds:,.0f} s",
            *lines,
            "",
            *(f"{count:>4} {kind}" for kind, count in wrong.items()),
            *(f"\n{one.fault}: {one.wrong}" for one in tally.bad),
        ]
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
