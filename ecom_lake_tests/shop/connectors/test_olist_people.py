"""Customers from aliases: the address of each customer, and the fate of every delivered row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from ecom_lake.engine.contracts.connector import Merged
from ecom_lake.shop.connectors.olist.people import merge_customers
from ecom_lake_tests.shop.connectors.frames import accounted, delivered, fates_of


def alias(name: str | None, person: str | None, city: str, sequence: int = 1, record: int = 1) -> dict[str, object]:
    row = {"customer_id": name, "customer_unique_id": person, "customer_city": city, "customer_state": "SP"}
    return {**row, "source_sequence": sequence, "source_record": record}


def merge(aliases: Sequence[Mapping[str, object]], orders: list[tuple[str, str, str]]) -> Merged:
    index = pl.DataFrame(
        {
            "order_id": [order for order, _, _ in orders],
            "ordered_at": [datetime.fromisoformat(day) for _, _, day in orders],
            "customer_key": [key for _, key, _ in orders],
        },
        schema={"order_id": pl.String, "ordered_at": pl.Datetime("us"), "customer_key": pl.String},
    )
    merged = merge_customers(delivered("customers", *aliases).lazy(), index.lazy())
    assert accounted(merged) == len(aliases)
    return merged


def homes(merged: Merged) -> dict[str, tuple[str, int]]:
    """The city of each customer and the record it is read from."""
    return {
        person: (city, record) for person, city, record in merged.rows.select("customer_id", "city", "source_record").iter_rows()
    }


def test_a_customer_has_the_address_of_the_latest_order() -> None:
    aliases = [
        alias("a1", "ana", "santos", record=1),
        alias("a2", "ana", "campinas", record=2),
        alias("b1", "bob", "osasco", record=3),
    ]
    merged = merge(aliases, [("o1", "a1", "2018-05-02"), ("o2", "a2", "2018-05-01"), ("o3", "b1", "2018-01-01")])
    assert homes(merged) == {"ana": ("santos", 1), "bob": ("osasco", 3)}
    assert fates_of(merged) == {(1, "collapsed", 1)}


def test_for_orders_at_the_same_time_the_greatest_order_id_counts() -> None:
    aliases = [alias("a1", "ana", "santos", record=1), alias("a2", "ana", "campinas", record=2)]
    assert homes(merge(aliases, [("o9", "a1", "2018-05-02"), ("o10", "a2", "2018-05-02")])) == {"ana": ("santos", 1)}


def test_an_alias_with_several_orders_is_dated_by_the_latest() -> None:
    aliases = [alias("a1", "ana", "santos", record=1), alias("a2", "ana", "campinas", record=2)]
    orders = [("o1", "a1", "2018-01-01"), ("o2", "a1", "2018-09-01"), ("o3", "a2", "2018-05-01")]
    assert homes(merge(aliases, orders)) == {"ana": ("santos", 1)}


def test_an_alias_with_an_order_comes_first_and_without_orders_the_latest_record_counts() -> None:
    aliases = [
        alias("a1", "ana", "santos", record=1),
        alias("a2", "ana", "campinas", record=2),
        alias("b1", "bob", "osasco", record=3),
        alias("b2", "bob", "itu", record=4),
    ]
    assert homes(merge(aliases, [("o1", "a1", "2018-05-02")])) == {"ana": ("santos", 1), "bob": ("itu", 4)}


def test_a_later_version_of_an_alias_supersedes_the_earlier_even_for_another_customer() -> None:
    aliases = [
        alias("a1", "ana", "campinas", sequence=2, record=1),
        alias("a1", "ana", "santos", sequence=1, record=1),
        alias("b1", "bob", "osasco", sequence=1, record=2),
        alias(" b1 ", "bia", "itu", sequence=2, record=2),
    ]
    merged = merge(aliases, [("o1", "a1", "2018-05-02")])
    assert homes(merged) == {"ana": ("campinas", 1), "bia": ("itu", 2)}
    assert fates_of(merged) == {(1, "superseded", 2)}


def test_rows_without_an_id_are_refused() -> None:
    merged = merge(
        [alias(" ", "ana", "santos", record=1), alias("a1", None, "itu", record=2), alias("a2", "bob", "itu", record=3)], []
    )
    assert merged.refused.rows() == [
        ("customers", 1, 1, "alias_missing", "customer_id", " "),
        ("customers", 1, 2, "person_missing", "customer_unique_id", None),
    ]
    assert homes(merged) == {"bob": ("itu", 3)}


def test_a_customer_who_is_only_in_orders_is_not_in_silver_customers() -> None:
    merged = merge([], [("o1", "ghost", "2018-05-02")])
    assert merged.rows.is_empty()
    assert merged.fates.is_empty()
