"""Old states are deleted after a release; the releases of the last days, the last releases and what may be in use stay."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance import retention
from ecom_lake.engine.build.maintenance.garbage import (
    Garbage,
    State,
    collect_garbage,
    find_garbage,
    states_of,
)
from ecom_lake.engine.build.maintenance.retention import (
    STATES_BETWEEN,
    collect_after_release,
    find_expired,
    is_due,
    states_to_keep,
)
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import File
from ecom_lake.engine.store.lake import Lake
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake, Place, needed_states, rewrite
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.engine.build.maintenance.test_garbage import age

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MONTH = 30 * DAY
RFM, ORDERS = TableId("gold", "rfm"), TableId("bronze", "orders")


def states(made: Sequence[tuple[datetime, int | None]]) -> list[State]:
    """States from 1 on, each with its time and the release that readers saw."""
    ends = [*[at for at, _ in made[1:]], None]
    return [State(n, at, end, release) for n, ((at, release), end) in enumerate(zip(made, ends, strict=True), start=1)]


def test_a_lake_that_is_built_every_night_stays_bounded() -> None:
    """Two years of 60 states a night. What is promised is there after each night."""
    found: list[State] = []
    number, shown, largest = 0, 0, 0
    for night in range(730):
        now = NOW + night * DAY
        for step in range(60):
            number += 1
            before, shown = shown, number if step == 59 else shown
            if found:
                found[-1] = replace(found[-1], ended=now + step * MINUTE)
            found.append(State(number, now + step * MINUTE, None, shown or None))
        if is_due(before, number):
            kept = states_to_keep(found, now + 60 * MINUTE, MONTH, 10)
            found = [state for state in found if state.number in kept]
        releases = [state for state in found if state.is_release]
        assert len(releases) >= min(night + 1, 31)
        assert len([state for state in found if state.made > now - DAY]) >= min(night + 1, 2) * 60 - 60
        largest = max(largest, len(found))
    assert largest <= 31 + STATES_BETWEEN + 3 * 60


def test_states_between_releases_stay_until_a_newer_release_is_a_day_old() -> None:
    made = [(NOW - 3 * DAY, None), (NOW - 2 * DAY, 2), (NOW - 25 * timedelta(hours=1), 2), (NOW - DAY, 4), (NOW - MINUTE, 4)]
    assert states_to_keep(states(made), NOW, MONTH, 10) == {2, 4, 5}
    younger = [*made[:3], (NOW - DAY + MINUTE, 4), made[4]]
    assert states_to_keep(states(younger), NOW, MONTH, 10) == {2, 3, 4, 5}
    assert states_to_keep(states([(at, None) for at, _ in made]), NOW, MONTH, 10) == {1, 2, 3, 4, 5}, "nothing was released"


def test_a_release_stays_for_its_days_after_the_next_one_and_the_last_ones_at_any_age() -> None:
    made = [(NOW - days * DAY, number) for number, days in enumerate([90, 60, 29, 2], start=1)]
    assert states_to_keep(states(made), NOW, MONTH, 1) == {2, 3, 4}, "release 2 was shown until 29 days ago"
    assert states_to_keep(states(made), NOW, 29 * DAY, 1) == {3, 4}
    assert states_to_keep(states(made), NOW, DAY, 3) == {2, 3, 4}


def test_a_release_that_a_rollback_showed_again_counts_from_its_last_day() -> None:
    made = [(NOW - 90 * DAY, 1), (NOW - 80 * DAY, 2), (NOW - 70 * DAY, 1), (NOW - 5 * DAY, 5 - 1), (NOW - 4 * DAY, 5)]
    assert states_to_keep(states(made), NOW, MONTH, 1) == {1, 4, 5}


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["step", "step", "release", "rollback"])), min_size=1, max_size=40),
    st.integers(1, 40),
    st.integers(2, 5),
)
def test_what_is_promised_stays(history: list[tuple[int, str]], days: int, at_least: int) -> None:
    at, shown, released = NOW - sum(hours for hours, _ in history) * timedelta(hours=1), None, []
    made: list[tuple[datetime, int | None]] = []
    for number, (hours, kind) in enumerate(history, start=1):
        at += hours * timedelta(hours=1)
        if kind == "release":
            shown = number
            released.append(number)
        elif kind == "rollback" and released:
            shown = released[0]
        made.append((at, shown))
    found = states(made)
    kept = states_to_keep(found, NOW, days * DAY, at_least)
    assert found[-1].number in kept
    assert set(released[-at_least:]) <= kept
    for state in found:
        if state.ended is None or state.ended > NOW - days * DAY:
            assert state.release is None or state.release in kept, "a release that readers saw within the days"
        if state.ended is None or state.ended > NOW - DAY:
            assert state.number in kept, "a state that was current within a day"


@pytest.mark.parametrize(
    ("before", "release", "due"),
    [(None, 5, False), (None, 256, True), (200, 255, False), (255, 256, True), (256, 300, False), (300, 900, True)],
)
def test_garbage_is_collected_once_in_so_many_states(before: int | None, release: int, due: bool) -> None:
    assert is_due(before, release) is due


# ------------------------------------------------------------------------------------------------------- in a store


@dataclass(frozen=True)
class Log:
    """States 1 to 6 of a shop, releases 2, 4 and 6, each with a file of its own and one of bronze; all are days old."""

    site: Site

    def paths(self) -> set[str]:
        found = (info.path.removeprefix("olist/") for info in self.site.lake.store.list("olist/_store"))
        return {path for path in found if not path.startswith(("_store/log/", "_store/manifests/"))}

    def assert_consistent(self) -> None:
        for number in self.site.lake.log.numbers():
            for parts in self.site.lake.log.entry(number).tables.values():
                assert {file.path for file in parts.values()} <= self.paths(), number


NO_STATES: Mapping[int, int] = {}


def file(path: str, state: int | None = None) -> File:
    return File(path=path, bytes=4, hash="0" * 32, rows=1, fingerprint="", run="", state=state)


def commit_states(lake: Lake, refers: Mapping[int, int] = NO_STATES) -> None:
    """States 1 to 6; every second one is a release."""
    tables: dict[TableId, dict[Part, File]] = {}
    for number in range(1, 7):
        ours, theirs = (
            file(f"_store/gold/rfm/{number}.parquet", refers.get(number)),
            file(f"_store/bronze/orders/{number}.parquet"),
        )
        for one in (ours, theirs):
            lake.store.write(f"olist/{one.path}", b"PAR1")
        tables = {RFM: {WHOLE: ours}, ORDERS: {**tables.get(ORDERS, {}), Part(batch=f"{number}"): theirs}}
        lake.log.commit(partial(replace, tables=tables), "run", "a state", release=number % 2 == 0)


def a_log(folder: Path, refers: Mapping[int, int] = NO_STATES) -> Log:
    """The states and their files are 100, 90, 50, 40, 3 and 2 days old."""
    site = a_site(folder)
    commit_states(site.lake, refers)
    for number, days in enumerate([100, 90, 50, 40, 3, 2], start=1):
        at = datetime.now(UTC) - days * DAY
        rewrite(folder / "olist/_store/log" / f"{number:08d}.json", at=at.isoformat(timespec="seconds"))
        for path in (folder / "olist/_store").rglob(f"{number}.parquet"):
            os.utime(path, (at.timestamp(),) * 2)
    return Log(replace(a_site(folder), shop=replace(site.shop, keep_days=30, keep_releases=2)))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return a_log(tmp_path)


def expected(log: Log, *kept: int) -> set[str]:
    bronze = {f"_store/bronze/orders/{number}.parquet" for number in range(1, 7)}
    return bronze | {f"_store/gold/rfm/{number}.parquet" for number in kept}


def test_states_and_their_files_are_deleted_and_bronze_stays(log: Log) -> None:
    assert collect_after_release(log.site, 250, 256) == "Deleted 4 old states and 4 files, 0.0 MB, that no kept release needs."
    assert log.site.lake.log.numbers() == [4, 6]
    assert log.paths() == expected(log, 4, 6)
    assert collect_after_release(log.site, 250, 256) is None, "nothing is left to delete"
    log.assert_consistent()


def test_nothing_is_read_or_deleted_between_two_collections(log: Log) -> None:
    log.site.lake.store.write("olist/_store/log/00000003.json", b"damaged")
    assert collect_after_release(log.site, 256, 300) is None
    assert log.site.lake.log.numbers() == [1, 2, 3, 4, 5, 6]


def written(path: Path, days: float) -> Path:
    """A file that is so many days old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PAR1")
    os.utime(path, (datetime.now(UTC).timestamp() - days * 86_400,) * 2)
    return path


