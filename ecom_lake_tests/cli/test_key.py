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


def test_keys_need_a_project(run: Run) -> None:
    assert run("key", "new", "x").err.startswith("Keys are kept next to lake.toml, and there is none")
