from __future__ import annotations

import grp
import hashlib
import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.step.trouble import keep
from ecom_lake.engine.contracts.delivered import PERSON
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.serve.doctor import Finding, examine
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.engine.store.manifests import Manifests
from ecom_lake.engine.store.stored import Stored
from ecom_lake.settings import load
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(autouse=True)
def _at(monkeypatch: pytest.MonkeyPatch, built_lake: BuiltLake) -> None:
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(built_lake.config))
    monkeypatch.delenv("ECOM_LAKE_ROOT", raising=False)


def looked(lake: BuiltLake, deep: bool = False, shop: str = "olist") -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(partial(load, str(lake.root)), shop, deep)}


def a_gold_file(lake: BuiltLake) -> Path:
    site = lake.site()
    return site.lake.local(released(site).parts(TableId("gold", "fct_orders"))[Part(month="2017-02")])


def test_an_undamaged_lake_has_no_findings(fresh_lake: BuiltLake) -> None:
    (fresh_lake.folder / "dagster.yaml").write_text("", encoding="utf-8")
    findings = looked(fresh_lake, deep=True)
    assert {what: finding.says for what, finding in findings.items() if finding.state == "fail"} == {}
    assert findings["release"].says.endswith("exist and have their hashes.")
    assert not list(fresh_lake.root.glob(".ecom-lake-doctor-*"))


def test_a_missing_and_a_truncated_file_are_found_without_a_deep_check(fresh_lake: BuiltLake) -> None:
    file = a_gold_file(fresh_lake)
    file.write_bytes(file.read_bytes()[:-1])
    found = looked(fresh_lake)["release"]
    assert found.state == "fail"
    assert f"{file.name} has {file.stat().st_size:,} bytes, not {file.stat().st_size + 1:,}" in found.says
    assert found.todo == "`ecom-lake repair` restores it."
    file.unlink()
    assert f"{file.name} is gone" in looked(fresh_lake)["release"].says


def test_changed_bytes_are_found_by_a_deep_check(fresh_lake: BuiltLake) -> None:
    file = a_gold_file(fresh_lake)
    bytes_ = bytearray(file.read_bytes())
    bytes_[100] ^= 1
    file.write_bytes(bytes_)
    assert looked(fresh_lake)["release"].state == "ok"
    assert f"{file.name} has other content" in looked(fresh_lake, deep=True)["release"].says


def test_a_changed_plain_file_is_found(fresh_lake: BuiltLake) -> None:
    (fresh_lake.root / "olist" / "gold" / "mine.parquet").write_bytes(b"x")
    found = looked(fresh_lake)
    assert (found["plain files"].state, found["release"].state) == ("warn", "ok")
    assert "gold/mine.parquet" in found["plain files"].says


def test_a_damaged_log_is_found(fresh_lake: BuiltLake) -> None:
    newest = max((fresh_lake.root / "olist" / "_store" / "log").glob("*.json"))
    newest.write_text('{"number":', encoding="utf-8")
    found = looked(fresh_lake)["log"]
    assert found.state == "fail"
    assert newest.name in found.says


def test_a_manifest_of_a_newer_version_is_a_finding_of_the_log(fresh_lake: BuiltLake) -> None:
    """It has a field that this version does not know."""
    site, table = fresh_lake.site(), TableId("gold", "fct_orders")
    manifests, parts = Manifests(site.lake.store, site.shop.name), site.lake.log.head().tables[table]
    assert isinstance(parts, Stored)
    content = manifests.read(parts.manifest)
    newer = {key: {**record, "new_field": 1} for key, record in content.records.items()}
    changed = Stored(parts.version, manifests.write(replace(content, records=newer)), site.lake.log.manifests.parts)
    site.lake.log.commit(lambda head: replace(head, tables={**head.tables, table: changed}), "test", "newer")
    found = looked(fresh_lake)
    assert (found["log"].state, found["log"].says) == (
        "fail",
        "A manifest of a table was written by a newer version of ecom-lake: update this installation.",
    )
    assert found["packages"].state == "ok", "the other findings stay"


def test_an_older_state_of_a_newer_version_is_passed_over(fresh_lake: BuiltLake) -> None:
    """No release is looked for there, and the finding about the damaged file stays."""
    a_gold_file(fresh_lake).unlink()
    older = fresh_lake.root / "olist" / "_store" / "log" / f"{released(fresh_lake.site()).number - 1:08d}.json"
    body = json.dumps({**json.loads(older.read_text("utf-8")), "new_field": 1}, separators=(",", ":"))
    body = "{" + body[body.index('"number"') :]
    seal = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    older.write_text(f'{{"seal":"{seal}",{body[1:]}', "utf-8")
    found = looked(fresh_lake)
    assert (found["release"].state, found["release"].todo) == ("fail", "`ecom-lake repair` restores it.")
    assert found["log"].state == "ok"