def test_unnamed_files_stay_for_a_day(log: Log, tmp_path: Path) -> None:
    """A build that is running has files that no state names yet."""
    for name, days in (("running", 0.9), ("left", 1.1)):
        written(tmp_path / f"olist/_store/gold/rfm/{name}.parquet", days)
    collect_garbage(log.site, find_expired(log.site))
    assert log.paths() == expected(log, 4, 6) | {"_store/gold/rfm/running.parquet"}


def test_half_written_files_of_bronze_are_deleted(log: Log, tmp_path: Path) -> None:
    whole = written(tmp_path / "olist/_store/bronze/orders/whole.parquet", days=2)
    half = written(tmp_path / "olist/_store/bronze/orders/.half.parquet.0123abcd", days=2)
    collect_garbage(log.site, find_expired(log.site))
    assert (whole.exists(), half.exists()) == (True, False)


def test_records_of_sent_messages_stay_longer_than_the_states(log: Log, tmp_path: Path) -> None:
    recent, old = (written(tmp_path / f"olist/_store/sent/team/{days}.sent", days) for days in (399, 401))
    collect_garbage(log.site, find_expired(log.site))
    assert (recent.exists(), old.exists()) == (True, False)


def test_a_bronze_file_whose_rows_are_in_a_merged_file_is_deleted_when_no_kept_state_names_it(log: Log) -> None:
    merged = replace(file("_store/bronze/orders/merged-12.parquet"), fingerprint="1", first_hash="1" * 32)
    log.site.lake.log.commit(lambda head: head.with_parts(ORDERS, {Part(batch="1"): merged}), "run", "merged", release=True)
    one, two = ("olist/_store/bronze/orders/1.parquet", "olist/_store/bronze/orders/2.parquet")
    assert not {one, two} & {info.path for info in find_expired(log.site).files}, "the release before it is still in use"
    assert {one, two} & {info.path for info in find_garbage(log.site, timedelta(0)).files} == {one}


