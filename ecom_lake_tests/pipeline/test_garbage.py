from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

from ecom_lake.pipeline.garbage import collect_garbage, find_garbage
from ecom_lake.serving.difference import last_two_releases
from ecom_lake_tests.built import BuiltLake

MONTH = timedelta(days=30)


def age(lake: BuiltLake, days: int) -> None:
    """Make everything in the store that much older."""
    for path in (lake.root / "olist" / "_store").rglob("*"):
        if path.suffix == ".json":
            entry = json.loads(path.read_text(encoding="utf-8"))
            entry["at"] = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
            path.write_text(json.dumps(entry), encoding="utf-8")
        elif path.is_file():
            os.utime(path, (path.stat().st_mtime - days * 86_400,) * 2)


def test_nothing_young_is_garbage(grown_lake: BuiltLake) -> None:
    found = find_garbage(grown_lake.site(), MONTH)
    assert (found.states, found.files) == ((), ())


def test_old_states_go_with_what_only_they_name_and_the_current_one_stays_whole(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    age(fresh_grown_lake, days=31)
    old, new = last_two_releases(site)
    head = site.lake.log.head()
    lost = {file.path for parts in site.lake.log.entry(old).tables.values() for file in parts.values()}
    found = find_garbage(site, MONTH)
    assert old in found.states
    assert new not in found.states
    gone = {info.path.removeprefix("olist/") for info in found.files}
    kept = {file.path for parts in head.tables.values() for file in parts.values()}
    assert lost - kept <= gone
    assert not gone & kept
    assert not any(path.startswith(("_store/bronze/", "_store/rejects/")) for path in gone)
    assert found.bytes == sum(site.lake.storage.info(info.path).size for info in found.files)
    collect_garbage(site, found)
    assert all(site.lake.local(file).exists() for parts in head.tables.values() for file in parts.values())
    assert not any(site.lake.storage.exists(info.path) for info in found.files)
    assert site.lake.log.head() == head
    again = find_garbage(site, MONTH)
    assert (again.states, again.files) == ((), ())


def test_what_young_states_show_is_kept(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    old, new = last_two_releases(site)
    age(fresh_grown_lake, days=31)
    # While the new release was being built readers saw the old one: one of those states is young.
    young = f"olist/_store/log/{new - 1:08d}.json"
    entry = json.loads(site.lake.storage.read(young)) | {"at": datetime.now(UTC).isoformat()}
    site.lake.storage.write(young, json.dumps(entry).encode())
    found = find_garbage(site, MONTH)
    assert old - 1 in found.states
    assert not {old, new - 1, new} & set(found.states)


def test_what_a_pinned_release_holds_is_kept_however_old(fresh_grown_lake: BuiltLake) -> None:
    from ecom_lake.pipeline.release import roll_back

    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)
    roll_back(site, old)
    age(fresh_grown_lake, days=31)
    collect_garbage(site, find_garbage(site, MONTH))
    shown = site.lake.log.released()
    assert shown is not None
    assert shown.number == old
    assert all(site.lake.local(file).exists() for parts in shown.tables.values() for file in parts.values())


def test_crash_leftovers_are_garbage_once_they_are_old(fresh_lake: BuiltLake) -> None:
    left = fresh_lake.root / "olist" / "_store" / "scratch" / "step-x" / "half.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PAR1")
    assert find_garbage(fresh_lake.site(), MONTH).files == ()
    os.utime(left, (left.stat().st_mtime - 31 * 86_400,) * 2)
    assert [info.path for info in find_garbage(fresh_lake.site(), MONTH).files] == ["olist/_store/scratch/step-x/half.parquet"]
