"""Clocks that jump: the result of a build does not depend on the clock, and gc deletes no file that is needed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import partial
from unittest import mock

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.store import log
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground
from ecom_lake_tests.chaos.verdict import Verdict, assess, look, message_of, record_message


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        yield Case("clock jumps", "", partial(attempt, ground, dice.random()))


def attempt(ground: Ground, seed: float) -> Verdict:
    """Every entry gets a random time within forty years; then gc runs with the true time."""
    verdict = Verdict("the clock jumps at every entry")
    dice = random.Random(seed)

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Jumping:
            return cls.fromtimestamp(dice.uniform(0.5e9, 1.9e9), tz)

    with ground.spot() as spot:
        with mock.patch.object(log, "datetime", Jumping):
            record_message(verdict, message_of(lambda: build(spot.site())))
        collect_garbage(spot.site(), find_garbage(spot.site(), timedelta(hours=1)))
        look(ground, spot.site(), verdict)
        return assess(ground, spot, verdict)