def test_a_state_that_a_kept_file_refers_to_stays_with_its_files(tmp_path: Path) -> None:
    """State 6 refers to state 3, which refers to state 1: that one is not needed."""
    log = a_log(tmp_path, {6: 3, 3: 1})
    for found in (find_expired(log.site), find_garbage(log.site, 35 * DAY)):
        assert 3 not in found.states and 1 in found.states
        assert "olist/_store/gold/rfm/3.parquet" not in {info.path for info in found.files}
    collect_garbage(log.site, find_expired(log.site))
    assert log.site.lake.log.numbers() == [3, 4, 6]
    assert log.paths() == expected(log, 3, 4, 6)
    log.assert_consistent()


def deletes(found: Garbage) -> int:
    return len(found.states) + len(found.files)


def killed_after(calls: int, delete: Callable[[str], None]) -> Callable[[str], None]:
    """Deletes so many times; the process is killed at the next call."""
    left = calls

    def deleting(path: str) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        delete(path)

    return deleting


def test_a_collection_that_is_killed_at_any_point_is_completed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kill_before in range(8):
        log = a_log(tmp_path / str(kill_before))
        with monkeypatch.context() as patch:
            patch.setattr(log.site.lake.store, "delete", killed_after(kill_before, log.site.lake.store.delete))
            with pytest.raises(KeyboardInterrupt):
                collect_after_release(log.site, 250, 256)
        log.assert_consistent()
        assert deletes(find_expired(log.site)) == 8 - kill_before
        collect_after_release(log.site, 250, 256)
        assert (log.site.lake.log.numbers(), log.paths()) == ([4, 6], expected(log, 4, 6))


