"""Monthly facts: a night rebuilds exactly the months that it changes, and they equal a build from scratch, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold import month_files
from ecom_lake.engine.build.gold.make_gold import is_current, make_gold
from ecom_lake.engine.build.gold.table_file import conformed
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.errors import UserError
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.busy_shop import busy_shop
from ecom_lake_tests.builders.hand_shop import HandShop, item, order, product
from ecom_lake_tests.builders.monthly_facts import FACTS, Delivery, MonthlyFacts, new_facts
from ecom_lake_tests.builders.whole_facts import site_before_months

JAN, FEB, MAR, APR = "2024-01", "2024-02", "2024-03", "2024-04"
EVERY = [JAN, FEB, MAR, APR]
FIRST: Delivery = {
    "orders": [
        "a1,ann,2024-01-05 10:00:00,delivered",
        "b1,bob,2024-01-06 10:00:00,delivered",
        "a2,ann,2024-02-05 10:00:00,delivered",
        "a3,ann,2024-03-05 10:00:00,delivered",
        "c1,cid,2024-03-06 10:00:00,delivered",
        "b2,bob,2024-04-06 10:00:00,delivered",
    ],
    "order_items": [
        "a1,1,ball,10,,,true",
        "b1,1,doll,5,,,true",
        "a2,1,ball,10,,,true",
        "a3,1,doll,5,,,true",
        "c1,1,kite,7,,,true",
        "b2,1,kite,7,,,true",
    ],
    "products": ["ball,toys,acme,4", "doll,toys,acme,2", "kite,toys,acme,3"],
}


@pytest.fixture
def facts(tmp_path: Path) -> MonthlyFacts:
    made = new_facts(tmp_path / "nights")
    made.deliver(FIRST)
    assert made.make() == (EVERY, EVERY)
    return made


@pytest.mark.parametrize(
    ("delivery", "sales", "orders"),
    [
        pytest.param({"orders": ["c2,cid,2024-04-09 10:00:00,delivered"]}, [APR], [APR], id="a new order"),
        pytest.param({"order_items": ["a1,1,ball,10,,true,true"]}, EVERY, EVERY, id="the first return"),
        pytest.param({"payments": ["a1,1,10"]}, [], EVERY, id="the first payment"),
        pytest.param({"products": ["kite,garden,acme,3"]}, [MAR, APR], [MAR, APR], id="another category"),
        pytest.param({"products": ["kite,,acme,3"]}, [MAR, APR], [MAR, APR], id="a product loses its category"),
        pytest.param({"products": ["ball,toys,acme,5"]}, [JAN, FEB], [JAN, FEB], id="another cost"),
        pytest.param({"products": ["sled,toys,acme,9"]}, [], [], id="a product that nobody bought"),
        pytest.param(
            {"orders": ["a1,ann,2024-01-05 10:00:00,canceled"]}, [JAN], [JAN, FEB, MAR], id="an earlier order is canceled"
        ),
        pytest.param({"orders": ["a1,,2024-01-05 10:00:00,delivered"]}, [JAN], [JAN, FEB, MAR], id="an order becomes anonymous"),
        pytest.param({"order_items": ["b1,1,doll,5,,,false"]}, [JAN], [JAN, APR], id="the only line of an order is invalid"),
        pytest.param(
            {"orders": ["a1,ann,2024-04-05 10:00:00,delivered"]}, [JAN, APR], EVERY, id="an order moves to another month"
        ),
        pytest.param({"orders": ["c1,cid,2024-03-06 10:00:00,shipped"]}, [MAR], [MAR], id="an order is corrected"),
        pytest.param({}, [], [], id="nothing"),
    ],
)
def test_a_night_makes_the_months_that_it_changes(
    facts: MonthlyFacts, tmp_path: Path, delivery: Delivery, sales: list[str], orders: list[str]
) -> None:
    facts.deliver(delivery)
    assert facts.make() == (sales, orders)
    assert facts.hashes() == facts.from_scratch(tmp_path / "scratch").hashes()
    assert facts.make() == ([], [])


@pytest.mark.parametrize(
    ("delivery", "numbers", "made"),
    [
        pytest.param({}, {"as_of": "2024-04-05"}, EVERY, id="another as-of date"),
        pytest.param({"orders": ["c2,cid,2024-04-28 10:00:00,delivered"]}, {}, EVERY, id="one more complete month"),
        pytest.param({"customers": ["bob,40"]}, {}, [JAN, APR], id="a customer without an age gets one"),
        pytest.param({"customers": ["eve,40"]}, {}, [], id="a customer without orders"),
        pytest.param({"products": ["kite,garden,acme,3"]}, {}, [], id="another category"),
        pytest.param({}, {"at_risk_recent_days": 30}, [], id="a setting that it does not read"),
    ],
)
def test_a_table_of_the_project_folder_is_made_in_the_months_whose_narrow_inputs_change(
    tmp_path: Path, delivery: Delivery, numbers: dict[str, object], made: list[str]
) -> None:
    facts = new_facts(tmp_path / "nights", has_own=True)
    facts.deliver(FIRST)
    assert facts.make() == (EVERY, EVERY, EVERY)
    facts.deliver(delivery)
    facts.shop.say((), "2024-01", "2024-04", **numbers)
    assert facts.make()[2] == made
    assert facts.hashes() == facts.from_scratch(tmp_path / "scratch").hashes()


@dataclass(frozen=True)
class Reported:
    """A change of the shop's settings: its months and the as-of date."""

    first: str
    last: str
    numbers: Mapping[str, object]


