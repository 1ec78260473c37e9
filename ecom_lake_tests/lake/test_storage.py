"""Storage: every write is whole or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.lake.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path))


def test_create_takes_a_free_name_once(storage: Storage) -> None:
    assert storage.create("a/b.json", b"first")
    assert not storage.create("a/b.json", b"second")
    assert storage.read("a/b.json") == b"first"


def test_put_replaces_and_takes_the_scratch_file_away(storage: Storage, tmp_path: Path) -> None:
    storage.write("a/b", b"old")
    scratch = tmp_path / "scratch"
    scratch.write_bytes(b"new")
    storage.put(scratch, "a/b")
    assert storage.read("a/b") == b"new"
    assert not scratch.exists()


def test_a_copy_shares_nothing_with_its_source(storage: Storage, tmp_path: Path) -> None:
    storage.write("a", b"kept")
    storage.copy("a", "b")
    (tmp_path / "b").write_bytes(b"a careless writer")
    assert storage.read("a") == b"kept"


def test_nothing_is_left_beside(storage: Storage, tmp_path: Path) -> None:
    storage.write("a", b"1")
    storage.create("a", b"2")
    storage.create("b", b"3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_listing_goes_deep_and_a_missing_folder_is_empty(storage: Storage) -> None:
    storage.write("x/2/b", b"")
    storage.write("x/1/a", b"1")
    assert [(info.path, info.size) for info in storage.list("x")] == [("x/1/a", 1), ("x/2/b", 0)]
    assert storage.list("nowhere") == []


def test_a_stamp_changes_with_the_file(storage: Storage) -> None:
    storage.write("a", b"1")
    before = storage.info("a").stamp
    storage.write("a", b"2")
    assert storage.info("a").stamp != before
