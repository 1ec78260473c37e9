"""Every measure: its SQL gives what the marts publish, and its DAX refers to what is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.powerbi.measures import MEASURES
from ecom_lake.publish.powerbi.model import Model
from ecom_lake.publish.powerbi.project import Options, released_model
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.powerbi import dax_reader
from ecom_lake_tests.publish.powerbi.dax_reader import DaxError
from ecom_lake_tests.publish.powerbi.measure_values import differences


@pytest.fixture(scope="module")
def model(built_lake: BuiltLake) -> Model:
    site = built_lake.site()
    return released_model(site, released(site), Options("local"))


def test_the_sql_of_every_measure_gives_what_the_marts_publish(built_lake: BuiltLake, model: Model) -> None:
    site = built_lake.site()
    assert list(differences(site, released(site), model)) == []
    assert len(model.measures) >= 35


@pytest.mark.parametrize("name", ["Net Sales", "Customers", "Late Delivery Rate", "Net Sales MoM", "Retention Rate"])
def test_a_wrong_measure_is_found(built_lake: BuiltLake, model: Model, name: str) -> None:
    """The comparison is not empty: a measure of which half the orders are missing differs."""
    wrong = [
        replace(
            one,
            sql=one.sql.replace("is_valid", "is_valid and hash(customer_id || product_id) % 2 = 0").replace(
                "is_late)", "not is_late)"
            ),
        )
        if "fct_sales" in one.sql
        else replace(one, sql=one.sql.replace("is_valid", "is_valid and hash(order_id) % 2 = 0"))
        for one in model.measures
        if one.measure.name == name
    ]
    site = built_lake.site()
    assert list(differences(site, released(site), replace(model, measures=tuple(wrong))))


def test_names_are_unique_and_every_measure_explains_itself() -> None:
    assert not [name for name, count in Counter(one.name.casefold() for one in MEASURES).items() if count > 1]
    assert all(one.meaning.endswith((".", ")")) and one.needs and one.folder for one in MEASURES)


@pytest.mark.parametrize(
    "text",
    [
        "SUM ( Sales[net_sales]",
        "[a] /",
        "DIVIDE ( [a] [b] )",
        'IF ( [a] > 0, "x )',
        "VAR a = 1 RETURN",
        "VAR a = 1",
        "1 2",
        "FILTER ( Sales )",
        "[a] IN { 1, }",
    ],
)
def test_the_reader_refuses_what_is_not_dax(text: str) -> None:
    with pytest.raises(DaxError):
        dax_reader.read(text)


def test_the_reader_collects_what_dax_refers_to() -> None:
    found = dax_reader.read("VAR x = [A]\nRETURN\n    IF ( NOT x > 0 && 'My Table'[c d] IN { 1, 2 }, COUNTROWS ( T ), -1 )")
    assert (found.measures, found.columns, found.tables) == ({"A"}, {("My Table", "c d")}, {"T"})
    assert found.functions == {"IF", "COUNTROWS"}