_MONTHS = st.sampled_from(EVERY)
_CUSTOMERS = st.sampled_from(["ann", "bob", "cid"])
_BUYERS = st.one_of(_CUSTOMERS, _CUSTOMERS, st.just(""))
"""The customer of an order; an order without one is anonymous."""
_PRODUCTS = st.sampled_from(["ball", "doll", "kite"])
_ORDERS = st.sampled_from([f"o{n}" for n in range(8)])
_DELIVERIES = st.fixed_dictionaries(
    {},
    optional={
        "orders": st.lists(
            st.builds(
                "{},{},{}-0{} 10:00:00,{}".format,
                _ORDERS,
                _BUYERS,
                _MONTHS,
                st.integers(1, 3),
                st.sampled_from(["delivered", "delivered", "canceled", "returned"]),
            ),
            min_size=1,
            max_size=5,
        ),
        "order_items": st.lists(
            st.builds(
                "{},{},{},{},,{},{}".format,
                _ORDERS,
                st.integers(1, 2),
                _PRODUCTS,
                st.integers(1, 9),
                st.sampled_from(["", "", "true"]),
                st.sampled_from(["true", "true", "false"]),
            ),
            min_size=1,
            max_size=6,
        ),
        "payments": st.lists(st.builds("{},1,{}".format, _ORDERS, st.integers(1, 9)), min_size=1, max_size=2),
        "customers": st.lists(st.builds("{},{}".format, _CUSTOMERS, st.sampled_from([30, 40])), min_size=1, max_size=2),
        "products": st.lists(
            st.builds("{},{},acme,{}".format, _PRODUCTS, st.sampled_from(["toys", "garden", ""]), st.integers(1, 4)),
            min_size=1,
            max_size=2,
        ),
    },
)


_REPORTED = st.builds(
    Reported,
    st.sampled_from([JAN, FEB]),
    st.sampled_from([APR, "2024-05"]),
    st.sampled_from([{}, {"as_of": "2024-02-29"}, {"as_of": "2024-04-30"}, {"complete_month_edge_days": 30}]),
)
_NIGHTS: st.SearchStrategy[Delivery | Reported] = st.one_of(_DELIVERIES, _DELIVERIES, _REPORTED)


@settings(max_examples=4, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_NIGHTS, min_size=2, max_size=3))
def test_nights_give_the_bytes_of_a_build_from_scratch_and_the_rows_of_one_query(nights: list[Delivery | Reported]) -> None:
    with TemporaryDirectory() as folder:
        facts = new_facts(Path(folder) / "nights", has_own=True)
        facts.deliver({"orders": ["o0,ann,2024-02-01 10:00:00,delivered"]})
        facts.make()
        for night in nights:
            if isinstance(night, Reported):
                facts.shop.say((), night.first, night.last, **night.numbers)
            else:
                facts.deliver(night)
            facts.make()
        assert facts.hashes() == facts.from_scratch(Path(folder) / "scratch").hashes()
        for table in facts.tables:
            assert facts.rows(table).sort(pl.all()).equals(facts.rows_of_one_query(table).sort(pl.all())), table


@pytest.mark.parametrize("table", [table for table, contract in catalog.gold().items() if contract.monthly])
def test_the_months_made_alone_are_the_rows_of_a_query_over_everything(table: str) -> None:
    shop = busy_shop(orders=250)
    assert shop.by_month(table).equals(shop.table(table))
    undated = HandShop(
        orders=[order("a", None, customer_id="x"), order("b", None, customer_id="x")],
        order_items=[item("a"), item("b")],
        products=[product()],
    )
    assert undated.by_month(table).equals(undated.table(table))
    assert len(undated.table(table)) == 2


def test_all_months_have_one_schema_whatever_they_hold(facts: MonthlyFacts) -> None:
    """Readers open a folder with the schema of its first file; a month may have no NULL, only NULLs, or no rows."""
    site = facts.shop.site
    for table in FACTS:
        schemas = [pq.read_schema(path) for path in site.lake.paths(site.lake.log.head(), TableId("gold", table))]
        assert len(schemas) == 4
        assert all(schema.equals(schemas[0]) for schema in schemas)
        assert all(field.nullable for field in schemas[0])


