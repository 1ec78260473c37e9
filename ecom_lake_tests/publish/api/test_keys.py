"""The file of keys: what it holds, who may read it, and what happens when two processes change it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecom_lake.errors import UserError
from ecom_lake.publish.api.access import Client
from ecom_lake.publish.api.keys import Keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.toml")


def test_only_the_whole_key_is_a_client(keys: Keys) -> None:
    made = keys.new("one", ["pii"], ["olist"])
    own = made.split("_")[1]
    assert keys.client(made) == Client(own, frozenset({"read", "pii"}), frozenset({"olist"}))
    other = keys.new("other", [])
    mixed = f"el_{own}_{other.split('_', 2)[2]}"
    for wrong in ("", made[:-1], made + "x", made.upper(), mixed, f"el_{own}_", "el_________", "é" * 55):
        assert keys.client(wrong) is None


def test_the_file_has_no_secret_and_belongs_to_its_owner(keys: Keys) -> None:
    secret = keys.new("one", []).split("_", 2)[2]
    assert stat.S_IMODE(keys.file.stat().st_mode) == 0o600
    assert secret not in keys.file.read_text()
    keys.file.chmod(0o640)
    with pytest.raises(UserError, match="can be read by other users: run `chmod 600"):
        Keys(keys.file).all()


def test_a_key_that_another_process_revokes_stops_at_once(keys: Keys) -> None:
    made = keys.new("one", [])
    assert keys.client(made)
    Keys(keys.file).revoke(made.split("_")[1])
    assert keys.client(made) is None


def test_the_last_use_is_noted_once_a_minute(keys: Keys) -> None:
    made = keys.new("one", [])
    keys.client(made)
    [used] = Keys(keys.file).all().values()
    assert used.last_used
    before = keys.file.stat().st_ino
    keys.client(made)
    assert keys.file.stat().st_ino == before


def test_no_key_is_lost_when_many_are_made_at_once(keys: Keys) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: Keys(keys.file).new(f"key {number}", []), range(24)))
    assert set(keys.all()) == {one.split("_")[1] for one in made}
    assert [file.name for file in keys.file.parent.iterdir()] == ["keys.toml"], "no draft is left"


@pytest.mark.parametrize("text", ["[a", "[a]\nname = 'x'\n", "a = 1\n"])
def test_a_damaged_file_lets_nobody_in(keys: Keys, text: str) -> None:
    keys.file.write_text(text)
    keys.file.chmod(0o600)
    with pytest.raises(UserError, match="is damaged"):
        keys.all()


def test_names_are_kept_as_they_are(keys: Keys) -> None:
    keys.new("Ünï.é @ 1", [])
    assert [key.name for key in Keys(keys.file).all().values()] == ["Ünï.é @ 1"]
