"""The log: consecutive entries for any number of writers, and readers that always see one complete entry."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from functools import partial

import pytest

from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Delivery, Entry, File, Landed, Made
from ecom_lake.engine.store.log import DamagedError, Log
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import Place


def with_part(head: Entry, part: str) -> Entry:
    return head.with_parts(TableId("bronze", "orders"), {Part(batch=part): a_file(part)})


def a_file(name: str) -> File:
    delivery = Delivery(1, "orders.csv", "abc", "2018-01-01 00:00:00", 2, ("more",), "utf-8")
    made = Made(
        rows=1,
        fingerprint="made",
        run="run",
        inputs={TableId("bronze", "x"): "v"},
        fates=(("orders", 1, "published", 1),),
        failed={"rule": 1},
        delivery=delivery,
    )
    return made.published(name, 2, f"hash of {name}")


@pytest.fixture
def store(place: Place) -> Store:
    return place.store()


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store, "olist")


def test_an_entry_is_read_as_it_was_written(log: Log) -> None:
    landed = {"orders.csv": Landed("stamp", "hash", "reader", "refused because")}
    log.commit(
        lambda head: replace(head.with_parts(TableId("bronze", "orders"), {Part(batch="1"): a_file("a")}), landing=landed),
        "run",
        "first",
    )
    written = log.commit(
        lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="2"): a_file("b")}), "run", "second"
    )
    assert log.head() == written
    assert (written.number, written.parent) == (2, 1)
    assert written.parts(TableId("bronze", "orders")) == {Part(batch="1"): a_file("a"), Part(batch="2"): a_file("b")}
    assert written.landing == landed


def test_a_commit_without_a_change_writes_no_entry(log: Log) -> None:
    log.commit(lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="1"): a_file("a")}), "run", "first")
    log.commit(lambda head: head, "run", "nothing")
    assert log.numbers() == [1]


def test_concurrent_writers_write_consecutive_entries_and_lose_no_commit(log: Log) -> None:
    def write(writer: int) -> None:
        for turn in range(8):
            part = f"{writer}-{turn}"
            log.commit(partial(with_part, part=part), "run", part)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert log.numbers() == list(range(1, 33))
    assert [log.entry(n).parent for n in range(2, 33)] == list(range(1, 32))
    assert set(log.head().parts(TableId("bronze", "orders"))) == {
        Part(batch=f"{writer}-{turn}") for writer in range(4) for turn in range(8)
    }


def test_the_version_of_a_table_depends_on_content_only() -> None:
    entry = Entry(1, None, "run", "", "")
    one = entry.with_parts(TableId("silver", "orders"), {Part(month="2017-01"): a_file("a")})
    same = entry.with_parts(
        TableId("silver", "orders"), {Part(month="2017-01"): replace(a_file("a"), run="another", fingerprint="else")}
    )
    other = entry.with_parts(TableId("silver", "orders"), {Part(month="2017-01"): a_file("b")})
    moved = entry.with_parts(TableId("silver", "orders"), {Part(month="2017-02"): a_file("a")})
    assert one.version(TableId("silver", "orders")) == same.version(TableId("silver", "orders"))
    assert len({state.version(TableId("silver", "orders")) for state in (one, other, moved)}) == 3


def test_a_part_can_be_removed(log: Log) -> None:
    entry = Entry(1, None, "run", "", "").with_parts(TableId("silver", "orders"), {Part(batch="x"): a_file("a")})
    assert entry.with_parts(TableId("silver", "orders"), {Part(batch="x"): None}).tables == {}


def test_a_damaged_entry_is_named(log: Log, store: Store) -> None:
    log.commit(lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="1"): a_file("a")}), "run", "first")
    store.write("olist/_store/log/00000001.json", b'{"number": 1')
    with pytest.raises(UserError, match=r"00000001\.json is damaged"):
        log.head()


def test_a_flipped_bit_in_a_readable_entry_is_detected(log: Log, store: Store) -> None:
    log.commit(lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="1"): a_file("a")}), "run", "first")
    path = "olist/_store/log/00000001.json"
    store.write(path, store.read(path).replace(b'"pinned":false', b'"pinned":true '))
    with pytest.raises(UserError, match=r"00000001\.json is damaged"):
        log.head()


def test_an_entry_of_a_newer_version_is_not_damaged(log: Log, store: Store) -> None:
    """It has a field that this version does not know, under an intact checksum."""
    log.commit(partial(with_part, part="1"), "run", "first")
    path = "olist/_store/log/00000001.json"
    body = json.dumps({**json.loads(store.read(path)), "new_field": 1}, separators=(",", ":"))
    body = "{" + body[body.index('"number"') :]
    seal = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    store.write(path, f'{{"seal":"{seal}",{body[1:]}'.encode())
    with pytest.raises(UserError, match=r"Entry 1 of the log was written by a newer version .*: update") as raised:
        log.head()
    assert not isinstance(raised.value, DamagedError)
    assert log.is_readable(1)


def test_the_error_of_a_damaged_entry_names_the_previous_one_and_it_can_be_set_aside(log: Log, store: Store) -> None:
    for part in ("1", "2"):
        log.commit(partial(with_part, part=part), "run", part)
    released = log.commit(replace, "run", "release", release=True)
    log.commit(lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="3"): a_file("3")}), "run", "3")
    store.write("olist/_store/log/00000004.json", b"")
    with pytest.raises(UserError, match="latest intact entry before it is 3, when readers saw release 3"):
        log.head()
    log.set_aside(4)
    assert log.head() == released
    assert store.exists("olist/_store/log/damaged-00000004.json")
    after = log.commit(lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="4"): a_file("4")}), "run", "4")
    assert (after.number, after.parent) == (5, 3), "a new entry must not have the number of the damaged one"


def test_a_commit_with_a_lost_response_is_one_commit(log: Log, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    create, answers = store.create, iter([False])

    def lost(path: str, data: bytes) -> bool:
        return create(path, data) and next(answers, True)

    monkeypatch.setattr(store, "create", lost)
    written = log.commit(
        lambda head: head.with_parts(TableId("bronze", "orders"), {Part(batch="1"): a_file("a")}), "run", "first"
    )
    assert written.number == 1
    assert log.numbers() == [1]
    assert log.head() == written


def test_the_error_of_a_missing_entry_names_it(log: Log) -> None:
    with pytest.raises(UserError, match="Entry 7 of shop 'olist' is not in the log"):
        log.entry(7)


def test_only_a_release_records_the_definitions_that_it_was_made_with(log: Log) -> None:
    released = log.commit(lambda head: replace(with_part(head, "1"), definitions="d"), "run", "release", release=True)
    assert released.definitions == log.entry(1).definitions == "d"
    assert log.commit(partial(with_part, part="2"), "run", "after it").definitions == ""