def test_each_failure_is_found(fresh_lake: BuiltLake) -> None:
    assert looked(fresh_lake)["last build"].says == "No failure of a build, of pulling or of publishing is unresolved."
    for table in ("gold/rfm", "published/first", "published/second", "landing"):
        keep(fresh_lake.site(), table, "failed", ["It is down."], [])
    found = [one for one in examine(partial(load, str(fresh_lake.root)), "olist") if one.says.endswith(": It is down.")]
    assert [(one.what, one.state, one.says.split()[0]) for one in found] == [
        ("last build", "warn", "gold/rfm"),
        ("publish", "warn", "published/first"),
        ("publish", "warn", "published/second"),
        ("pull", "warn", "landing"),
    ]


def test_temporary_files_are_found(fresh_lake: BuiltLake) -> None:
    left = fresh_lake.root / "olist" / "_store" / "scratch" / "step-x" / "half.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PAR1")
    assert looked(fresh_lake)["scratch"].state == "warn"


def test_a_shop_without_files_is_not_a_failure(built_lake: BuiltLake) -> None:
    assert {finding.state for finding in looked(built_lake, shop="empty").values()} <= {"ok", "warn"}


def test_an_invalid_root_is_reported(built_lake: BuiltLake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = {finding.what: finding for finding in examine(partial(load, str(tmp_path / "file" / "data")), "olist")}
    assert found["root"].state == "fail"
    assert "is a file, not a folder" in found["root"].says


def test_invalid_settings_are_reported_with_their_error_message(
    fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text("thread = 2\n", encoding="utf-8")
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(config))
    found = looked(fresh_lake)["settings"]
    assert (found.state, "'thread'" in found.says) == ("fail", True)


def test_the_readers_of_the_lake_are_reported(fresh_lake: BuiltLake) -> None:
    shop = fresh_lake.root / "olist"
    assert looked(fresh_lake)["readers"].says == f"Only {shop.owner()} may read {shop}."
    (shop / "silver").chmod(0o755)
    found = looked(fresh_lake)["readers"]
    assert (found.state, found.says) == ("warn", f"Other users of this machine may read {shop / 'silver'}.")


def test_new_readers_get_access_by_the_next_build(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(fresh_lake.config))
    shop, group = fresh_lake.root / "olist", grp.getgrgid(os.getgid()).gr_name
    settings = fresh_lake.config.read_text(encoding="utf-8")
    fresh_lake.config.write_text(f'readers = "{group}"\n{settings}', encoding="utf-8")
    assert looked(fresh_lake)["readers"].says == f"The group '{group}' may not read the gold of {shop} yet."
    build(fresh_lake.site())
    found = looked(fresh_lake)["readers"]
    assert found.says == f"Only {shop.owner()} may read {shop}. The group '{group}' may read its gold."
    assert {oct(path.stat().st_mode & 0o777) for path in (shop / "gold").rglob("*.parquet")} == {"0o640"}
    assert {oct(path.stat().st_mode & 0o777) for path in (shop / "gold").iterdir() if path.is_dir()} == {"0o750"}
    assert {oct(path.stat().st_mode & 0o777) for path in (shop / "silver").rglob("*.parquet")} == {"0o600"}
    fresh_lake.config.write_text(f'readers = "no-such-group"\n{settings}', encoding="utf-8")
    assert (looked(fresh_lake)["readers"].state, "no such group" in looked(fresh_lake)["readers"].says) == ("fail", True)


def test_erasures_under_a_missing_or_another_key_fail(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", key := "a secret that is long enough")
    site = fresh_lake.site()
    ErasureList(site.lake.store, site.shop.name, key.encode()).add("unlink", {PERSON: {"ana"}})
    site.lake.log.commit(lambda head: replace(head, erasure=1), "test", "an erasure")
    assert (found := looked(fresh_lake)["erasures"]).state == "ok" and found.says == "1 erasure is listed."
    monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", "another secret of the same kind")
    assert (found := looked(fresh_lake)["erasures"]).state == "fail" and "is not the key" in found.says
    monkeypatch.delenv("ECOM_LAKE_ERASURE_KEY")
    assert (found := looked(fresh_lake)["erasures"]).state == "fail" and "needs its key" in found.says
