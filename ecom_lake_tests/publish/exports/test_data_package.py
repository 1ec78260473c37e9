"""`datapackage.json`: valid for Frictionless, its files exist, and it is written and kept up to date with the plain view."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from frictionless import FrictionlessException, Package

from ecom_lake.engine.build.build import build
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake


def read(lake: BuiltLake) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((lake.root / "olist/datapackage.json").read_text("utf-8"))
    return found


def test_frictionless_finds_nothing_wrong(built_lake: BuiltLake) -> None:
    package = Package.from_descriptor(read(built_lake))
    assert len(package.resources) == len(read(built_lake)["resources"])
    with pytest.raises(FrictionlessException):
        Package.from_descriptor({"name": "olist", "resources": [{"name": "orders", "path": 1}]})


def test_its_files_exist_with_the_named_columns_and_bytes(built_lake: BuiltLake) -> None:
    for resource in read(built_lake)["resources"]:
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        files = [built_lake.root / "olist" / path for path in paths]
        assert sum(file.stat().st_size for file in files) == resource["bytes"]
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert all(pq.read_schema(file).names == names for file in files)
        assert set(resource["schema"]["primaryKey"]) <= set(names)


@pytest.mark.lake
def test_the_next_release_replaces_it(fresh_lake: BuiltLake) -> None:
    before = read(fresh_lake)
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build(fresh_lake.site())
    assert read(fresh_lake)["version"] != before["version"]
    (fresh_lake.root / "olist/datapackage.json").unlink()
    build(fresh_lake.site())
    assert read(fresh_lake)["resources"]
