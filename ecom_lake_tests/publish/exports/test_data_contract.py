"""The data contract of a release: valid by the standard's own schema, and its checks hold on the release."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import open_data_contract_standard
import pytest

from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.exports.data_contract import data_contract
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def contract(built_lake: BuiltLake) -> dict[str, Any]:
    site = built_lake.site()
    return data_contract(site, released(site))


def test_it_is_valid_by_the_schema_of_the_standard(contract: dict[str, Any]) -> None:
    schema = json.loads(files(open_data_contract_standard).joinpath("schema.json").read_text("utf-8"))
    jsonschema.validate(contract, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**contract, "schema": [{"columns": []}]}, schema)


def test_it_has_every_released_gold_table_with_the_columns_of_its_files(contract: dict[str, Any], built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert {table["name"] for table in contract["schema"]} == set(gold_tables(site))
    with session(site, released(site)) as opened:
        for table in contract["schema"]:
            stored = opened.ask(f"from gold.{table['name']} limit 0").columns
            assert [column["name"] for column in table["properties"]] == list(stored)


def test_every_quality_check_finds_what_it_must(contract: dict[str, Any], built_lake: BuiltLake) -> None:
    site = built_lake.site()
    checks = [
        check
        for table in contract["schema"]
        for holder in (table, *table["properties"])
        for check in holder.get("quality", ())
        if check["type"] == "sql" and check["severity"] == "error"
    ]
    assert len(checks) > 100
    with session(site, released(site)) as opened:
        broken = [check["name"] for check in checks if next(iter(opened.ask(check["query"]).rows()))[0] != check["mustBe"]]
    assert not broken


def test_personal_columns_are_restricted_and_keys_are_in_order(contract: dict[str, Any]) -> None:
    tables = {table["name"]: {column["name"]: column for column in table["properties"]} for table in contract["schema"]}
    assert tables["fct_orders"]["customer_id"]["classification"] == "restricted"
    assert tables["fct_orders"]["status"]["classification"] == "public"
    keys = {name: column["primaryKeyPosition"] for name, column in tables["rfm_migration"].items() if column.get("primaryKey")}
    assert sorted(keys.values()) == list(range(1, len(keys) + 1)) and len(keys) > 1
