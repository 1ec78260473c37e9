"""Copying a shop to another root: the same bytes, a complete older state if it is stopped, and it can be resumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.copying import Copied, Progress, copy_shop
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.release.plain_view import is_up_to_date
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake, Place, hash_in, is_of_the_log


@pytest.fixture
def nearby(tmp_path: Path) -> Place:
    """An empty folder on the local disk, for tests that do not depend on the store."""
    return Place(str(tmp_path / "nearby"))


def at(place: Place, like: Site) -> Site:
    """The site of the same shop at another root."""
    return replace(like, lake=Lake(place.url, like.shop.name, place.access))


def contents(site: Site) -> dict[str, str]:
    """The hashes of all files of a shop, except the record of a copy and the catalogue, whose views contain the lake's path."""
    store = site.lake.store
    own = ("/catalog.duckdb", "/copied.json")
    infos = [info for info in store.list(site.shop.name) if not info.path.endswith(own)]
    return {info.path: hash_in(store, info.path) for info in infos}


def files_of(site: Site) -> list[str]:
    """Data and landed files, without the log and the plain view."""
    found = (info.path for info in site.lake.store.list(site.shop.name))
    return [path for path in found if path.split("/")[1] in ("_store", "landing") and not is_of_the_log(path)]


def stopped_after(files: int) -> Progress:
    left = [files]

    def count(path: str, done: int, of: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return count


def damage(site: Site, path: str, scratch: Path) -> None:
    scratch.write_bytes(b"x" * site.lake.store.info(path).size)
    site.lake.store.put(scratch, path)


def first_file(site: Site) -> str:
    head = site.lake.log.head()
    return min(f"olist/{file.path}" for parts in head.tables.values() for file in parts.values())


def test_a_copy_of_a_copy_has_the_same_bytes(grown_lake: BuiltLake, place: Place, tmp_path: Path) -> None:
    source = grown_lake.site()
    there, back = at(place, source), at(Place(str(tmp_path / "back")), source)
    seen: list[tuple[int, int]] = []
    done = copy_shop(source, there, lambda path, done, of: seen.append((done, of)))
    assert done.states == len(source.lake.log.numbers())
    assert (len(seen), seen[-1]) == (done.files, (done.bytes, done.bytes))
    assert contents(there) == contents(source)
    head = there.lake.log.released()
    assert head is not None and is_up_to_date(there, head)
    assert copy_shop(there, back) == done
    assert contents(back) == contents(source)


def test_a_copy_can_be_built_on_and_delivers_nothing_twice(grown_lake: BuiltLake, nearby: Place) -> None:
    there = at(nearby, grown_lake.site())
    copy_shop(grown_lake.site(), there)
    before = there.lake.log.head()
    build(there)
    after = there.lake.log.head()
    assert (after.tables, after.release) == (before.tables, before.release)
    assert [info.path for info in landed_files(there)] == sorted(after.landing)


def test_a_stopped_copy_has_no_release_and_the_next_copy_completes_it(built_lake: BuiltLake, place: Place) -> None:
    source, there = built_lake.site(), at(place, built_lake.site())
    with pytest.raises(KeyboardInterrupt):
        copy_shop(source, there, stopped_after(30))
    assert there.lake.log.numbers() == []
    stored = set(files_of(there))
    assert len(stored) >= 30
    done = copy_shop(source, there)
    assert done.files == len(set(files_of(there)) - stored)
    assert copy_shop(source, there) == Copied(0, 0, 0, 0)


def test_a_copy_stopped_within_the_log_is_a_complete_older_state(grown_lake: BuiltLake, nearby: Place) -> None:
    source, there = grown_lake.site(), at(nearby, grown_lake.site())
    numbers = source.lake.log.numbers()
    older = replace(source, lake=_UpTo(source.lake, numbers[len(numbers) // 2]))
    copy_shop(older, there)
    head = there.lake.log.head()
    assert head.number == numbers[len(numbers) // 2]
    named = {file.path for parts in head.tables.values() for file in parts.values()}
    assert named <= {info.path.removeprefix("olist/") for info in there.lake.store.list("olist")}
    done = copy_shop(source, there)
    assert done.states == len(numbers) - len(numbers) // 2 - 1
    assert there.lake.log.head() == source.lake.log.head()


@pytest.mark.parametrize("newest", ["kept", "deleted"])
def test_a_copy_continues_after_the_source_has_deleted_old_states(
    fresh_grown_lake: BuiltLake, nearby: Place, newest: str
) -> None:
    """Also if it has deleted the newest state of the copy."""
    source, there = fresh_grown_lake.site(), at(nearby, fresh_grown_lake.site())
    garbage = find_garbage(source, timedelta(0))
    last = source.lake.log.head().number if newest == "kept" else garbage.states[-1]
    copy_shop(replace(source, lake=_UpTo(source.lake, last)), there)
    before = set(there.lake.log.numbers())
    collect_garbage(source, garbage)
    assert before - set(source.lake.log.numbers()) == before & set(garbage.states) != set()
    done = copy_shop(source, there)
    assert done.states == len(set(source.lake.log.numbers()) - before)
    assert there.lake.log.head() == source.lake.log.head()
    assert is_up_to_date(there, there.lake.log.head())
    assert copy_shop(source, there) == Copied(0, 0, 0, 0)


def test_a_state_that_was_built_in_the_copy_is_none_that_the_source_has_deleted(fresh_lake: BuiltLake, nearby: Place) -> None:
    """Both lakes have committed a state of the same number since the copy, and the source has deleted its own."""
    source, there = fresh_lake.site(), at(nearby, fresh_lake.site())
    copy_shop(source, there)
    for site in (source, source, there):
        site.lake.log.commit(lambda head: replace(head, pinned=not head.pinned), "another", "something else")
    source.lake.log.delete(there.lake.log.head().number)
    with pytest.raises(UserError, match="has a different history"):
        copy_shop(source, there)


def test_a_copy_is_not_continued_from_another_lake_of_that_shop(built_lake: BuiltLake, nearby: Place, tmp_path: Path) -> None:
    """The other lake has none of the states and deliveries of the copy."""
    source, there = built_lake.site(), at(nearby, built_lake.site())
    copy_shop(source, there)
    other = at(Place(str(tmp_path / "other")), source)
    for number in range(source.lake.log.head().number + 2):
        other.lake.log.commit(lambda head: replace(head, pinned=not head.pinned), "another", f"{number}")
    for number in source.lake.log.numbers():
        other.lake.log.delete(number)
    with pytest.raises(UserError, match="has a different history"):
        copy_shop(other, there)


class _UpTo(Lake):
    """A lake whose log ends at an older state."""

    def __init__(self, lake: Lake, last: int) -> None:
        super().__init__(lake.store.url, lake.shop)
        numbers = [number for number in lake.log.numbers() if number <= last]
        self.log.numbers = lambda: numbers  # type: ignore[method-assign]


def test_a_damaged_file_is_not_copied(fresh_lake: BuiltLake, nearby: Place, tmp_path: Path) -> None:
    source, there = fresh_lake.site(), at(nearby, fresh_lake.site())
    damage(source, first_file(source), tmp_path / "damaged")
    with pytest.raises(UserError, match=r"bronze/.* is damaged: its content does not match its hash"):
        copy_shop(source, there)
    assert there.lake.log.numbers() == []
    source.lake.store.delete(first_file(source))
    with pytest.raises(UserError, match=r"bronze/.* is missing: `ecom-lake doctor` in the source project"):
        copy_shop(source, there)


def test_a_file_that_was_damaged_during_the_copy_is_copied_again(built_lake: BuiltLake, nearby: Place, tmp_path: Path) -> None:
    source, there = built_lake.site(), at(nearby, built_lake.site())
    with pytest.raises(KeyboardInterrupt):
        copy_shop(source, there, stopped_after(1))
    damage(there, first_file(source), tmp_path / "damaged")
    copy_shop(source, there)
    assert hash_in(there.lake.store, first_file(source)) == hash_in(source.lake.store, first_file(source))


def own_history(site: Site) -> None:
    site.lake.log.commit(lambda head: replace(head, pinned=True), "another", "something else")


@pytest.mark.parametrize("starts", ["empty", "as a copy"])
def test_a_target_with_its_own_log_is_not_changed(built_lake: BuiltLake, nearby: Place, starts: str) -> None:
    source, there = built_lake.site(), at(nearby, built_lake.site())
    if starts == "as a copy":
        copy_shop(source, there)
    own_history(there)
    head = there.lake.log.head()
    with pytest.raises(UserError, match="has a different history: its newest state"):
        copy_shop(source, there)
    assert there.lake.log.head() == head


def test_another_landed_file_of_the_same_name_is_not_changed(built_lake: BuiltLake, nearby: Place) -> None:
    source, there = built_lake.site(), at(nearby, built_lake.site())
    name = landed_files(source)[0].path
    there.lake.landing.write(name, b"mine")
    with pytest.raises(UserError, match=r"is another file of that name, and no earlier version"):
        copy_shop(source, there)
    assert there.lake.landing.read(name) == b"mine"
    assert there.lake.log.numbers() == []


class _TruncatingStore(LocalStore):
    """A store that writes other bytes without an error."""

    def add(self, local: Path, path: str) -> bool:
        return self.create(path, local.read_bytes()[:-1])


def test_a_file_that_was_copied_with_other_bytes_is_deleted(built_lake: BuiltLake, nearby: Place) -> None:
    source, there = built_lake.site(), at(nearby, built_lake.site())
    there.lake.store = _TruncatingStore(Path(nearby.url))
    with pytest.raises(UserError, match="arrived with other bytes and was deleted"):
        copy_shop(source, there)
    assert files_of(there) == []
