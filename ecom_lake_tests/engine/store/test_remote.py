"""A remote store over any file system: it retries temporary network failures, and finally fails with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.integrity import GONE
from ecom_lake.engine.store.open_store import explain, open_store
from ecom_lake.engine.store.remote import Connection, RemoteStore
from ecom_lake.engine.store.retry import Retry
from ecom_lake.errors import StoreError, UsageError


class Shaky(MemoryFileSystem):  # type: ignore[misc]
    """Raises the error so many times before it succeeds."""

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


def a_store(failures: int, error: Exception, waits: list[float]) -> RemoteStore:
    retry = Retry(3, first=1, longest=3, sleep=waits.append)
    return RemoteStore(Connection(Shaky(failures, error), "root", "shaky://root", retry, explain), Access())


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), BrokenPipeError()], ids=repr)
def test_a_temporary_failure_is_retried_after_increasing_waits(error: Exception) -> None:
    waits: list[float] = []
    store = a_store(3, error, waits)
    store.write("a", b"x")
    assert store.read("a") == b"x"
    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 1.5 <= waits[2] <= 3] == [True] * 3
    assert len(waits) == 3


def test_after_the_last_retry_the_error_is_one_sentence() -> None:
    with pytest.raises(StoreError, match=r"^shaky://root: the store could not be reached \(ConnectionResetError\)\. Try again"):
        a_store(4, ConnectionResetError("secret=1"), []).write("a", b"x")


@pytest.mark.parametrize("error", [PermissionError(), FileNotFoundError(), OSError(28, "disk full"), ValueError()], ids=repr)
def test_a_permanent_failure_is_not_retried_and_an_unknown_one_stays_as_it_is(error: Exception) -> None:
    waits: list[float] = []
    with pytest.raises(StoreError if isinstance(error, PermissionError) else type(error)) as raised:
        a_store(1, error, waits).write("a", b"x")
    assert waits == []
    assert raised.value is error or "the store refused access" in str(raised.value)


def test_any_file_system_of_fsspec_can_be_used() -> None:
    store = open_store("memory://stand-in", Access(retries=0))
    assert store.create("a/b", b"1")
    assert not store.create("a/b", b"2")
    assert [info.path for info in store.list("")] == ["a/b"]
    store.copy("a/b", "c")
    store.delete("a/b")
    assert (store.read("c"), store.exists("a/b")) == (b"1", False)
    store.delete("c")


def test_the_error_for_an_unknown_protocol_names_it() -> None:
    with pytest.raises(UsageError, match="A lake cannot be on 'nonsense://'"):
        open_store("nonsense://x/y")


def test_add_replaces_nothing_and_put_moves_its_file(tmp_path: Path) -> None:
    store, local = a_store(0, OSError(), []), tmp_path / "local"
    local.write_bytes(b"first")
    assert store.add(local, "a")
    local.write_bytes(b"second")
    assert not store.add(local, "a")
    assert (store.read("a"), local.read_bytes()) == (b"first", b"second")
    store.put(local, "a")
    assert store.read("a") == b"second"
    assert not local.exists()


def test_a_remembered_file_is_forgotten_when_it_is_written_or_deleted() -> None:
    store = a_store(0, OSError(), [])
    assert store.create("a", b"1")
    assert store.read_immutable("a") == b"1"
    store.write("a", b"2")
    assert store.read_immutable("a") == b"2"
    store.delete("a")
    with pytest.raises(FileNotFoundError):
        store.read_immutable("a")


def test_the_copy_of_a_deleted_file_is_deleted_and_nothing_outside_of_the_copies(tmp_path: Path) -> None:
    retry = Retry(0, first=1, longest=1)
    connection = Connection(Shaky(0, OSError()), "root", "shaky://root", retry, explain)
    store, local, other = RemoteStore(connection, Access(cache=tmp_path / "cache")), tmp_path / "local", tmp_path / "other"
    for name in ("shop/a", "shop/b"):
        local.write_bytes(b"1")
        store.put_immutable(local, name, "")
    other.write_bytes(b"2")
    copies = tmp_path / "cache" / "files" / store.copies
    held = store.immutable("shop/a", 1, "")
    for name in ("shop/a", "shop/b/below", "shop", f"shop/{'../' * 5}other", str(other), f"/{other}", "a\0b", "n" * 999):
        store.delete(name)
    assert [path.name for path in copies.rglob("*") if path.is_file()] == ["b"]
    assert other.exists() and held.read_bytes() == b"1"  # as long as this process
    assert not RemoteStore(connection, Access(cache=tmp_path / "cache")).exists("shop/a")


def test_damage_is_a_missing_file_or_another_size() -> None:
    store = a_store(0, OSError(), [])
    store.write("a", b"1234")
    assert store.damage("a", 4, "") is None
    assert store.damage("a", 5, "") == "has 4 bytes, not 5"
    assert store.damage("b", 4, "") == GONE
