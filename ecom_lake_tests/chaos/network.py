"""Stores that throttle, time out, reset connections, answer late or lose an answer, and disks that return errors."""

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
from ecom_lake_tests.chaos.fault_injector import (
    Call,
    Fault,
    FaultInjector,
    always,
    ignoring_errors,
    injected,
    late,
    lost_answer,
    once,
)
from ecom_lake_tests.chaos.ground import Ground
from ecom_lake_tests.chaos.verdict import Verdict, assess, message_of, record_message

_TEMPORARY: dict[str, Callable[[], Exception]] = {
    "throttles": lambda: BlockingIOError(errno.EAGAIN, "503 Server Busy"),
    "times out": TimeoutError,
    "resets": ConnectionResetError,
}
_OF_A_DISK = {"is full": errno.ENOSPC, "has an error": errno.EIO, "refuses": errno.EACCES}
_HOW: dict[str, Callable[[Exception], Fault]] = {
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
            what = dice.choice(list(_TEMPORARY))
            error = _TEMPORARY[what]()
        label = f"call {at} of {calls} {what} {how}"
        survives = ground.store != "local" and how != "always"
        fault = _HOW[how](error)
        yield Case(f"a store that fails {how}", label, partial(attempt, ground, at, fault, label, survives))


def storms(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        yield Case("a burst of temporary failures", "", partial(storm, ground, random.Random(dice.random())))


def count_calls(ground: Ground) -> int:
    counter = FaultInjector()
    with ground.spot() as spot:
        site = spot.site()
        with injected(site, counter, reads=True):
            build(site)
    return counter.calls


def storm(ground: Ground, dice: random.Random) -> Verdict:
    """One in twelve calls fails temporarily: the build must succeed."""
    verdict = Verdict("a storm", faults=0)
    waiting: list[Call] = []

    def strike(call: Call, _: int) -> Any:
        for left in [waiting.pop() for _ in range(len(waiting)) if dice.random() < 0.3]:
            ignoring_errors(left)
        if dice.random() > 1 / 12:
            return call()
        verdict.faults += 1
        how = dice.choice(("not done", "done", "late"))
        if how == "done":
            call()
        elif how == "late":
            waiting.append(call)
        raise dice.choice(list(_TEMPORARY.values()))()

    with ground.spot() as spot:
        site = spot.site()
        with patient(site), injected(site, FaultInjector(0, strike), reads=True):
            message = message_of(lambda: build(site))
        if message:
            verdict.wrong["temporary failures that stopped a build"] = message
        return assess(ground, spot, verdict)


@contextmanager
def patient(site: Site) -> Iterator[None]:
    """Eight retries, so that no call fails more often than it is retried."""
    stores = [store for store in (site.lake.store, site.lake.landing) if isinstance(store, RemoteStore)]
    for store in stores:
        store.connection.retry = Retry(8, sleep=lambda _: None)
    yield


def attempt(ground: Ground, at: int, fault: Fault, label: str, survives: bool) -> Verdict:
    """A call that succeeds at the second try must not fail the build; a call that keeps failing must cause a message."""
    verdict = Verdict(label)
    injector = FaultInjector(at, fault)
    with ground.spot() as spot:
        site = spot.site()
        with injected(site, injector, reads=True):
            message = message_of(lambda: build(site))
        record_message(verdict, message)
        if survives and message:
            verdict.wrong["temporary failures that stopped a build"] = message
        if injector.struck and not survives and not message and at < injector.calls - 2 and "always" in label:
            verdict.wrong["failures without a message"] = label
        return assess(ground, spot, verdict)
