"""The complete real Olist files: their known row counts, and no row is refused or lost."""

from __future__ import annotations

from datetime import datetime
from statistics import median

import polars as pl
import pytest

from ecom_lake.engine.contracts.conform import conform
from ecom_lake.engine.contracts.connector import ManyToOne, Merged
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake.shop.connectors.olist.people import merge_customers
from ecom_lake.shop.connectors.olist.places import merge_places
from ecom_lake_tests.shop.connectors.frames import SPECS, accounted, silver

Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def merged(bronze: Frames) -> dict[str, Merged]:
    orders = bronze["orders"]
    index = orders.select(
        "order_id", pl.col("order_purchase_timestamp").str.to_datetime().alias("ordered_at"), customer_key="customer_id"
    )
    return {
        "customers": merge_customers(bronze["customers"].lazy(), index.lazy()),
        "places": merge_places(bronze["geolocation"].lazy(), index.lazy()),
    }


@pytest.fixture(scope="module")
def tables(bronze: Frames, merged: dict[str, Merged]) -> Frames:
    """Every silver table; asserts that no row was refused."""
    made = {}
    for table, spec in SPECS.items():
        if isinstance(spec, ManyToOne):
            conformed = conform(merged[table].rows, spec.contract)
        else:
            conformed = silver(table, bronze[spec.source], **{lookup.source: bronze[lookup.source] for lookup in spec.lookups})
        assert conformed.bad.is_empty(), conformed.bad
        made[table] = conformed.good
    return made


def test_every_table_has_the_known_number_of_rows(tables: Frames) -> None:
    assert {table: rows.height for table, rows in tables.items()} == {
        "orders": 99_441,
        "order_items": 112_650,
        "payments": 103_886,
        "reviews": 99_224,
        "customers": 96_096,
        "products": 32_951,
        "sellers": 3_095,
        "places": 19_015,
    }


def test_every_key_is_unique(tables: Frames) -> None:
    for table, rows in tables.items():
        assert not rows.select(SPECS[table].contract.key).is_duplicated().any(), table


def test_merges_account_for_every_row_and_refuse_none(bronze: Frames, merged: dict[str, Merged]) -> None:
    for table, merge in merged.items():
        assert accounted(merge) == bronze[SPECS[table].source].height
        assert merge.refused.is_empty()
        assert merge.rows.equals(merge.rows.sort(SPECS[table].contract.key))
    assert int(merged["places"].rows["points"].sum()) == 1_000_163


def test_every_order_has_a_customer_and_every_customer_an_order(tables: Frames) -> None:
    assert set(tables["orders"]["customer_id"]) == set(tables["customers"]["customer_id"])


def test_a_customer_has_the_address_of_the_latest_order(tables: Frames) -> None:
    address = ["city", "state", "region", "country", "zip"]
    latest = tables["orders"].sort("ordered_at", "order_id").unique("customer_id", keep="last")
    assert latest.sort("customer_id").select("customer_id", *address).equals(tables["customers"].select("customer_id", *address))


def test_missing_values_are_null_and_missing_columns_are_declared_absent(tables: Frames) -> None:
    never = {f"{t}.{c}" for t, rows in tables.items() for c in rows.columns if rows[c].null_count() == rows.height}
    constant, no_table = {"order_items.discount", "payments.status"}, {"refunds", "targets", "events"}
    assert "returned" not in tables["orders"]["status"]
    assert never | constant | no_table | {"returns_leakage"} == set(OLIST.absent)
    assert tables["order_items"]["discount"].sum() == 0
    assert tables["payments"]["status"].unique().to_list() == ["unknown"]
    lacking = {f"{t}.{c}": n for t, rows in tables.items() for c in rows.columns if (n := rows[c].null_count())}
    assert {column: n for column, n in lacking.items() if column not in never and not column.startswith("reviews.")} == {
        "orders.approved_at": 160,
        "orders.shipped_at": 1_783,
        "orders.delivered_at": 2_965,
        "products.weight_g": 2 + 4,
        "products.length_cm": 2,
        "products.height_cm": 2,
        "products.width_cm": 2,
        "products.photos": 610,
        "sellers.city": 7,
        "places.lat": 4,
        "places.lng": 4,
    }


def test_names_are_translated_and_cleaned(tables: Frames) -> None:
    categories = set(tables["products"]["category"])
    assert len(categories) == 74
    assert {"unknown", "pc_gamer", "portateis_cozinha_e_preparadores_de_alimentos"} <= categories
    assert tables["products"].filter(category="unknown").height == 610
    assert tables["payments"].filter(method="unknown").height == 3
    assert tables["payments"]["instalments"].min() == 1
    cities = pl.concat([tables[table]["city"] for table in ("orders", "customers", "sellers", "places")]).drop_nulls()
    assert cities.str.contains("^[a-z0-9]+(?:[ '][a-z0-9]+)*$").all()
    assert tables["orders"]["region"].n_unique() == 5


def test_the_centre_of_a_place_is_the_median_of_its_points(bronze: Frames, tables: Frames) -> None:
    points = bronze["geolocation"].filter(geolocation_zip_code_prefix="01037")
    lat, lng = (median(map(float, points[f"geolocation_{axis}"])) for axis in ("lat", "lng"))
    place = tables["places"].filter(zip="01037").select("lat", "lng", "city", "state", "points")
    assert place.row(0) == (lat, lng, "sao paulo", "SP", points.height)
    assert tables["places"].filter(zip="53990").select("city", "points").row(0) == ("fernando de noronha", 11)


def test_the_known_timelines_are_unsound(tables: Frames) -> None:
    unsound = tables["orders"].filter(~pl.col("is_timeline_sound"))
    assert unsound.filter(pl.col("shipped_at") < pl.col("approved_at")).height == 1_359
    assert unsound.filter(pl.col("shipped_at") < pl.col("ordered_at")).height == 166
    assert unsound.filter(pl.col("delivered_at") < pl.col("shipped_at")).height == 23
    assert tables["orders"].filter(~pl.col("is_valid")).height == 1_234
    assert tables["orders"]["ordered_at"].min() == datetime(2016, 9, 4, 21, 15, 19)
