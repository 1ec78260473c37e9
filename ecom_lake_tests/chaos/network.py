"""A store that fails: throttles, times out, resets, answers late, or loses the answer to what it did; a disk that does."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.remote import RemoteStore
from ecom_lake.engine.store.retry import Retry
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground
from ecom_lake_tests.chaos.saboteur import Call, Deed, Saboteur, always, between, late, lost_answer, once, whatever
from ecom_lake_tests.chaos.verdict import Verdict, judge, sentence, tell

_PASSING: dict[str, Callable[[], Exception]] = {
    "throttles": lambda: BlockingIOError(errno.EAGAIN, "503 Server Busy"),
    "times out": TimeoutError,
    "resets": ConnectionResetError,
}
_OF_A_DISK = {"is full": errno.ENOSPC, "has an error": errno.EIO, "refuses": errno.EACCES}
_HOW: dict[str, Callable[[Exception], Deed]] = {
    "once": once,
    "always": always,
    "and loses the answer": lost_answer,
    "and does it late": late,
}


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    calls = count_calls(ground)
    while True:
        at = dice.randrange(calls)
        how = dice.choice(["once", "always"] if ground.store == "local" else list(_HOW))
        if ground.store == "local":
            what = dice.choice(list(_OF_A_DISK))
            error: Exception = OSError(_OF_A_DISK[what], os.strerror(_OF_A_DISK[what]))
        else:
            what = dice.choice(list(_PASSING))
            error = _PASSING[what]()
        label = f"call {at} of {calls} {what} {how}"
        survives = ground.store != "local" and how != "always"
        deed = _HOW[how](error)
        yield Case(f"a store that fails {how}", label, partial(attempt, ground, at, deed, label, survives))


def storms(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        yield Case("a storm of failures that pass", "", partial(storm, ground, random.Random(dice.random())))


def count_calls(ground: Ground) -> int:
    counter = Saboteur()
    with ground.spot() as spot:
        site = spot.site()
        with between(site, counter, reads=True):
            build(site)
    return counter.calls


def storm(ground: Ground, dice: random.Random) -> Verdict:
    """Every twelfth call fails in some way that passes: nobody must notice."""
    verdict = Verdict("a storm", faults=0)
    waiting: list[Call] = []

    def strike(call: Call, _: int) -> Any:
        for left in [waiting.pop() for _ in range(len(waiting)) if dice.random() < 0.3]:
            whatever(left)
        if dice.random() > 1 / 12:
            return call()
        verdict.faults += 1
        how = dice.choice(("not done", "done", "late"))
        if how == "done":
            call()
        elif how == "late":
            waiting.append(call)
        raise dice.choice(list(_PASSING.values()))()

    with ground.spot() as spot:
        site = spot.site()
        with patient(site), between(site, Saboteur(0, strike), reads=True):
            said = sentence(lambda: build(site))
        if said:
            verdict.wrong["passing failures that were not survived"] = said
        return judge(ground, spot, verdict)


@contextmanager
def patient(site: Site) -> Iterator[None]:
    """Eight tries: that a storm strikes one call nine times is not what is tried here."""
    stores = [store for store in (site.lake.store, site.lake.landing) if isinstance(store, RemoteStore)]
    for store in stores:
        store.connection.retry = Retry(8, sleep=lambda _: None)
    yield


def attempt(ground: Ground, at: int, deed: Deed, label: str, survives: bool) -> Verdict:
    """What passes at the second try must not be noticed; what does not must be said."""
    verdict = Verdict(label)
    saboteur = Saboteur(at, deed)
    with ground.spot() as spot:
        site = spot.site()
        with between(site, saboteur, reads=True):
            said = sentence(lambda: build(site))
        tell(verdict, said)
        if survives and said:
            verdict.wrong["passing failures that were not survived"] = said
        if saboteur.struck and not survives and not said and at < saboteur.calls - 2 and "always" in label:
            verdict.wrong["failures that nobody was told of"] = label
        return judge(ground, spot, verdict)
