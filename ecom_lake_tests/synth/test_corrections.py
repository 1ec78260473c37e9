"""Monthly deliveries give the same shop as a dump, after later deliveries correct the first versions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake_tests.synth.made import FILES, Made, Make

KEYS = {"orders": ["order_id"], "items": ["order_id", "order_item_id"]}


@pytest.fixture
def dump(make: Make) -> Made:
    return make(orders=4_000, broken=0)


@pytest.fixture
def monthly(make: Make) -> Made:
    return make(orders=4_000, broken=0, by_month=True, corrections=0.1)


def read(file: Path) -> pl.DataFrame:
    return pl.read_csv(file, infer_schema=False)


def deliveries(shop: Made, table: str) -> pl.DataFrame:
    """All rows of all deliveries, one after the other, each with the month of its delivery."""
    return pl.concat(read(file).with_columns(delivery=pl.lit(file.parent.name)) for file in shop.files(table))


@pytest.mark.parametrize("table", FILES)
def test_deliveries_add_up_to_the_dump(dump: Made, monthly: Made, table: str) -> None:
    delivered = deliveries(monthly, table).drop("delivery")
    if table in KEYS:
        delivered = delivered.unique(KEYS[table], keep="last")
    rows = read(dump.files(table)[0])
    assert delivered.sort(delivered.columns).equals(rows.sort(rows.columns))


def test_the_truths_are_those_of_the_dump(dump: Made, monthly: Made) -> None:
    same: dict[str, Any] = {"options": {}, "files": {}, "corrections": dump.truths.corrections}
    assert replace(monthly.truths, **same) == replace(dump.truths, **same)


def test_new_rows_are_delivered_once(monthly: Made) -> None:
    for table, key in (("products", "product_id"), ("sellers", "seller_id"), ("customers", "customer_id")):
        assert deliveries(monthly, table)[key].is_unique().all()
    assert [file.parent.name for file in monthly.files("geolocation")] == ["2016-09"]
    assert len(monthly.files("orders")) == 26


def test_no_product_is_sold_before_its_launch(monthly: Made) -> None:
    items = deliveries(monthly, "items")
    for table, key in (("products", "product_id"), ("sellers", "seller_id")):
        known = deliveries(monthly, table).select(key, known="delivery")
        assert items.join(known, on=key).filter(pl.col("known") > pl.col("delivery")).is_empty()


def test_every_correction_is_delivered_as_stated(monthly: Made) -> None:
    stated = monthly.truths.corrections
    assert Counter(one.kind for one in stated.listed) == stated.counts
    assert min(stated.counts.values()) > 10
    orders, items = deliveries(monthly, "orders"), deliveries(monthly, "items").filter(pl.col("order_item_id") == "1")
    for one in stated.listed:
        rows = (items if one.column == "price" else orders).filter(pl.col("order_id") == one.order_id)
        versions = rows.select("delivery", one.column).rows()
        first = [(one.delivered_with, one.was)] if one.was else []
        assert versions == [*first, (one.corrected_with, one.becomes)]
        assert one.delivered_with < one.corrected_with


def test_a_status_correction_adds_the_delivery_date(monthly: Made) -> None:
    orders = deliveries(monthly, "orders")
    for one in monthly.truths.corrections.listed:
        if one.kind == "status":
            dates = orders.filter(pl.col("order_id") == one.order_id)["order_delivered_customer_date"].to_list()
            assert dates[0] is None
            assert dates[1] is not None


def test_a_moved_order_moves_to_another_month_of_the_shop(monthly: Made) -> None:
    for one in monthly.truths.corrections.listed:
        if one.kind == "order_date":
            assert "2016-09" <= one.was[:7] <= "2018-10"
            assert one.was[:7] != one.becomes[:7] == one.delivered_with


def test_children_may_be_delivered_before_their_order(monthly: Made) -> None:
    payments = deliveries(monthly, "payments")
    later = [one for one in monthly.truths.corrections.listed if one.kind == "order_comes_later"]
    for one in later:
        assert set(payments.filter(pl.col("order_id") == one.order_id)["delivery"]) <= {one.delivered_with}


def test_a_clean_month_by_month_shop_has_no_first_versions(make: Make) -> None:
    truths = make(orders=1_000, broken=0, by_month=True, corrections=0.0).truths
    assert truths.corrections.listed == ()
    assert all(file.superseded == 0 for file in truths.files.values())
