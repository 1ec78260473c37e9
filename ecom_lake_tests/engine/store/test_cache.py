"""Cached copies of remote files: complete or absent, limited in size, shared, and not deleted while they are read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake.engine.store.cache import Cache
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.errors import StoreError

LIMIT = 1000


class Shelf:
    """Files to fetch, with the number of fetches of each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.fetched = folder, list[str]()

    def add(self, name: str, size: int = 400) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode().ljust(size, b"."))
        return hash_file(path)

    def get(self, cache: Cache, name: str) -> Path:
        def fetch(target: Path) -> None:
            self.fetched.append(name)
            target.write_bytes((self.folder / name).read_bytes())

        source = self.folder / name
        return cache.get(name, source.stat().st_size, hash_file(source), fetch)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def a_cache(tmp_path: Path, limit: int = LIMIT) -> Cache:
    return Cache(tmp_path / "cache", "store", limit)


def shared(tmp_path: Path) -> list[str]:
    folder = tmp_path / "cache" / "files" / "store"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_for_all_processes(tmp_path: Path, shelf: Shelf) -> None:
    shelf.add("a/b")
    one, other = a_cache(tmp_path), a_cache(tmp_path)
    first, second = shelf.get(one, "a/b"), shelf.get(other, "a/b")
    assert first.read_bytes() == second.read_bytes() == (shelf.folder / "a/b").read_bytes()
    assert shelf.get(one, "a/b") == first
    assert shelf.fetched == ["a/b"]


def test_a_file_that_was_published_on_this_machine_is_not_fetched(tmp_path: Path, shelf: Shelf) -> None:
    shelf.add("a")
    cache = a_cache(tmp_path)
    made = cache.held / "made"
    made.write_bytes((shelf.folder / "a").read_bytes())
    cache.keep(made, "a")
    assert not made.exists()
    assert shelf.get(cache, "a").read_bytes() == (shelf.folder / "a").read_bytes()
    other = a_cache(tmp_path)
    assert shelf.get(other, "a").exists()
    assert shelf.fetched == []


def test_the_least_recently_used_file_is_deleted_first(tmp_path: Path, shelf: Shelf) -> None:
    for name in ("a", "b", "c"):
        shelf.add(name)
    shelf.get(a_cache(tmp_path), "a")
    shelf.get(a_cache(tmp_path), "b")
    files = tmp_path / "cache" / "files" / "store"
    os.utime(files / "a", (1, 1))
    os.utime(files / "b", (2, 2))
    shelf.get(a_cache(tmp_path), "a")  # used again
    shelf.get(a_cache(tmp_path), "c")
    assert shared(tmp_path) == ["a", "c"]


def test_a_file_in_use_is_kept_even_above_the_limit(tmp_path: Path, shelf: Shelf) -> None:
    cache = a_cache(tmp_path)
    names = [f"{number}" for number in range(6)]
    for name in names:
        shelf.add(name)
    held = [shelf.get(cache, name) for name in names]
    assert all(path.read_bytes() == (shelf.folder / name).read_bytes() for path, name in zip(held, names, strict=True))
    assert len(shared(tmp_path)) == 6
    del cache
    shelf.add("more")
    shelf.get(a_cache(tmp_path), "more")
    assert len(shared(tmp_path)) == 2
    assert not any(path.exists() for path in held)


def test_a_fetched_file_with_a_wrong_hash_is_not_cached(tmp_path: Path, shelf: Shelf) -> None:
    digest, cache = shelf.add("a"), a_cache(tmp_path)

    def torn(target: Path) -> None:
        target.write_bytes(b"half")

    def other(target: Path) -> None:
        target.write_bytes(b"x" * 400)

    for fetch in (torn, other):
        with pytest.raises(StoreError, match="a is damaged: its"):
            cache.get("a", 400, digest, fetch)
    assert shared(tmp_path) == []
    assert [path for path in cache.held.rglob("*") if path.is_file()] == []
    assert shelf.get(cache, "a").exists()


def test_a_damaged_copy_is_fetched_again(tmp_path: Path, shelf: Shelf) -> None:
    shelf.add("a")
    copy = tmp_path / "cache" / "files" / "store" / "a"
    shelf.get(a_cache(tmp_path), "a")
    for damaged in (b"cut", b"x" * 400):
        copy.unlink()
        copy.write_bytes(damaged)
        cache = a_cache(tmp_path)
        assert shelf.get(cache, "a").read_bytes() == copy.read_bytes() == (shelf.folder / "a").read_bytes()


def test_a_failed_fetch_leaves_no_file(tmp_path: Path, shelf: Shelf) -> None:
    cache = a_cache(tmp_path)

    def fails(target: Path) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cache.get("a", 1, "", fails)
    assert shared(tmp_path) == []


def test_files_held_by_a_dead_process_are_deleted_and_those_of_a_running_process_are_kept(tmp_path: Path, shelf: Shelf) -> None:
    living = a_cache(tmp_path)
    shelf.add("a")
    held = shelf.get(living, "a")
    child = (
        "import os, sys; from pathlib import Path; from ecom_lake.engine.store.cache import Cache;"
        "cache = Cache(Path(sys.argv[1]), 'store', 1000); (cache.held / 'half').write_bytes(b'x');"
        "print(cache.held, flush=True); os._exit(1)"
    )
    died = subprocess.run([sys.executable, "-c", child, str(tmp_path / "cache")], stdout=subprocess.PIPE, text=True, check=False)
    left = Path(died.stdout.strip())
    assert (left / "half").exists()
    a_cache(tmp_path)
    assert not left.exists()
    assert held.exists()


def test_nobody_may_write_to_a_copy(tmp_path: Path, shelf: Shelf) -> None:
    """Other processes link to the same file. The mode is compared, because root can write to every file."""
    shelf.add("a")
    cache = a_cache(tmp_path)
    made = cache.held / "made"
    made.write_bytes(b"b")
    cache.keep(made, "b")
    shelf.get(cache, "a")
    folder = tmp_path / "cache" / "files" / "store"
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {"a": 0o400, "b": 0o400}
