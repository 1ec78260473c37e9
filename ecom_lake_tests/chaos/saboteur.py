"""Who stands between a lake and its store, counts the calls, and spoils the one that he was told to.

Here: standing there, and what can be done to a call. Not here: which call (kills.py, network.py), what comes of it (verdict.py).
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
Deed = Callable[[Call, int], Any]
"""Is given a call, and how many calls past the chosen one it is; does it, or not, or says that it did not."""

WRITES = ("write", "create", "put", "add", "copy", "delete")
_BY_FSSPEC = ("pipe_file", "put_file", "cp_file", "rm_file")
_READS = ("cat_file", "get_file", "find", "info")


class Saboteur:
    def __init__(self, at: int = -1, deed: Deed = lambda call, _: call()) -> None:
        self.at, self.deed, self.calls = at, deed, 0
        self.struck = False
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Any:
        with self._lock:
            past, self.calls = self.calls - self.at, self.calls + 1
        if self.at < 0 or past < 0:
            return call()
        self.struck = True
        return self.deed(call, past)


@contextmanager
def between(site: Site, saboteur: Saboteur, reads: bool = False) -> Iterator[None]:
    """Stand between a site and its stores; on a remote one below the retries."""
    stores = [site.lake.store, site.lake.landing]
    called = [store.connection.fs if isinstance(store, RemoteStore) else store for store in stores]
    targets = {id(target): target for target in called}
    names = WRITES if isinstance(stores[0], LocalStore) else (*_BY_FSSPEC, *(_READS if reads else ()))
    with ExitStack() as spies:
        for target in targets.values():
            for name in names:
                spies.enter_context(mock.patch.object(target, name, _spied(getattr(target, name), saboteur)))
        yield


def _spied(method: Callable[..., Any], saboteur: Saboteur) -> Callable[..., Any]:
    return lambda *given, **named: saboteur(lambda: method(*given, **named))


def die_before(call: Call, _: int) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(call: Call, _: int) -> Any:
    call()
    os.kill(os.getpid(), signal.SIGKILL)


def once(error: Exception) -> Deed:
    """Fails, and works at the next try."""

    def fail(call: Call, past: int) -> Any:
        if past == 0:
            raise error
        return call()

    return fail


def always(error: Exception) -> Deed:
    """Fails from here on."""

    def fail(call: Call, _: int) -> Any:
        raise error

    return fail


def lost_answer(error: Exception) -> Deed:
    """Does it, and says that it failed."""

    def lose(call: Call, past: int) -> Any:
        answer = call()
        if past == 0:
            raise error
        return answer

    return lose


def late(error: Exception, calls: int = 3) -> Deed:
    """Says that it failed, and does it some calls later, when nobody counts on it any more."""
    waiting: list[Call] = []

    def delay(call: Call, past: int) -> Any:
        if past == 0:
            waiting.append(call)
            raise error
        if past == calls:
            for left in waiting:
                whatever(left)
        return call()

    return delay


def whatever(call: Call) -> None:
    try:
        call()
    except OSError:
        return
