"""One suite for all stores: writes are atomic, and a name can be created once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.local import LocalStore, info_of
from ecom_lake.engine.store.store import Store
from ecom_lake_tests.builders.built_lake import Place

ODD = "odd/a #1 %20?x=y & ü.csv"


@pytest.fixture
def store(place: Place) -> Store:
    return place.store()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_name_can_be_created_once(store: Store) -> None:
    assert store.create("a/b.json", b"first")
    assert not store.create("a/b.json", b"second")
    assert store.read("a/b.json") == b"first"


def test_one_of_many_concurrent_creations_of_a_name_succeeds(store: Store) -> None:
    won: list[int] = []

    def create(number: int) -> None:
        if store.create("name", str(number).encode()):
            won.append(number)

    racers = [threading.Thread(target=create, args=(n,)) for n in range(12)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [store.read("name")] == [str(number).encode() for number in won]


def test_put_replaces_a_file_and_removes_the_scratch_file(store: Store, tmp_path: Path) -> None:
    store.write("a/b", b"old")
    scratch = written(tmp_path / "scratch", b"new")
    store.put(scratch, "a/b")
    assert store.read("a/b") == b"new"
    assert not scratch.exists()


def test_add_keeps_its_source_and_its_time_and_does_not_overwrite(store: Store, tmp_path: Path) -> None:
    source = written(tmp_path / "orders.csv", b"mine")
    os.utime(source, (1_500_000_000.5, 1_500_000_000.5))
    assert store.add(source, "landing/orders.csv")
    assert store.info("landing/orders.csv").modified.timestamp() == 1_500_000_000.5
    assert [info.modified.timestamp() for info in store.list("landing")] == [1_500_000_000.5]
    assert not store.add(written(tmp_path / "other.csv", b"other"), "landing/orders.csv")
    assert store.read("landing/orders.csv") == source.read_bytes() == b"mine"


def test_a_copy_shares_nothing_with_its_source(store: Store) -> None:
    store.write("a", b"kept")
    store.write("b", b"in the way")
    store.copy("a", "b")
    assert store.read("b") == b"kept"
    store.write("b", b"a careless writer")
    assert store.read("a") == b"kept"


def test_no_temporary_file_is_left(store: Store) -> None:
    store.write("a", b"1")
    store.create("a", b"2")
    store.create("b", b"3")
    assert [info.path for info in store.list("")] == ["a", "b"]


def test_listing_is_recursive_and_a_missing_folder_is_empty(store: Store) -> None:
    store.write("x/2/b", b"")
    store.write("x/1/a", b"1")
    store.write("xy/c", b"another folder")
    assert [(info.path, info.size) for info in store.list("x")] == [("x/1/a", 1), ("x/2/b", 0)]
    assert store.list("nowhere") == []


def test_a_stamp_changes_with_the_file(store: Store) -> None:
    store.write("a", b"1")
    before = store.info("a").stamp
    assert [info.stamp for info in store.list("")] == [before]
    store.write("a", b"2")
    assert store.info("a").stamp != before


def test_reading_a_missing_file_is_an_error_and_deleting_it_is_not(store: Store, tmp_path: Path) -> None:
    store.delete("missing")
    assert not store.exists("missing")
    for ask in (store.read, store.read_immutable, store.info, lambda path: store.fetch(path, tmp_path / "x")):
        with pytest.raises(FileNotFoundError):
            ask("missing")
    store.write("there", b"")
    assert store.exists("there")
    store.delete("there")
    assert not store.exists("there")


def test_a_name_can_contain_characters_that_are_invalid_in_a_url(store: Store, tmp_path: Path) -> None:
    store.write(ODD, b"odd")
    store.copy(ODD, f"{ODD}~2")
    assert [info.path for info in store.list("odd")] == [ODD, f"{ODD}~2"]
    assert store.read(ODD) == store.read(f"{ODD}~2") == b"odd"


def test_a_file_is_opened_with_its_current_content_and_no_copy_is_left(store: Store) -> None:
    store.write("a", b"old")
    store.write("a", b"new")
    with store.opened("a") as local:
        assert local.read_bytes() == b"new"
    assert local.exists() == store.is_local
    with pytest.raises(FileNotFoundError), store.opened("missing") as local:
        local.read_bytes()


def test_an_empty_file_can_be_stored(store: Store, tmp_path: Path) -> None:
    store.put(written(tmp_path / "empty", b""), "empty")
    assert store.read("empty") == b""
    assert store.info("empty").size == 0


def test_a_large_file_is_read_as_it_was_written(store: Store, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as stream:
        for number in range(20):  # three blocks, the last one not full
            stream.write(bytes([number]) * 1_000_003)
    digest = hash_file(large)
    store.put_immutable(large, "large", digest)
    store.fetch("large", tmp_path / "back")
    assert hash_file(tmp_path / "back") == digest
    assert hash_file(store.immutable("large", 20_000_060, digest)) == digest


def test_a_cached_small_file_is_read_again_after_it_was_written(store: Store) -> None:
    store.create("entry", b"1")
    assert store.read_immutable("entry") == store.read_immutable("entry") == b"1"
    store.write("entry", b"2")
    assert store.read_immutable("entry") == b"2"


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_an_unfinished_file_has_a_hidden_name(local_store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed leaves it, and landing reads every file that is not hidden."""
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok: None)
    monkeypatch.setattr(Path, "hardlink_to", lambda path, target: None)
    local_store.add(written(tmp_path / "orders.csv", b"1"), "landing/orders.csv")
    [left] = (local_store.root / "landing").iterdir()
    assert left.name.startswith(".orders.csv.")


def test_links_to_nothing_and_pipes_are_not_listed(local_store: LocalStore) -> None:
    local_store.write("a", b"1")
    (local_store.root / "link").symlink_to("nowhere")
    (local_store.root / "loop").symlink_to("loop")
    os.mkfifo(local_store.root / "pipe")
    assert [info.path for info in local_store.list("")] == ["a"]
    for name in ("link", "loop", "pipe"):
        with pytest.raises(FileNotFoundError):
            local_store.info(name)


@pytest.mark.parametrize(("seconds", "year"), [(-1.0, 1970), (1e12, 9999)], ids=["before 1970", "after the calendar"])
def test_every_time_of_a_file_has_a_date(seconds: float, year: int) -> None:
    """Not every disk can hold such a time, so the status is made by hand."""
    status = os.stat_result((0o100644, 1, 1, 1, 0, 0, 7, 0, seconds, 0))
    assert info_of("a", status).modified.year == year