def test_a_collection_that_fails_is_reported_and_does_not_fail_the_release(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr(log.site.lake.store, "delete", refused)
        assert collect_after_release(log.site, 250, 256) == "Old states were not deleted: PermissionError"
    (log.site.lake.store.local("olist/_store/log/00000003.json")).write_bytes(b"damaged")
    assert "00000003.json is damaged" in str(collect_after_release(log.site, 250, 256))
    assert log.paths() == expected(log, *range(1, 7))


def test_a_release_that_is_shown_again_during_the_collection_is_not_deleted(log: Log) -> None:
    found = find_expired(log.site)
    assert 2 in found.states
    log.site.lake.log.commit(lambda head: replace(head, release=2, pinned=True), "run", "rollback to 2")
    with pytest.raises(UserError, match="Readers were shown release 2 again meanwhile; nothing was deleted"):
        collect_garbage(log.site, found)
    assert 2 in log.site.lake.log.numbers()
    assert 2 not in find_expired(log.site).states


def test_files_that_a_newer_state_names_are_not_deleted(log: Log) -> None:
    """A state that is committed while garbage is being collected."""
    found = find_expired(log.site)
    again = file("_store/gold/rfm/1.parquet")
    assert f"olist/{again.path}" in {info.path for info in found.files}
    log.site.lake.log.commit(lambda head: head.with_parts(RFM, {WHOLE: again}), "run", "the first file again")
    collect_garbage(log.site, found)
    assert log.paths() == expected(log, 1, 4, 6)
    log.assert_consistent()


def test_a_collection_on_any_store(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ages cannot be set on Azure, so that the days for which states and files stay are over at once."""
    site = a_site(tmp_path)
    site = replace(site, lake=place.lake("olist"), shop=replace(site.shop, keep_days=0, keep_releases=2))
    commit_states(site.lake)
    assert [state.number for state in states_of(site, datetime.now(UTC))] == [1, 2, 3, 4, 5, 6]
    monkeypatch.setattr(retention, "IN_USE", timedelta(seconds=-5))
    assert collect_after_release(site, 250, 256) == "Deleted 4 old states and 16 files, 0.0 MB, that no kept release needs."
    assert site.lake.log.numbers() == [4, 6]
    assert Log(site).paths() == expected(Log(site), 4, 6)


def test_a_build_states_what_it_deleted(fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notes of the release are its metadata in Dagster."""
    age(fresh_grown_lake, days=31)
    site = fresh_grown_lake.site()
    before = site.lake.log.numbers()
    releases = {number for number in before if site.lake.log.entry(number).release == number}
    (fresh_grown_lake.landing / "another.csv").write_text(ONE_MORE_ORDER.replace("new,", "newer,"), encoding="utf-8")
    monkeypatch.setattr(retention, "STATES_BETWEEN", 1)
    *_, released = build(site)
    assert released.notes[0] == f"Release {site.lake.log.head().number}."
    needed = {state.number for state in needed_states(site)}
    old = {number for number in before if number < max(releases)} - releases - needed
    assert released.notes[1].startswith(f"Deleted {len(old)} old states and ")
    assert set(before) - set(site.lake.log.numbers()) == old != set()
    for number in releases:
        for parts in site.lake.log.entry(number).tables.values():
            assert not any(site.lake.damage(file) for file in parts.values())
