"""Manifests: small entries whatever the history, a new part rewrites one segment, damage is found and repaired."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import EMPTY, Delivery, Entry, File, Landed, Made, files_of
from ecom_lake.engine.store.entry_json import content_of_parts, parts_of_content
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.engine.store.log import Log
from ecom_lake.engine.store.manifests import Content, Manifests
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError
from ecom_lake_tests.engine.store.test_entry_json import old_bytes

BRONZE, SILVER, GOLD = TableId("bronze", "orders"), TableId("silver", "orders"), TableId("gold", "rfm")
ENTRY_LIMIT = 20_000
"""Bytes of an entry, whatever the history."""


def delivered(number: int) -> File:
    digest = f"{number * 2654435761 % 2**128:032x}"
    delivery = Delivery(number, f"2017/{number}/orders.csv", digest, "2018-01-01 00:00:00", 0, (), "utf-8")
    made = Made(rows=number, fingerprint=digest, run="", delivery=delivery)
    return made.published(f"_store/bronze/orders/{digest}.parquet", 4_000 + number, f"{number:032x}")


def deliveries(first: int, last: int) -> dict[Part, File | None]:
    return {Part(batch=f"{number:08d}"): delivered(number) for number in range(first, last + 1)}


def table_file(rows: int, inputs: str = "v", deliveries: int = 1) -> File:
    fates = tuple(("orders", number, "published", number * 7_919 % 1_009) for number in range(deliveries))
    made = Made(rows=rows, fingerprint="f", run="run", inputs={BRONZE: inputs}, fates=fates, failed={"b": 1, "a": 2})
    return made.published(f"_store/{rows}", rows, f"{rows:032x}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return LocalStore(tmp_path)


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store, "olist")


def written(store: Store) -> dict[str, int]:
    return {info.path: info.size for info in store.list("olist/_store")}


def grown(log: Log, days: int) -> Entry:
    """A state with four tables of one delivery a day, landed files, and a dimension that names every delivery."""
    tables = [TableId("bronze", name) for name in ("orders", "items", "payments", "reviews")]
    landed = {
        f"2017/{n:05d}/{table.name}.csv": Landed(f"{n}-1-2-3", f"{n:032x}", "reader") for n in range(days) for table in tables
    }

    def change(head: Entry) -> Entry:
        for table in tables:
            head = head.with_parts(table, deliveries(1, days))
        for name in map(str, range(120)):
            head = head.with_parts(TableId("gold", f"a_table_with_a_name_{name}"), {WHOLE: table_file(3)})
        return replace(head.with_parts(SILVER, {WHOLE: table_file(1, deliveries=days)}), landing=landed)

    return log.commit(change, "run", "many")


@pytest.mark.parametrize("days", [750, 2_500], ids=["3,000 files", "10,000 files"])
def test_the_size_of_an_entry_and_of_what_a_night_adds_does_not_depend_on_the_history(log: Log, store: Store, days: int) -> None:
    before = grown(log, days)
    there = written(store)
    tonight = {f"2017/{days:05d}/orders.csv": Landed("1-2-3-4", "h", "reader")}

    def night(head: Entry) -> Entry:
        head = head.with_parts(BRONZE, deliveries(days + 1, days + 1))
        changed = head.with_parts(SILVER, {WHOLE: table_file(2, inputs="w", deliveries=days + 1)})
        return replace(changed, landing={**changed.landing, **tonight})

    log.commit(night, "run", "night")
    new = {path: size for path, size in written(store).items() if path not in there}
    assert max(size for path, size in written(store).items() if "/log/" in path) <= ENTRY_LIMIT
    manifests = sum(size for path, size in new.items() if "/manifests/" in path)
    assert manifests < 15_000, "one segment of each changed table, and the lists of segments"
    again = Log(store, "olist").head()
    assert len(again.parts(BRONZE)) == days + 1
    assert again.tables != before.tables
    assert len(again.parts(SILVER)[WHOLE].fates) == days + 1
    assert log.manifests.data_paths([again]) == set(files_of([again]))


def test_new_inputs_of_all_parts_rewrite_no_segment(log: Log, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    create, created = store.create, list[str]()

    def change(head: Entry, inputs: str) -> Entry:
        months = {Part(month=f"{2000 + n // 12}-{n % 12 + 1:02d}"): table_file(n, inputs, deliveries=40) for n in range(240)}
        return head.with_parts(SILVER, months)

    log.commit(lambda head: change(head, "v"), "run", "first")
    before = written(store)
    monkeypatch.setattr(store, "create", lambda path, data: created.append(path) or create(path, data))  # type: ignore[func-returns-value]
    log.commit(lambda head: change(head, "w"), "run", "second")
    assert [path.split("/")[2] for path in created] == ["manifests", "log"], "the list of segments, then the entry"
    assert set(written(store)) - set(before) == set(created)
    assert Log(store, "olist").head().parts(SILVER)[Part(month="2000-01")].inputs == {BRONZE: "w"}


PARTS = st.dictionaries(
    st.sampled_from([WHOLE, Part(month="2017-01"), Part(month="2017-02"), Part(batch="1"), Part(batch="unplaced")]),
    st.one_of(st.none(), st.builds(table_file, st.integers(0, 9), st.sampled_from("vw"), st.sampled_from([0, 1, 64, 65, 1_200]))),
)


Changes = list[tuple[TableId, dict[Part, File | None], bool]]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([SILVER, GOLD]), PARTS, st.booleans()), max_size=5))
def test_a_log_behaves_as_a_dict_of_dicts(tmp_path_factory: pytest.TempPathFactory, changes: Changes) -> None:
    store = LocalStore(tmp_path_factory.mktemp("log"))
    log, model = Log(store, "olist"), dict[TableId, dict[Part, File]]()
    for table, parts, is_reopened in changes:
        log = Log(store, "olist") if is_reopened else log
        log.commit(lambda head, of=table, new=parts: head.with_parts(of, new), "run", "change")  # type: ignore[misc]
        merged = {**model.get(table, {}), **parts}
        model[table] = {part: file for part, file in merged.items() if file}
        model = {name: found for name, found in model.items() if found}
        for head in (log.head(), Log(store, "olist").head()):
            assert head.tables == model
            assert all(head.version(name) == replace(EMPTY, tables=model).version(name) for name in model)


@settings(max_examples=40)
@given(PARTS)
def test_equal_parts_have_one_manifest_from_which_they_are_read(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[Part, File | None]
) -> None:
    existing = {part: file for part, file in parts.items() if file}
    turned = {
        part: replace(file, failed=dict(reversed(list(file.failed.items()))), fates=file.fates[::-1])
        for part, file in reversed(list(existing.items()))
    }
    manifests = Manifests(LocalStore(tmp_path_factory.mktemp("manifests")), "olist")
    one, same = (manifests.write(content_of_parts(found)) for found in (existing, turned))
    assert one == same
    assert parts_of_content(manifests.read(one)) == existing


@settings(max_examples=25)
@given(st.dictionaries(st.text(), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), max_size=30), st.randoms())
def test_the_segments_depend_on_the_content_only(
    tmp_path_factory: pytest.TempPathFactory, records: dict[str, dict[str, int]], dice: random.Random
) -> None:
    manifests = Manifests(LocalStore(tmp_path_factory.mktemp("manifests")), "olist")
    names = list(records)
    dice.shuffle(names)
    big = {name: {**records[name], "filling": "x" * 2_000} for name in names}
    one = manifests.write(Content(big))
    assert manifests.write(Content({name: big[name] for name in sorted(big)})) == one
    assert manifests.read(one).records == big


def test_an_old_log_is_continued_and_nothing_of_it_is_lost(log: Log, store: Store) -> None:
    store.write("olist/_store/log/00000007.json", old_bytes())
    old = log.head()
    night = log.commit(lambda head: head.with_parts(BRONZE, deliveries(9, 9)), "run", "night")
    again = Log(store, "olist")
    assert again.entry(7) == old
    assert again.head() == night
    assert (night.number, night.parent, night.release) == (8, 7, 7)
    assert night.landing == old.landing
    assert {table: parts for table, parts in night.tables.items() if table != BRONZE} == {
        table: parts for table, parts in old.tables.items() if table != BRONZE
    }
    assert {**old.parts(BRONZE), **deliveries(9, 9)} == night.parts(BRONZE)
    assert again.manifests.data_paths([old, night]) == set(files_of([old, night])) > set(files_of([old]))
    assert all(night.version(table) == old.version(table) for table in old.tables if table != BRONZE)


def test_a_step_reads_the_manifests_of_its_own_tables_only(log: Log, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    grown(log, 10)
    head, other = Log(store, "olist").head(), Log(store, "olist").head()
    read: list[str] = []
    reads = store.read_immutable
    monkeypatch.setattr(store, "read_immutable", lambda path: read.append(path) or reads(path))  # type: ignore[func-returns-value]
    assert head.tables == other.tables
    assert head.version(SILVER) and bool(head.parts(SILVER))
    assert read == []
    assert len(head.parts(SILVER)) == 1
    assert len(read) == 1


def cut(data: bytes) -> bytes | None:
    return data[:-9]


def flip(data: bytes) -> bytes | None:
    return bytes([*data[:40], data[40] ^ 1, *data[41:]])


def remove(data: bytes) -> bytes | None:
    return None


def exchange(data: bytes) -> bytes | None:
    return gzip.compress(b'{"records":{}}')


@pytest.mark.parametrize("damage", [cut, flip, remove, exchange])
def test_a_damaged_manifest_is_named_and_a_second_copy_is_read(
    log: Log, store: Store, damage: Callable[[bytes], bytes | None]
) -> None:
    log.commit(lambda head: head.with_parts(BRONZE, deliveries(1, 3)).with_parts(GOLD, {WHOLE: table_file(1)}), "run", "first")
    for path in written(store):
        if "/manifests/" in path and ".copy" not in path:
            changed = damage(store.read(path))
            store.delete(path) if changed is None else store.write(path, changed)
    fresh = Log(store, "olist")
    head = fresh.head()
    with pytest.raises(
        UserError, match=r"The manifest olist/_store/manifests/\w+\.json\.gz is missing or damaged.*`ecom-lake repair`"
    ):
        len(head.parts(GOLD))
    assert head.parts(BRONZE) == deliveries(1, 3)
    assert fresh.manifests.damaged(head, set()) == ["bronze/orders", "gold/rfm"]
    fresh.manifests.repair(head)
    assert fresh.manifests.damaged(head, set()) == ["gold/rfm"]
    assert dict(fresh.manifests.readable(head).tables) == {BRONZE: deliveries(1, 3)}


def test_the_parts_in_intact_segments_can_be_read(log: Log, store: Store) -> None:
    head = log.commit(lambda head: head.with_parts(SILVER, deliveries(1, 500)), "run", "first")
    assert len(log.manifests.digests([head])) > 5
    lost = next(path for path in written(store) if "/manifests/" in path and store.info(path).size > 600)
    store.delete(lost)
    readable = Log(store, "olist").manifests.readable(head).parts(SILVER)
    assert 0 < len(readable) < 500
    assert all(head.parts(SILVER)[part] == file for part, file in readable.items())


def test_a_manifest_that_an_older_state_had_is_too_new_for_gc_when_it_is_used_again(
    log: Log, store: Store, tmp_path: Path
) -> None:
    first = log.commit(lambda head: head.with_parts(GOLD, {WHOLE: table_file(1)}), "run", "first")
    log.commit(lambda head: head.with_parts(GOLD, {WHOLE: table_file(2)}), "run", "second")
    (digest,) = log.manifests.digests([first])
    path = tmp_path / f"olist/_store/manifests/{digest}.json.gz"
    os.utime(path, (1, 1))
    again = log.commit(lambda head: head.with_parts(GOLD, {WHOLE: table_file(1)}), "run", "first again")
    assert again.tables == first.tables
    assert path.stat().st_mtime > 1


def test_a_commit_that_is_stopped_after_any_write_changes_nothing_and_can_be_repeated(
    log: Log, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is stopped after each of its writes in turn."""
    first = log.commit(lambda head: head.with_parts(SILVER, deliveries(1, 400)), "run", "first")
    create = store.create
    for allowed in range(100):
        left = iter(range(allowed))

        def stopped(path: str, data: bytes, left: object = left) -> bool:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            return create(path, data)

        monkeypatch.setattr(store, "create", stopped)
        fresh = Log(store, "olist")
        try:
            fresh.commit(lambda head: head.with_parts(SILVER, deliveries(300, 500)), "run", "second")
            break
        except KeyboardInterrupt:
            assert Log(store, "olist").head() == first
    assert allowed > 2
    assert Log(store, "olist").head().parts(SILVER) == deliveries(1, 500)


