"""Every measure: its SQL gives what the marts publish, and its DAX refers to what is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.serve.released import released
from ecom_lake.publish.powerbi import project
from ecom_lake.publish.powerbi.measures import MEASURES
from ecom_lake.publish.powerbi.model import Model
from ecom_lake.publish.powerbi.project import Options, released_model
from ecom_lake.publish.powerbi.tables import RELATED
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product
from ecom_lake_tests.publish.powerbi import dax_reader
from ecom_lake_tests.publish.powerbi.dax_reader import DaxError
from ecom_lake_tests.publish.powerbi.measure_values import differences
from ecom_lake_tests.publish.powerbi.mutations import MUTATIONS


@pytest.fixture(scope="module")
def model(built_lake: BuiltLake) -> Model:
    site = built_lake.site()
    return released_model(site, released(site), Options("local"))


@pytest.fixture(scope="module")
def everything(built_lake: BuiltLake) -> Model:
    """The model of a shop that has a value in every column that is read."""
    site = built_lake.site()
    gold = site.registry.gold
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            project, "released_columns", lambda _site, _entry, tables: {name: frozenset(gold[name].columns) for name in tables}
        )
        return released_model(site, released(site), Options("local"))


def test_a_shop_that_has_everything_gets_every_measure(everything: Model) -> None:
    assert [one.measure.name for one in everything.measures] == [one.name for one in MEASURES]


def test_the_documentation_states_how_many_there_are() -> None:
    text = Path(__file__).parents[3].joinpath("docs", "how-to-use-power-bi.md").read_text(encoding="utf-8")
    assert f"Up to {len(MEASURES)} **measures**" in text and f"| {len(MUTATIONS)} wrong edits" in text


def test_every_hidden_number_is_read_by_a_measure(everything: Model) -> None:
    """Keys, and what orders another column, are hidden for other reasons."""
    read = set[tuple[str, str]]().union(*(dax_reader.read(one.dax).columns for one in everything.measures))
    keys = {end for one in RELATED for end in ((one.table, one.column), (one.to_table, one.to_column))}
    for table in everything.tables:
        sorting = {column.sort_by for column in table.columns}
        for column in table.columns:
            is_other = (table.definition.gold, column.source) in keys or column.name in sorting
            assert not column.is_hidden or is_other or (table.name, column.name) in read, f"{table.name}[{column.name}]"


@pytest.mark.parametrize(
    "name", ["New Customers", "Returning Customers", "Payments by Method", "Refunds", "Net Sales after Refunds"]
)
def test_what_only_dates_may_filter_is_blank_under_other_filters(everything: Model, name: str) -> None:
    dax, meaning = dax_and_meaning(everything, name)
    others = ("Product", "Seller", "Customer")
    assert dax.startswith("IF ( NOT ( ") and all(f"ISCROSSFILTERED ( {table} )" in dax for table in others)
    assert "ISFILTERED ( Orders )" in dax and "Blank where anything but dates" in meaning


@pytest.mark.parametrize("name", ["Forecast Low", "Forecast High"])
def test_bounds_of_months_are_not_added_up(everything: Model, name: str) -> None:
    dax, meaning = dax_and_meaning(everything, name)
    assert dax.startswith("IF ( HASONEVALUE ( Forecast[Forecast Month] ), ") and "do not add up" in meaning


def test_the_return_rate_of_a_product_is_that_of_its_own_lines(everything: Model) -> None:
    shop = HandShop(
        products=[product("ball"), product("kite"), product("never sold")],
        orders=[
            order("a"),
            order("b"),
            order("c", status="returned"),
            order("d", status="shipped"),
            order("e", status="shipped"),
            order("f", status="canceled"),
        ],
        order_items=[
            item("a", line=1, product_id="ball", is_returned=True),
            item("a", line=2, product_id="ball", is_returned=False),
            item("a", line=3, product_id="kite", is_returned=False),
            item("b", line=1, product_id="kite", is_returned=False),
            item("c", line=1, product_id="kite"),
            item("c", line=2, product_id="ball", is_returned=False),
            item("d", line=1, product_id="ball", is_returned=False),
            item("e", line=1, product_id="ball", is_returned=True),
            item("f", line=1, product_id="ball", is_returned=True),
        ],
    )
    for table in ("fct_orders", "fct_sales", "product_performance", "kpi_monthly", "kpi_summary"):
        shop.table(table)
    one = next(one for one in everything.measures if one.measure.name == "Return Rate")
    computed, published = (dict(shop.con.sql(sql).fetchall()) for sql in (one.sql, one.measure.published))
    by_hand = {
        "product ball": pytest.approx(2 / 3),  # a and e of a, c and e: d is on its way
        "product kite": pytest.approx(1 / 3),  # c of a, b and c: of a, another product was returned
    }
    assert {label: computed[label] for label in by_hand} == by_hand
    assert {label: value for label, value in published.items() if computed.get(label) != value} == {}
    assert "product never sold" in published
    for name in ("Return Rate", "Returned Orders"):
        dax, meaning = dax_and_meaning(everything, name)
        assert ("Sales", "is_returned") in dax_reader.read(dax).columns and "one of these lines is" in meaning


def dax_and_meaning(model: Model, name: str) -> tuple[str, str]:
    return next((one.dax, one.meaning) for one in model.measures if one.measure.name == name)


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
