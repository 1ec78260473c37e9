"""The erasure list recognises ids by their HMACs, and holds no id."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.store.erasure_list import ErasureList, belongs_to_list
from ecom_lake.engine.store.local import LocalStore
from ecom_lake.errors import UserError

KEY = b"a secret that is long enough"


NEXT_KEY = b"the next secret, long enough"


def a_list(root: Path, key: bytes = KEY, only: int | None = None, former: bytes = b"") -> ErasureList:
    return ErasureList(LocalStore(root), "shop", key, only, former)


def test_a_listed_id_is_recognised_by_its_kind_alone(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"17"}, "order": {"o1", "o2"}})
    listed = a_list(tmp_path)
    assert listed.listed("person", ["17", "o1", "18"]) == {"17"}
    assert listed.listed("order", ["17", "o1"]) == {"o1"}
    assert listed.listed("review", ["17"]) == set()
    assert listed.mentions({"x", "o2"})
    assert not listed.mentions({"x", "o3"})


def test_the_list_holds_no_id(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann-the-person"}})
    assert b"ann" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_ids_that_are_listed_already_make_no_entry(tmp_path: Path) -> None:
    listed = a_list(tmp_path)
    assert listed.add("unlink", {"person": {"ann"}}) is not None
    assert listed.add("remove", {"person": {"ann"}}) is None
    assert a_list(tmp_path).newest == 1


def test_two_processes_that_add_at_once_get_an_entry_each(tmp_path: Path) -> None:
    one, other = a_list(tmp_path), a_list(tmp_path)
    one.add("unlink", {"person": {"ann"}})
    other.add("unlink", {"person": {"bob"}})
    assert [a_list(tmp_path, only=number).listed("person", ["ann", "bob"]) for number in (1, 2)] == [{"ann"}, {"bob"}]


def test_an_entry_of_another_process_that_came_first_was_not_compared(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    one, other = a_list(tmp_path), a_list(tmp_path)
    one.add("unlink", {"person": {"bob"}})
    other.add("unlink", {"person": {"cem"}})
    other.add("unlink", {"person": {"dora"}})
    assert (one.compared, one.newest) == (2, 2)
    assert (other.compared, other.newest) == (1, 4)


def test_listed_ids_get_a_second_entry_on_demand(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    again = a_list(tmp_path).add("remove", {"person": {"ann", "bob"}}, again=True)
    assert again is not None
    assert a_list(tmp_path, only=2).listed("person", ["ann", "bob"]) == {"ann", "bob"}


def test_a_staged_file_is_no_entry(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    assert belongs_to_list("shop/_store/erasures/00000001.json", "shop")
    assert belongs_to_list("shop/_store/erasures/00000001.done", "shop")
    assert not belongs_to_list("shop/_store/erasures/staged/00000002.json", "shop")


def test_an_entry_is_unfinished_until_it_is_finished(tmp_path: Path) -> None:
    listed = a_list(tmp_path)
    listed.add("unlink", {"person": {"ann"}})
    assert a_list(tmp_path).unfinished == [1]
    listed.finish(1)
    assert a_list(tmp_path).unfinished == []
    assert a_list(tmp_path).newest == 1


def test_another_key_and_no_key_are_refused(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    with pytest.raises(UserError, match="is not the key"):
        a_list(tmp_path, b"another secret, long enough").listed("person", ["ann"])
    with pytest.raises(UserError, match="ECOM_LAKE_ERASURE_KEY"):
        a_list(tmp_path, b"").listed("person", ["ann"])
    with pytest.raises(UserError, match="too short"):
        a_list(tmp_path, b"short").listed("person", ["ann"])


def test_nothing_is_listed_under_a_mistyped_key(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    with pytest.raises(UserError, match="is not the key"):
        a_list(tmp_path, b"a secret that is lnog enough").add("unlink", {"person": {"bob"}}, again=True)
    assert a_list(tmp_path).newest == 1


def test_entries_of_a_former_key_are_compared_under_it_and_new_ones_are_made_under_the_new_key(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}, "order": {"o1"}})
    rotated = a_list(tmp_path, NEXT_KEY, former=KEY)
    assert rotated.listed("person", ["ann", "bob"]) == {"ann"}
    assert rotated.mentions(["o1"])
    rotated.add("unlink", {"person": {"ann", "bob"}})  # she is listed under the new key, too
    assert a_list(tmp_path, NEXT_KEY, only=2).listed("person", ["ann", "bob"]) == {"ann", "bob"}
    assert not rotated.unrecognised()
    assert rotated.give_up() == []
    with pytest.raises(UserError, match=r"set ECOM_LAKE_ERASURE_KEY_FORMER .* `ecom-lake forget --lost-key`"):
        a_list(tmp_path, NEXT_KEY).listed("person", ["ann"])


def test_persons_of_a_lost_key_are_reported_until_as_many_are_listed_again(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann", "bob"}, "order": {"o1"}})
    assert [erasure.number for erasure in a_list(tmp_path, NEXT_KEY).give_up()] == [1]
    listed = a_list(tmp_path, NEXT_KEY)
    assert listed.listed("person", ["ann"]) == set()
    assert not listed.mentions(["ann"])
    assert listed.unfinished == []
    assert "2 persons are not recognised" in listed.unrecognised()
    listed.add("unlink", {"person": {"cem"}})  # another erasure renews nobody
    listed.add("unlink", {"person": {"ann", "pseudonym of ann"}}, again=True, renews=["ann"])
    assert "1 person is not recognised" in a_list(tmp_path, NEXT_KEY).unrecognised()
    listed.add("unlink", {"person": {"bob"}}, again=True, renews=["ann", "bob"])
    assert not a_list(tmp_path, NEXT_KEY).unrecognised()
    assert a_list(tmp_path, NEXT_KEY).listed("person", ["ann", "bob", "cem", "dora"]) == {"ann", "bob", "cem"}


def test_a_key_that_is_found_again_is_asked_again(tmp_path: Path) -> None:
    a_list(tmp_path).add("unlink", {"person": {"ann"}})
    a_list(tmp_path, NEXT_KEY).give_up()
    found = a_list(tmp_path, NEXT_KEY, former=KEY)
    assert found.listed("person", ["ann"]) == {"ann"}
    assert not found.unrecognised()


def test_a_lost_key_belongs_to_the_list_and_is_copied(tmp_path: Path) -> None:
    a_list(tmp_path / "lake").add("unlink", {"person": {"ann"}})
    listed = a_list(tmp_path / "lake", NEXT_KEY)
    listed.give_up()
    [lost] = [path.name for path in (tmp_path / "lake" / "shop" / "_store" / "erasures").glob("*.lost")]
    assert belongs_to_list(f"shop/_store/erasures/{lost}", "shop")
    listed.copy_to(LocalStore(tmp_path / "copy"), "shop")
    assert a_list(tmp_path / "copy", NEXT_KEY).listed("person", ["ann"]) == set()


def test_a_list_is_copied_and_another_one_is_not_overwritten(tmp_path: Path) -> None:
    source, target = a_list(tmp_path / "lake"), LocalStore(tmp_path / "copy")
    source.add("unlink", {"person": {"ann"}})
    source.finish(1)
    source.copy_to(target, "shop")
    assert (a_list(tmp_path / "copy").newest, a_list(tmp_path / "copy").unfinished) == (1, [1])
    source.copy_to(target, "shop", finished=True)
    assert a_list(tmp_path / "copy").unfinished == []
    a_list(tmp_path / "other").add("unlink", {"person": {"bob"}})
    with pytest.raises(UserError, match="different erasure lists"):
        source.copy_to(LocalStore(tmp_path / "other"), "shop")
