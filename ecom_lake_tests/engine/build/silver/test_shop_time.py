"""Times with an offset in silver: the month of the order, older versions, quarantine, and a change of the time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import is_current
from ecom_lake.engine.build.silver.order_index import is_current as is_index_current
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order
from ecom_lake_tests.engine.build.silver.test_make_silver import build, rows


def in_zone(site: Site, zone: str) -> Site:
    return replace(site, shop=replace(site.shop, timezone=zone))


def column(site: Site, table: str, name: str) -> list[object]:
    return [row[name] for row in rows(site, table)]


def test_the_month_of_an_order_is_in_the_shops_time_zone(tmp_path: Path) -> None:
    """The delivery also has times without an offset and an invalid one, so that the contract gets texts."""
    site = in_zone(a_site(tmp_path), "America/Sao_Paulo")
    orders = [
        order(1, "2017-03-01T00:30Z"),
        order(2, "2017-03-01T03:00:00Z", order_approved_at="2017-03-01 04:00:00+00"),
        order(3, "2017-03-01 00:30:00"),
        order(4, "2017-03-01 00:30:00 BRT"),
    ]
    land(site, "orders.csv", "orders", orders)
    land(site, "items.csv", "order_items", [item(n) for n in (1, 2, 3)])
    build(site)
    assert column(site, "orders", "ordered_at") == [
        datetime(2017, 2, 28, 21, 30),
        datetime(2017, 3, 1),
        datetime(2017, 3, 1, 0, 30),
    ]
    assert column(site, "orders", "approved_at") == [None, datetime(2017, 3, 1, 1), None]
    assert column(site, "order_items", "month") == [date(2017, 2, 1), date(2017, 3, 1), date(2017, 3, 1)]
    [refused] = quarantine(site, "orders")
    assert (refused["rule"], refused["value"]) == ("ordered_at_unreadable", "2017-03-01 00:30:00 BRT")


def quarantine(site: Site, source: str) -> list[Mapping[str, object]]:
    return [
        row
        for path in site.lake.paths(site.lake.log.head(), TableId("quarantine", source))
        for row in pl.read_parquet(path).to_dicts()
    ]


def test_quarantine_contains_the_time_as_delivered(tmp_path: Path) -> None:
    site = in_zone(a_site(tmp_path), "Europe/Istanbul")
    land(site, "orders.csv", "orders", [order(1, "2017-03-31T22:00:00Z")])
    build(site)
    [refused] = quarantine(site, "orders")
    assert refused["rule"] == "outside_the_shops_months"
    assert str(refused["value"]).startswith("2017-04-01 01:00:00")
    assert '"order_purchase_timestamp":"2017-03-31T22:00:00Z"' in str(refused["raw_record"])


def test_another_time_zone_moves_orders_and_keeps_tables_without_times(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1, "2017-02-01T01:00:00Z"), order(2)])
    land(site, "items.csv", "order_items", [item(1)])
    land(site, "customers.csv", "customers", [customer(1, "ana")])
    build(site)
    assert column(site, "orders", "month") == [date(2017, 2, 1), date(2017, 1, 1)]
    moved = in_zone(site, "America/Sao_Paulo")
    head = site.lake.log.head()
    assert not is_index_current(moved, head) and not is_current(moved, head, "orders")
    assert is_current(moved, head, "products"), "a table without times does not depend on the zone"
    build(moved)
    assert column(site, "orders", "month") == [date(2017, 1, 1)] * 2
    assert column(site, "order_items", "month") == [date(2017, 1, 1)]


def test_canonical_files_and_merged_people_use_the_time_zone_too(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say()
    shop.config.write_text(shop.config.read_text().replace("[shops.mine.numbers]", 'timezone = "Europe/Istanbul"'))
    shop.land("orders.csv", "order_id,customer_id,ordered_at,promised_at\no1,ana,2024-01-31T22:30:00Z,2024-02-03\n")
    shop.land("customers.csv", "customer_id,registered_at\nana,2023-12-31T21:00:00.25+00:00\n")
    shop.land("payments.csv", "order_id,sequence,amount,paid_at\no1,1,5,2024-02-01T00:30:00+0200\n")
    shop.land("reviews.csv", "review_id,order_id,score,created_at\nr1,o1,5,2024-02-01 00:00:00 UTC\n")
    build(shop.site)
    assert [(row["ordered_at"], row["month"], row["promised_at"]) for row in rows(shop.site, "orders")] == [
        (datetime(2024, 2, 1, 1, 30), date(2024, 2, 1), datetime(2024, 2, 3))
    ]
    assert column(shop.site, "customers", "registered_at") == [datetime(2024, 1, 1, 0, 0, 0, 250_000)]
    assert column(shop.site, "payments", "paid_at") == [datetime(2024, 2, 1, 1, 30)]
    assert column(shop.site, "reviews", "created_at") == [datetime(2024, 2, 1, 3)]
