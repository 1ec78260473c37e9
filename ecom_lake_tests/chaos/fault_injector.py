"""A fault injector between a lake and its store: it counts the calls and makes a chosen call fail.

Here: wrapping the store, and the kinds of faults. Not here: the choice of the call (kills.py, network.py), the checks
afterwards (verdict.py).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.engine.store.remote import RemoteStore

Call = Callable[[], Any]
Fault = Callable[[Call, int], Any]
"""A function of a call and of its distance from the chosen call. It may execute the call, skip it, or raise an error."""

WRITES = ("write", "create", "put", "add", "copy", "delete")
_BY_FSSPEC = ("pipe_file", "put_file", "cp_file", "rm_file")
_READS = ("cat_file", "get_file", "find", "info")


class FaultInjector:
    def __init__(self, at: int = -1, fault: Fault = lambda call, _: call()) -> None:
        self.at, self.fault, self.calls = at, fault, 0
        self.struck = False
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Any:
        with self._lock:
            past, self.calls = self.calls - self.at, self.calls + 1
        if self.at < 0 or past < 0:
            return call()
        self.struck = True
        return self.fault(call, past)


@contextmanager
def injected(site: Site, injector: FaultInjector, reads: bool = False) -> Iterator[None]:
    """Passes the store calls of a site through the injector; for a remote store below the retries."""
    stores = [site.lake.store, site.lake.landing]
    called = [store.connection.fs if isinstance(store, RemoteStore) else store for store in stores]
    targets = {id(target): target for target in called}
    names = WRITES if isinstance(stores[0], LocalStore) else (*_BY_FSSPEC, *(_READS if reads else ()))
    with ExitStack() as patches:
        for target in targets.values():
            for name in names:
                patches.enter_context(mock.patch.object(target, name, _wrapped(getattr(target, name), injector)))
        yield


def _wrapped(method: Callable[..., Any], injector: FaultInjector) -> Callable[..., Any]:
    return lambda *given, **named: injector(lambda: method(*given, **named))


def die_before(call: Call, _: int) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(call: Call, _: int) -> Any:
    call()
    os.kill(os.getpid(), signal.SIGKILL)


def once(error: Exception) -> Fault:
    """The chosen call fails and the next one succeeds."""

    def fail(call: Call, past: int) -> Any:
        if past == 0:
            raise error
        return call()

    return fail


def always(error: Exception) -> Fault:
    """The chosen call and all later ones fail."""

    def fail(call: Call, _: int) -> Any:
        raise error

    return fail


def lost_answer(error: Exception) -> Fault:
    """The chosen call is executed and then fails."""

    def lose(call: Call, past: int) -> Any:
        answer = call()
        if past == 0:
            raise error
        return answer

    return lose


def late(error: Exception, calls: int = 3) -> Fault:
    """The chosen call fails and is executed some calls later."""
    waiting: list[Call] = []

    def delay(call: Call, past: int) -> Any:
        if past == 0:
            waiting.append(call)
            raise error
        if past == calls:
            for left in waiting:
                ignoring_errors(left)
        return call()

    return delay


def ignoring_errors(call: Call) -> None:
    try:
        call()
    except OSError:
        return