def test_a_damaged_second_copy_is_repaired_from_the_first(log: Log, store: Store) -> None:
    head = log.commit(lambda head: head.with_parts(BRONZE, deliveries(1, 500)), "run", "first")
    copies = {path: store.read(path) for path in written(store) if ".copy" in path}
    assert len(copies) == len(log.manifests.digests([head])) > 5
    for path in copies:
        store.write(path, b"damaged")
    log.manifests.repair(head)
    assert {path: store.read(path) for path in copies} == copies


@pytest.mark.parametrize("layer", ["bronze", "rejects", "silver", "quarantine", "gold"])
def test_only_manifests_of_delivered_rows_have_a_second_copy(log: Log, store: Store, layer: str) -> None:
    log.commit(lambda head: head.with_parts(TableId(layer, "orders"), deliveries(1, 2)), "run", "first")
    assert len([path for path in written(store) if "/manifests/" in path]) == (2 if layer in ("bronze", "rejects") else 1)


def test_a_manifest_that_the_other_store_has_is_not_copied_again(log: Log, store: Store, tmp_path: Path) -> None:
    first = log.commit(lambda head: head.with_parts(BRONZE, deliveries(1, 2)), "run", "first")
    second = log.commit(lambda head: head.with_parts(GOLD, {WHOLE: table_file(1)}), "run", "second")
    other_store, present = LocalStore(tmp_path / "other"), set[str]()
    other = Log(other_store, "olist")
    log.manifests.copy(first, other.manifests, present)
    assert present == set(log.manifests.digests([first]))
    there = written(other_store)
    assert there.keys() == log.manifests.paths([first])
    for path in there:
        other_store.delete(path)
    log.manifests.copy(second, other.manifests, present)
    assert written(other_store).keys() == {path for path in log.manifests.paths([second]) - there.keys() if ".copy" not in path}
