"""The data dictionary of a built lake, against the contracts."""

from __future__ import annotations

from pathlib import Path

import duckdb

import ecom_lake
from ecom_lake.engine.build.silver.specs import silver_contracts
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake

ITSELF = {"ledger", "quality_scorecard", "data_dictionary"}


def test_it_has_every_column_of_every_other_table_with_the_meaning_of_its_contract(built_lake: BuiltLake) -> None:
    dictionary = duckdb.connect().sql(f"from '{built_lake.root}/olist/gold/data_dictionary.parquet'").pl()
    silver = silver_contracts(built_lake.site())
    contracts = {**silver, **{name: table for name, table in catalog.gold().items() if name not in ITSELF}}
    columns = ("table_name", "position", "column_name", "type", "meaning", "nullable")
    made = set(dictionary.select(columns).rows())
    for name in dictionary["table_name"].unique():
        promised = enumerate(contracts[name].columns.values(), 1)
        expected = {(name, at, c.name, c.kind.duckdb, c.meaning, c.nullable) for at, c in promised}
        assert {row for row in made if row[0] == name} == expected
    assert set(dictionary["table_name"]) >= {"orders", "fct_orders", "rfm", "model_cards"}


def test_every_source_is_the_file_that_defines_the_table(built_lake: BuiltLake) -> None:
    dictionary = duckdb.connect().sql(f"from '{built_lake.root}/olist/gold/data_dictionary.parquet'").pl()
    package = Path(ecom_lake.__file__).parent
    for table, source in dictionary.select("table_name", "source").unique().rows():
        class_name = "".join(word.title() for word in table.split("_"))
        assert f"class {class_name}(".lower() in (package / source).read_text("utf-8").lower()


def test_no_example_is_personal(built_lake: BuiltLake) -> None:
    dictionary = duckdb.connect().sql(f"from '{built_lake.root}/olist/gold/data_dictionary.parquet'").pl()
    assert dictionary["is_personal"].any()
    assert dictionary.filter("is_personal")["example"].null_count() == dictionary["is_personal"].sum()
    assert dictionary.filter(table_name="fct_orders", column_name="is_valid")["example"].item() in ("True", "False")
