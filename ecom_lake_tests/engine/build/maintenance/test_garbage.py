from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake.engine.store.entry import files_of
from ecom_lake_tests.builders.built_lake import BuiltLake, needed_states, rewrite

MONTH = timedelta(days=30)


def age(lake: BuiltLake, days: int) -> None:
    """Makes all files in the store that many days older."""
    for path in (lake.root / "olist" / "_store").rglob("*"):
        if path.suffix == ".json":
            rewrite(path, at=(datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds"))
        elif path.is_file():
            os.utime(path, (path.stat().st_mtime - days * 86_400,) * 2)


def entry_file(lake: BuiltLake, number: int) -> Path:
    return lake.root / "olist" / "_store" / "log" / f"{number:08d}.json"


def test_no_recent_file_is_garbage(grown_lake: BuiltLake) -> None:
    found = find_garbage(grown_lake.site(), MONTH)
    assert (found.states, found.files) == ((), ())


def test_old_states_are_deleted_with_their_own_files_and_the_current_state_is_kept(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    age(fresh_grown_lake, days=31)
    old, new = last_two_releases(site)
    head = site.lake.log.head()
    lost = {file.path for parts in site.lake.log.entry(old).tables.values() for file in parts.values()}
    found = find_garbage(site, MONTH)
    assert old in found.states
    assert new not in found.states
    gone = {info.path.removeprefix("olist/") for info in found.files}
    kept = set(files_of(needed_states(site)))
    assert lost - kept <= gone
    assert not gone & kept
    assert not any(path.startswith(("_store/bronze/", "_store/rejects/")) for path in gone)
    assert found.bytes == sum(site.lake.store.info(info.path).size for info in found.files)
    collect_garbage(site, found)
    assert all(site.lake.local(file).exists() for parts in head.tables.values() for file in parts.values())
    assert not any(site.lake.store.exists(info.path) for info in found.files)
    assert site.lake.log.head() == head
    manifests = {info.path for info in site.lake.store.list("olist/_store/manifests")}
    assert manifests <= site.lake.log.manifests.paths(map(site.lake.log.entry, site.lake.log.numbers()))
    assert site.lake.log.manifests.damaged(head, set()) == []
    again = find_garbage(site, MONTH)
    assert (again.states, again.files) == ((), ())


def test_files_of_recent_states_are_kept(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    old, new = last_two_releases(site)
    age(fresh_grown_lake, days=31)
    # Readers saw the old release while the new one was built: one of those states is recent.
    rewrite(entry_file(fresh_grown_lake, new - 1), at=datetime.now(UTC).isoformat())
    found = find_garbage(site, MONTH)
    assert old - 1 in found.states
    assert not {old, new - 1, new} & set(found.states)


def test_files_of_a_pinned_release_are_kept_at_any_age(fresh_grown_lake: BuiltLake) -> None:
    from ecom_lake.engine.build.release.release import roll_back

    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)
    roll_back(site, old)
    age(fresh_grown_lake, days=31)
    collect_garbage(site, find_garbage(site, MONTH))
    shown = site.lake.log.released()
    assert shown is not None
    assert shown.number == old
    assert all(site.lake.local(file).exists() for parts in shown.tables.values() for file in parts.values())


def test_the_age_of_a_state_counts_from_the_next_state(fresh_grown_lake: BuiltLake) -> None:
    """A reader that read the log just before still reads its files."""
    site = fresh_grown_lake.site()
    age(fresh_grown_lake, days=31)
    shown = site.lake.log.head()
    changed = site.lake.log.commit(lambda head: head.with_parts(TableId("gold", "rfm"), {WHOLE: None}), "run", "rfm is gone")
    found = find_garbage(site, timedelta(hours=1))
    assert not {shown.number, changed.number} & set(found.states)
    gone = {info.path.removeprefix("olist/") for info in found.files}
    assert not gone & {file.path for parts in shown.tables.values() for file in parts.values()}


def test_a_clock_that_was_set_back_makes_no_file_garbage(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    before = find_garbage(site, MONTH)
    rewrite(entry_file(fresh_grown_lake, site.lake.log.head().number), at="1970-01-01T00:00:00+00:00")
    assert find_garbage(fresh_grown_lake.site(), MONTH) == before


def test_crash_leftovers_are_garbage_once_they_are_old(fresh_lake: BuiltLake) -> None:
    left = fresh_lake.root / "olist" / "_store" / "scratch" / "step-x" / "half.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PAR1")
    assert find_garbage(fresh_lake.site(), MONTH).files == ()
    os.utime(left, (left.stat().st_mtime - 31 * 86_400,) * 2)
    assert [info.path for info in find_garbage(fresh_lake.site(), MONTH).files] == ["olist/_store/scratch/step-x/half.parquet"]


def test_a_delivered_file_without_a_state_is_not_garbage(fresh_lake: BuiltLake) -> None:
    """Its ingest may have stopped before the commit: the next ingest uses the file, and landing may be its only other copy."""
    for layer in ("bronze", "rejects"):
        left = fresh_lake.root / "olist" / "_store" / layer / "orders" / "left.parquet"
        left.write_bytes(b"PAR1")
        os.utime(left, (left.stat().st_mtime - 31 * 86_400,) * 2)
    assert find_garbage(fresh_lake.site(), MONTH).files == ()


def test_a_stopped_gc_leaves_no_state_with_a_deleted_file(fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """States are deleted before the first file is."""
    site = fresh_grown_lake.site()
    found = find_garbage(site, timedelta(0))
    assert found.states and found.files
    store = site.lake.store
    delete, deleted = store.delete, []

    def record(path: str) -> None:
        deleted.append("state" if "/log/" in path else "file")
        delete(path)

    monkeypatch.setattr(store, "delete", record)
    collect_garbage(site, found)
    assert deleted == ["state"] * len(found.states) + ["file"] * len(found.files)
