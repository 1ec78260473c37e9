"""kill -9 before and after each write of a build, and at random moments."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import partial

from ecom_lake.engine.build.build import build
from ecom_lake_tests.chaos import child
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.fault_injector import FaultInjector, die_after, die_before, injected
from ecom_lake_tests.chaos.ground import Ground, Spot
from ecom_lake_tests.chaos.verdict import Verdict, assess, look

_FAULTS = {"before": die_before, "after": die_after}


def in_a_row(ground: Ground, dice: random.Random) -> Iterator[Case]:
    writes = count_writes(ground)
    while True:
        yield Case("killed again and again", "", partial(again_and_again, ground, random.Random(dice.random()), writes))


def one_by_one(ground: Ground, dice: random.Random) -> Iterator[Case]:
    writes = count_writes(ground)
    for at in range(writes):
        for moment in _FAULTS:
            yield Case("kill at a write", f"{moment} write {at} of {writes}", partial(at_write, ground, at, moment))
    for _ in range(writes // 4):
        yield Case("kill at random", "", partial(at_random, ground, dice.random()))


def count_writes(ground: Ground) -> int:
    """The number of writes of an undisturbed build."""
    counter = FaultInjector()
    with ground.spot() as spot:
        site = spot.site()
        with injected(site, counter):
            build(site)
    return counter.calls


def killed_build(spot: Spot, at: int, moment: str) -> str:
    site = spot.site()
    with injected(site, FaultInjector(at, _FAULTS[moment])):
        build(site)
    return "done"


def plain_build(spot: Spot) -> str:
    build(spot.site())
    return "done"


def at_write(ground: Ground, at: int, moment: str) -> Verdict:
    verdict = Verdict(f"killed {moment} write {at}")
    with ground.spot() as spot:
        if child.answer_of(*child.start(killed_build, spot, at, moment)) == "done":
            verdict.fault += ", which was not reached"
        return assess(ground, spot, verdict)


def again_and_again(ground: Ground, dice: random.Random, writes: int, most: int = 16) -> Verdict:
    """Each build is killed after a few writes, until one finishes. The release is checked as a reader after each."""
    verdict = Verdict("killed again and again", faults=0)
    with ground.spot() as spot:
        for _ in range(most):
            steps, moment = dice.randint(0, writes // 4), dice.choice(list(_FAULTS))
            if child.answer_of(*child.start(killed_build, spot, steps, moment)) == "done":
                break
            verdict.faults += 1
            look(ground, spot.site(), verdict)
        return assess(ground, spot, verdict)


def at_random(ground: Ground, share: float) -> Verdict:
    """The build is killed after this share of the duration of a build."""
    verdict = Verdict(f"killed after {share:.0%} of a build")
    with ground.spot() as spot:
        process, connection = child.start(plain_build, spot)
        connection.recv()
        connection.poll(share * _seconds(ground))
        process.kill()
        process.join()
        connection.close()
        return assess(ground, spot, verdict)


_lasts: dict[str, float] = {}


def _seconds(ground: Ground) -> float:
    if ground.store not in _lasts:
        with ground.spot() as spot:
            begun = time.perf_counter()
            child.answer_of(*child.start(plain_build, spot))
            _lasts[ground.store] = time.perf_counter() - begun
    return _lasts[ground.store]
