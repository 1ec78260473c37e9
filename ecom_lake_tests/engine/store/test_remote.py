"""A remote store over any file system: it tries again where the network failed, and says in a sentence where it gave up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.connect import explain
from ecom_lake.engine.store.remote import Remote
from ecom_lake.engine.store.retry import Retry
from ecom_lake.engine.store.storage import Storage
from ecom_lake.errors import StoreError, UsageError


class Shaky(MemoryFileSystem):  # type: ignore[misc]
    """Fails so many times, in this way, before it answers."""

    store: dict[str, object] = {}  # noqa: RUF012 - fsspec has it so: one for all instances
    cachable = False

    def __init__(self, failures: int, error: Exception) -> None:
        super().__init__()
        self.failures, self.error = failures, error
        self.store.clear()

    def _shake(self) -> None:
        if self.failures:
            self.failures -= 1
            raise self.error

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: object) -> None:
        self._shake()
        super().pipe_file(path, value, mode)


def a_store(failures: int, error: Exception, waits: list[float]) -> Remote:
    return Remote(Shaky(failures, error), "root", "shaky://root", Retry(3, first=1, longest=3, sleep=waits.append), explain)


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), BrokenPipeError()], ids=repr)
def test_what_passes_is_tried_again_after_longer_waits(error: Exception) -> None:
    waits: list[float] = []
    store = a_store(3, error, waits)
    store.write("a", b"x")
    assert store.read("a") == b"x"
    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 1.5 <= waits[2] <= 3] == [True] * 3
    assert len(waits) == 3


def test_after_every_try_one_sentence_is_left() -> None:
    with pytest.raises(StoreError, match=r"^shaky://root: the store could not be reached \(ConnectionResetError\)\. Try again"):
        a_store(4, ConnectionResetError("secret=1"), []).write("a", b"x")


@pytest.mark.parametrize("error", [PermissionError(), FileNotFoundError(), OSError(28, "disk full"), ValueError()], ids=repr)
def test_what_does_not_pass_is_not_tried_again(error: Exception) -> None:
    waits: list[float] = []
    with pytest.raises((StoreError, FileNotFoundError, OSError, ValueError)):
        a_store(1, error, waits).write("a", b"x")
    assert waits == []


def test_any_file_system_that_fsspec_knows_can_stand_in() -> None:
    storage = Storage("memory://stand-in", Access(retries=0))
    assert storage.create("a/b", b"1")
    assert not storage.create("a/b", b"2")
    assert [info.path for info in storage.list("")] == ["a/b"]
    storage.copy("a/b", "c")
    storage.delete("a/b")
    assert (storage.read("c"), storage.exists("a/b")) == (b"1", False)
    storage.delete("c")


@pytest.mark.parametrize("make", [Storage, lambda url: Storage(url, Access())])
def test_an_unknown_protocol_is_named(make: Callable[[str], Storage]) -> None:
    with pytest.raises(UsageError, match="A lake cannot lie on 'nonsense://'"):
        make("nonsense://x/y")
