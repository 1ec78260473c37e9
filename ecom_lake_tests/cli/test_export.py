"""The command `export`: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from deltalake import CommitProperties, write_deltalake

from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.file_lock import try_lock
from ecom_lake.engine.store.lake import STORE
from ecom_lake.engine.store.made import made_files
from ecom_lake.errors import UserError
from ecom_lake.publish.exports import delta
from ecom_lake.publish.exports.delta import SHOP
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def test_odcs_writes_one_yaml_file(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    target = tmp_path / "shop.odcs.yaml"
    said = run("export", "odcs", str(target), at=built_lake)
    contract = yaml.safe_load(target.read_text("utf-8"))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Wrote {target}: {len(contract['schema'])} tables, ")
    assert contract["version"] == f"{released(built_lake.site()).number}.0.0"


def test_openlineage_writes_one_event_per_line(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    target = tmp_path / "lineage.ndjson"
    said = run("export", "openlineage", str(target), at=built_lake)
    events = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert said.out == f"Wrote {target}: {len(events)} events.\n"
    assert events[-1]["job"]["name"] == "release"


def test_delta_says_what_is_new(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    first = run("export", "delta", str(tmp_path / "delta"), "--json", at=fresh_lake).json
    assert all(table["new"] for table in first["tables"])
    count = len(first["tables"])
    again = run("export", "delta", str(tmp_path / "delta"), at=fresh_lake)
    number = released(fresh_lake.site()).number
    assert again.out == f"Wrote 0 Delta tables of release {number} to {tmp_path / 'delta'}; {count} tables unchanged.\n"


def test_delta_is_recorded_before_it_is_written_and_waits_for_its_turn(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed export may have left personal data. One that waited has the release of its start, not of its call."""
    site, seen = fresh_lake.site(), list[tuple[list[str], bool]]()

    def write(*_: object, **__: object) -> None:
        made = [made.target for made in made_files(site.lake.store, site.shop.name)]
        release = try_lock(site.lake.store.lock_folder(f"{site.shop.name}/{STORE}/delta"))
        seen.append((made, release is None))
        raise UserError("The disk is full.")

    monkeypatch.setattr(delta, "write_deltalake", write)
    assert run("export", "delta", str(tmp_path / "delta"), at=fresh_lake).code == 1
    assert seen == [([str(tmp_path / "delta")], True)]


def test_a_refused_delta_export_is_not_recorded(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    theirs = tmp_path / max(gold_tables(site))
    write_deltalake(theirs, pa.table({"a": [1]}), commit_properties=CommitProperties({SHOP: "theirs"}))
    said = run("export", "delta", str(tmp_path), at=fresh_lake)
    assert said.code == 1 and "has the table of shop 'theirs'" in said.err
    assert made_files(site.lake.store, site.shop.name) == []


def test_wrong_targets_are_refused(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    assert run("export", at=built_lake).code == 2
    nowhere = run("export", "odcs", str(tmp_path / "none" / "x.yaml"), at=built_lake)
    assert (nowhere.code, nowhere.err) == (2, f"There is no folder {tmp_path / 'none'}: make it first, or name another file.\n")
    folder = run("export", "openlineage", str(tmp_path), at=built_lake)
    assert (folder.code, folder.err) == (2, f"{tmp_path} is a folder: name a file in it.\n")