def test_an_undated_shop_has_one_part(tmp_path: Path) -> None:
    facts = new_facts(tmp_path / "undated", without=["orders.ordered_at"])
    facts.deliver({"orders": ["a,ann,delivered", "b,ann,delivered"], "order_items": FIRST["order_items"]})
    assert facts.make() == (["undated"], ["undated"])
    assert facts.rows("fct_orders").sort("order_id")["order_number"].to_list() == [1, 2]
    facts.deliver({"orders": ["a,ann,canceled"]})
    facts.make()
    assert facts.rows("fct_orders").sort("order_id")["order_number"].to_list() == [None, 1]
    assert facts.hashes() == facts.from_scratch(tmp_path / "scratch").hashes()


def test_other_months_of_the_shop_add_and_remove_parts(facts: MonthlyFacts, tmp_path: Path) -> None:
    facts.shop.say(first="2024-02", last="2024-05")
    assert facts.make() == (["2024-05"], [FEB, MAR, APR, "2024-05"])  # January's orders are refused
    assert list(facts.hashes()["fct_sales"]) == [FEB, MAR, APR, "2024-05"]
    assert facts.hashes() == facts.from_scratch(tmp_path / "scratch").hashes()


@pytest.mark.parametrize("without", [[], ["orders.ordered_at"]], ids=["dated", "undated"])
def test_facts_of_one_file_become_months(tmp_path: Path, without: list[str]) -> None:
    """A lake that was built before the facts had months."""
    facts = new_facts(tmp_path / "nights", without=without)
    place = TableId("gold", "fct_sales")
    undated = [f"{order},{customer},{status}" for order, customer, _, status in (line.split(",") for line in FIRST["orders"])]
    facts.deliver({**FIRST, "orders": undated} if without else FIRST)
    facts.make(site_before_months(facts.shop.site))
    site = facts.shop.site
    assert set(site.lake.log.head().parts(place)) == {WHOLE}
    whole = {table: facts.rows(table) for table in FACTS}
    assert not is_current(site, site.lake.log.head(), "fct_sales")
    assert "gold/fct_sales" in due(site)
    made = ["undated"] if without else EVERY
    assert facts.make() == (made, made)
    assert facts.hashes() == facts.from_scratch(tmp_path / "scratch").hashes()
    assert all(facts.rows(table).sort(pl.all()).equals(whole[table].sort(pl.all())) for table in FACTS)


def test_a_full_build_recomputes_every_month(facts: MonthlyFacts) -> None:
    hashes = facts.hashes()
    assert facts.make(facts.shop.site_for(full=True)) == (EVERY, EVERY)
    assert facts.hashes() == hashes


def test_a_missing_month_is_made(facts: MonthlyFacts) -> None:
    site, place = facts.shop.site, TableId("gold", "fct_sales")
    hashes = facts.hashes()
    site.lake.log.commit(lambda head: head.with_parts(place, {Part(month=FEB): None}), "before", "damaged")
    [made] = make_gold(site, "fct_sales")
    assert [str(part) for part in made.written] == ["month=2024-02"]
    assert facts.hashes() == hashes


def test_rows_outside_the_months_of_the_inputs_stop_the_build(facts: MonthlyFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as during:
        during.setattr(
            month_files,
            "conformed",
            lambda con, made, table: f"select * replace (month + interval 1 year as month) from ({conformed(con, made, table)})",
        )
        facts.deliver({"orders": ["c2,cid,2024-04-09 10:00:00,delivered"], "order_items": ["c2,1,ball,10,,,true"]})
        with pytest.raises(UserError, match="fct_sales is made by month and has rows outside the months of its inputs"):
            facts.make()


def test_a_key_that_another_month_has_is_refused(facts: MonthlyFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    site = facts.shop.site
    before = site.lake.log.head().parts(TableId("gold", "fct_orders"))
    with monkeypatch.context() as during:
        during.setattr(
            month_files,
            "conformed",
            lambda con, made, table: (
                conformed(con, made, table).replace('"order_id"::VARCHAR', "'a1'::VARCHAR", 1)
                if table.name == "fct_orders"
                else conformed(con, made, table)
            ),
        )
        facts.deliver({"orders": ["c1,cid,2024-03-06 10:00:00,shipped", "a3,ann,2024-03-05 10:00:00,canceled"]})
        with pytest.raises(AssertionError, match="key_unique"):
            facts.make()
    assert site.lake.log.head().parts(TableId("gold", "fct_orders")) == before


def test_an_input_that_was_never_built_is_named_and_no_month_is_empty(facts: MonthlyFacts) -> None:
    """As in a lake that was built before the input existed."""
    site, availability = facts.shop.site, TableId("gold", "data_availability")
    before = site.lake.log.head().parts(TableId("gold", "fct_sales"))
    site.lake.log.commit(lambda head: head.with_parts(availability, {WHOLE: None}), "before", "no such table yet")
    with pytest.raises(UserError, match="gold/fct_sales is made from gold/data_availability, which was never built"):
        make_gold(site, "fct_sales")
    assert site.lake.log.head().parts(TableId("gold", "fct_sales")) == before
