"""`ecom-lake key`: keys are made, listed and revoked, and their secret is shown once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_a_key_is_made_listed_and_revoked(run: Run, fresh_lake: BuiltLake) -> None:
    assert run("key", at=fresh_lake).out.startswith("There are no keys; `ecom-lake key new NAME")
    made = run("key", "new", "Power BI", "--scope", "pii", "--only", "olist", at=fresh_lake)
    secret, once = made.out.splitlines()[0], " ".join(made.out.split())
    assert "This is the only time" in once
    [listed] = run("key", "list", "--json", at=fresh_lake).json["keys"]
    assert (listed["name"], listed["scopes"], listed["shops"], listed["last_used"]) == (
        "Power BI",
        ["read", "pii"],
        ["olist"],
        "",
    )
    assert secret.startswith(f"el_{listed['id']}_")
    assert secret.split("_", 2)[2] not in fresh_lake.config.with_name("keys.toml").read_text()
    assert "Power BI" in run("key", at=fresh_lake).out
    revoked = " ".join(run("key", "revoke", listed["id"], at=fresh_lake).out.split())
    assert revoked.startswith(
        f"The key {listed['id']} (Power BI) is revoked. There are no keys any more: `ecom-lake serve` answers"
    )
    assert f"delete {fresh_lake.config.with_name('keys.toml')} and start it again." in revoked
    assert run("key", "--json", at=fresh_lake).json == {"keys": []}


def test_keys_may_be_kept_elsewhere(run: Run, built_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_KEYS", str(tmp_path / "keys.toml"))
    run("key", "new", "analyst", at=built_lake)
    assert "analyst" in (tmp_path / "keys.toml").read_text("utf-8")
    assert not built_lake.config.with_name("keys.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("new", "x", "--scope", "all"), "--scope is one of read, pii, sql, not 'all'."),
        (("new", "x", "--only", "nobody"), "--only names the shop 'nobody', which does not exist; the shops are olist, empty."),
        (("new", "a\nb"), "The name of a key has 1 to 60 letters"),
        (("revoke", "abcdefgh"), "There is no key abcdefgh; `ecom-lake key list` lists the keys."),
    ],
)
def test_a_wrong_request_is_a_sentence(run: Run, built_lake: BuiltLake, arguments: tuple[str, ...], sentence: str) -> None:
    said = run("key", *arguments, at=built_lake)
    assert said.code == 2
    assert said.err.startswith(sentence), said.err


KEY = """[aaaaaaaa]
name = "x"
sha256 = "0"
scopes = ["read"]
shops = []
made_at = "2026-01-31T12:00:00+00:00"
last_used = ""
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (KEY + 'color = "red"\n', "[aaaaaaaa] there is no setting 'color'; the settings are name, sha256, scopes"),
        (KEY.replace('name = "x"\n', ""), "[aaaaaaaa] name is missing. Restore it"),
        (KEY.replace('"2026', '"soon 2026'), "[aaaaaaaa] made_at must be a time such as 2026-01-31T12:00:00+00:00, not 'soon"),
        (KEY.replace('["read"]', "3"), "[aaaaaaaa] scopes is 3: "),
        ("color = 1\n", "'color' is no section of a key. Restore it"),
    ],
)
def test_a_wrong_file_of_keys_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    (tmp_path / "lake.toml").touch()
    file = tmp_path / "keys.toml"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    for command in (("list",), ("new", "y")):
        said = run("key", *command)
        assert said.code == 1 and said.err.startswith(f"{file} is damaged: {why}"), said.err


def test_a_place_that_cannot_hold_the_keys_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake.toml").touch()
    (tmp_path / "folder").mkdir(mode=0o755)
    place = "ECOM_LAKE_KEYS names the file; without it, it is keys.toml next to lake.toml.\n"
    monkeypatch.setenv("ECOM_LAKE_KEYS", str(tmp_path / "none" / "keys.toml"))
    missing = f"There is no folder {tmp_path}/none for the keys: create it, or name another. {place}"
    assert run("key", "new", "x").err == missing
    monkeypatch.setenv("ECOM_LAKE_KEYS", str(tmp_path / "folder"))
    for command in (("key", "list"), ("key", "new", "x"), ("serve",)):
        assert run(*command).err == f"{tmp_path}/folder cannot be read: Is a directory. {place}"
    monkeypatch.setenv("ECOM_LAKE_KEYS", str(tmp_path / "lake.toml" / "keys.toml"))
    assert run("key").err == f"{tmp_path}/lake.toml/keys.toml cannot be read: Not a directory. {place}"


def test_keys_need_a_project(run: Run) -> None:
    assert run("key", "new", "x").err.startswith("Keys are kept next to lake.toml, and there is none")
