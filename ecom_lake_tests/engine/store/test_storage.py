"""Storage: one suite, whatever the store. Every write is whole or absent, and a name is taken once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ecom_lake.engine.store.hashes import hash_file
from ecom_lake.engine.store.storage import Storage
from ecom_lake_tests.builders.built_lake import Place

ODD = "odd/a #1 %20?x=y & ü.csv"


@pytest.fixture
def storage(place: Place) -> Storage:
    return place.storage()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_create_takes_a_free_name_once(storage: Storage) -> None:
    assert storage.create("a/b.json", b"first")
    assert not storage.create("a/b.json", b"second")
    assert storage.read("a/b.json") == b"first"


def test_of_many_who_create_a_name_at_once_one_has_it(storage: Storage) -> None:
    won: list[int] = []

    def create(number: int) -> None:
        if storage.create("name", str(number).encode()):
            won.append(number)

    racers = [threading.Thread(target=create, args=(n,)) for n in range(12)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [storage.read("name")] == [str(number).encode() for number in won]


def test_put_replaces_and_takes_the_scratch_file_away(storage: Storage, tmp_path: Path) -> None:
    storage.write("a/b", b"old")
    scratch = written(tmp_path / "scratch", b"new")
    storage.put(scratch, "a/b")
    assert storage.read("a/b") == b"new"
    assert not scratch.exists()


def test_add_keeps_its_source_and_its_time_and_takes_no_others_name(storage: Storage, tmp_path: Path) -> None:
    source = written(tmp_path / "orders.csv", b"mine")
    os.utime(source, (1_500_000_000.5, 1_500_000_000.5))
    assert storage.add(source, "landing/orders.csv")
    assert storage.info("landing/orders.csv").modified.timestamp() == 1_500_000_000.5
    assert [info.modified.timestamp() for info in storage.list("landing")] == [1_500_000_000.5]
    assert not storage.add(written(tmp_path / "other.csv", b"other"), "landing/orders.csv")
    assert storage.read("landing/orders.csv") == source.read_bytes() == b"mine"


def test_a_copy_shares_nothing_with_its_source(storage: Storage) -> None:
    storage.write("a", b"kept")
    storage.write("b", b"in the way")
    storage.copy("a", "b")
    assert storage.read("b") == b"kept"
    storage.write("b", b"a careless writer")
    assert storage.read("a") == b"kept"


def test_nothing_is_left_beside(storage: Storage) -> None:
    storage.write("a", b"1")
    storage.create("a", b"2")
    storage.create("b", b"3")
    assert [info.path for info in storage.list("")] == ["a", "b"]


def test_listing_goes_deep_and_a_missing_folder_is_empty(storage: Storage) -> None:
    storage.write("x/2/b", b"")
    storage.write("x/1/a", b"1")
    storage.write("xy/c", b"another folder")
    assert [(info.path, info.size) for info in storage.list("x")] == [("x/1/a", 1), ("x/2/b", 0)]
    assert storage.list("nowhere") == []


def test_a_stamp_changes_with_the_file(storage: Storage) -> None:
    storage.write("a", b"1")
    before = storage.info("a").stamp
    assert [info.stamp for info in storage.list("")] == [before]
    storage.write("a", b"2")
    assert storage.info("a").stamp != before


def test_what_is_not_there_is_said_so_and_deleted_in_peace(storage: Storage, tmp_path: Path) -> None:
    storage.delete("missing")
    assert not storage.exists("missing")
    for ask in (storage.read, storage.read_once, storage.info, lambda path: storage.fetch(path, tmp_path / "x")):
        with pytest.raises(FileNotFoundError):
            ask("missing")
    storage.write("there", b"")
    assert storage.exists("there")
    storage.delete("there")
    assert not storage.exists("there")


def test_a_name_may_hold_what_a_url_could_not(storage: Storage, tmp_path: Path) -> None:
    storage.write(ODD, b"odd")
    storage.copy(ODD, f"{ODD}~2")
    assert [info.path for info in storage.list("odd")] == [ODD, f"{ODD}~2"]
    assert storage.read(ODD) == storage.here(f"{ODD}~2", tmp_path).read_bytes() == b"odd"


def test_an_empty_file_is_a_file(storage: Storage, tmp_path: Path) -> None:
    storage.put(written(tmp_path / "empty", b""), "empty")
    assert storage.read("empty") == storage.here("empty", tmp_path).read_bytes() == b""
    assert storage.info("empty").size == 0


def test_a_large_file_comes_back_as_it_was(storage: Storage, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as stream:
        for number in range(20):  # three blocks, the last one not full
            stream.write(bytes([number]) * 1_000_003)
    digest = hash_file(large)
    storage.put_once(large, "large")
    storage.fetch("large", tmp_path / "back")
    assert hash_file(tmp_path / "back") == digest
    assert hash_file(storage.immutable("large", 20_000_060, digest)) == digest


def test_a_small_file_that_never_changes_is_read_again_once_it_was_written(storage: Storage) -> None:
    storage.create("entry", b"1")
    assert storage.read_once("entry") == storage.read_once("entry") == b"1"
    storage.write("entry", b"2")
    assert storage.read_once("entry") == b"2"
