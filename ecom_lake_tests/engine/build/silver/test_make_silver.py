"""Bronze to silver: the right version in the right month, no row lost, and only changed months rebuilt."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.release.own_tables import own_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.parts import accounted
from ecom_lake.engine.build.silver.settle import latest
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table import Rule
from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order, payment


def build(site: Site) -> dict[str, Outcome]:
    ingest(site)
    make_order_index(site)
    return {table: make_silver(site, table) for table in silver_tables(site)}


def rows(site: Site, table: str) -> list[dict[str, object]]:
    frame = site.lake.silver(site.lake.log.head(), table)
    assert frame is not None
    return frame.collect().sort(pl.all()).to_dicts()


def refused(site: Site, source: str) -> list[tuple[int, str]]:
    entry = site.lake.log.head()
    paths = site.lake.paths(entry, TableId("quarantine", source))
    return sorted((r["source_record"], r["rule"]) for path in paths for r in pl.read_parquet(path).to_dicts())


def fates(site: Site) -> dict[tuple[str, int, str], int]:
    return {(t, s, f): n for t, s, f, n in own_table(site, site.lake.log.head(), "lake_fates").iter_rows()}


def assert_every_row_is_accounted_for(site: Site) -> None:
    went: Counter[tuple[str, int]] = Counter()
    for (table, sequence, _), n in fates(site).items():
        went[table, sequence] += n
    delivered = own_table(site, site.lake.log.head(), "lake_deliveries").rows(named=True)
    for d in delivered:
        assert went[d["table_name"], d["sequence"]] == d["rows_delivered"] - d["rejected"], d


def test_a_corrected_date_moves_the_order_and_its_lines(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1), order(2)])
    land(site, "1/order_items.csv", "order_items", [item(1), item(2)])
    build(site)
    land(site, "2/orders.csv", "orders", [order(1, "2017-02-03 09:00:00")])
    made = build(site)
    assert [(r["order_id"], r["month"]) for r in rows(site, "orders")] == [("o1", date(2017, 2, 1)), ("o2", date(2017, 1, 1))]
    assert [(r["order_id"], r["month"]) for r in rows(site, "order_items")] == [
        ("o1", date(2017, 2, 1)),
        ("o2", date(2017, 1, 1)),
    ]
    assert made["orders"].written == (Part(month="2017-01"), Part(month="2017-02"))
    assert fates(site)["orders", 2, "superseded"] == 1
    assert_every_row_is_accounted_for(site)


def test_every_earlier_version_of_an_order_stays_superseded(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    for night in (1, 2, 3):
        land(site, f"{night}/orders.csv", "orders", [order(1, f"2017-01-0{night} 09:00:00")])
        build(site)
    assert fates(site) == {("orders", 1, "superseded"): 1, ("orders", 2, "superseded"): 1, ("orders", 3, "published"): 1}


def test_the_latest_version_counts_for_any_order_of_the_rows() -> None:
    rows = pl.DataFrame({"id": ["a"] * 4, "source_sequence": [2, 1, 3, 3], "source_record": [9, 8, 2, 1], "is": [1, 2, 3, 4]})
    for n in range(4):
        kept, superseded = latest(pl.concat([rows[n:], rows[:n]]), ("id",))
        assert kept["is"].to_list() == [3]
        assert sorted(superseded.rows()) == [(1, 8), (2, 9), (3, 1)]


@pytest.mark.parametrize(("went", "passed"), [(1, False), (2, True), (3, False)])
def test_a_lost_or_surplus_row_fails_the_check(tmp_path: Path, went: int, passed: bool) -> None:
    check = accounted(a_site(tmp_path).connector.orders, 2, went)
    assert (check.passed, check.blocks) == (passed, not passed)


def test_only_changed_months_are_rebuilt(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1), order(2, "2017-02-01 00:00:00")])
    land(site, "1/order_items.csv", "order_items", [item(1), item(2)])
    first = build(site)
    assert len(first["orders"].written) == len(first["order_items"].written) == 3
    kept = first["orders"].files[Part(month="2017-01")].path
    land(site, "2/orders.csv", "orders", [order(3, "2017-02-02 00:00:00")])
    second = build(site)
    assert second["orders"].written == (Part(month="2017-02"),)
    assert second["order_items"].written == ()
    assert second["orders"].files[Part(month="2017-01")].path == kept
    assert all(outcome.written == () for outcome in build(site).values())


def test_a_later_version_of_a_line_supersedes_the_earlier_one(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    land(site, "1/order_items.csv", "order_items", [item(1, price="10.00"), item(1, line=2)])
    build(site)
    land(site, "2/order_items.csv", "order_items", [item(1, price="12.00")])
    made = build(site)
    assert not made["order_items"].refused
    assert [(r["line"], str(r["unit_price"])) for r in rows(site, "order_items")] == [(1, "12.0000"), (2, "10.0000")]
    assert [fates(site)["order_items", delivery, fate] for delivery, fate in ((1, "superseded"), (1, "published"))] == [1, 1]
    assert_every_row_is_accounted_for(site)


def test_a_new_rule_applies_to_months_without_new_rows(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "order_items.csv", "order_items", [item(1), item(1, price="7.00", line=2)])
    build(site)
    items, *others = site.connector.lines
    contract = replace(items.contract, rules=(*items.contract.rules, Rule("not_seven", "unit_price <> 7", "")))
    connector = replace(site.connector, lines=(replace(items, contract=contract), *others))
    made = build(replace(site, connector=connector, accept_settings=True))
    assert Part(month="2017-01") in made["order_items"].written
    assert [r["line"] for r in rows(site, "order_items")] == [1]
    assert refused(site, "order_items") == [(2, "not_seven")]


def test_new_orders_do_not_rebuild_a_merged_table_that_does_not_read_them(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    point = {"geolocation_zip_code_prefix": "01000", "geolocation_lat": "-23.5", "geolocation_lng": "-46.6"}
    land(site, "1/geolocation.csv", "geolocation", [point])
    land(site, "1/customers.csv", "customers", [customer(1)])
    land(site, "1/orders.csv", "orders", [order(1)])
    assert build(site)["places"].written == (WHOLE,)
    land(site, "2/orders.csv", "orders", [order(2)])
    made = build(site)
    assert (made["places"].written, made["customers"].written) == ((), (WHOLE,))


def test_an_unchanged_month_with_other_row_counts_is_refused(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    kept = build(site)["orders"].files[Part(month="2017-01")]
    wrong = {Part(month="2017-01"): replace(kept, rows=kept.rows + 1)}
    site.lake.log.commit(lambda head: head.with_parts(TableId("silver", "orders"), wrong), "", "a slip")
    made = make_silver(site, "orders")
    assert [check.name for check in made.checks if check.blocks] == ["every_row_accounted"]


def test_a_corrected_address_rebuilds_the_months_of_its_orders(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1), order(2, "2017-02-01 00:00:00")])
    land(site, "1/customers.csv", "customers", [customer(1), customer(2)])
    build(site)
    land(site, "2/customers.csv", "customers", [customer(2, customer_state="RJ", customer_city="rio de janeiro")])
    made = build(site)
    assert made["orders"].written == (Part(month="2017-02"),)
    assert [(r["order_id"], r["state"]) for r in rows(site, "orders")] == [("o1", "SP"), ("o2", "RJ")]


def test_rows_without_their_order_are_pending(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/order_items.csv", "order_items", [item(1), item(1, line=2)])
    land(site, "1/order_payments.csv", "order_payments", [payment(1)])
    build(site)
    assert fates(site) == {("order_items", 1, "pending"): 2, ("order_payments", 2, "pending"): 1}
    land(site, "2/orders.csv", "orders", [order(1)])
    build(site)
    assert [r["line"] for r in rows(site, "order_items")] == [1, 2]
    assert fates(site)["order_items", 1, "published"] == 2
    assert_every_row_is_accounted_for(site)


def test_rows_stay_pending_while_only_other_orders_are_delivered(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/order_items.csv", "order_items", [item(1)])
    build(site)
    land(site, "2/orders.csv", "orders", [order(2)])
    land(site, "2/order_items.csv", "order_items", [item(2), item(3)])
    build(site)
    assert [fates(site)["order_items", delivery, "pending"] for delivery in (1, 2)] == [1, 1]
    assert_every_row_is_accounted_for(site)


def test_an_invalid_correction_does_not_replace_a_valid_row(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    land(site, "1/order_items.csv", "order_items", [item(1, price="10.00")])
    land(site, "2/order_items.csv", "order_items", [item(1, price="ten")])
    land(site, "2/orders.csv", "orders", [order(1, "yesterday")])
    build(site)
    assert [str(r["unit_price"]) for r in rows(site, "order_items")] == ["10.0000"]
    assert refused(site, "order_items") == [(1, "unit_price_unreadable")]
    assert refused(site, "orders") == [(1, "ordered_at_unreadable")]
    assert_every_row_is_accounted_for(site)


def test_the_rows_of_a_refused_order_are_refused_too(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1, "2016-12-31 23:59:59"), order(2)])
    land(site, "order_items.csv", "order_items", [item(1), item(2), item(3), item(4, order_id="")])
    build(site)
    assert refused(site, "orders") == [(1, "outside_the_shops_months")]
    assert refused(site, "order_items") == [(1, "order_refused"), (4, "order_id_missing")]
    assert fates(site)["order_items", 1, "pending"] == 1
    assert_every_row_is_accounted_for(site)


def test_the_rows_of_a_refused_order_leave_quarantine_when_the_order_is_corrected(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1, "soon"), order(2, "soon")])
    land(site, "1/order_items.csv", "order_items", [item(1), item(2)])
    build(site)
    assert refused(site, "order_items") == [(1, "order_refused"), (2, "order_refused")]
    land(site, "2/orders.csv", "orders", [order(1)])
    build(site)
    assert [r["order_id"] for r in rows(site, "order_items")] == ["o1"]
    assert refused(site, "order_items") == [(2, "order_refused")]
    assert_every_row_is_accounted_for(site)


def test_rows_without_a_key_are_in_quarantine_and_not_only_counted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "order_items.csv", "order_items", [item(1), item(1, line=2, order_id=" "), item(1, line=3, order_id="")])
    words = [{"product_category_name": name, "product_category_name_english": "x"} for name in ("a", "", " ")]
    land(site, "product_category_name_translation.csv", "product_category_name_translation", words)
    build(site)
    assert refused(site, "order_items") == [(2, "order_id_missing"), (3, "order_id_missing")]
    assert refused(site, "product_category_name_translation") == [
        (2, "product_category_name_missing"),
        (3, "product_category_name_missing"),
    ]
    assert_every_row_is_accounted_for(site)


def test_quarantine_keeps_the_raw_record(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "order_items.csv", "order_items", [item(1), item(1, price=" -3,x ", line=2)])
    build(site)
    (path,) = site.lake.paths(site.lake.log.head(), TableId("quarantine", "order_items"))
    (record,) = pl.read_parquet(path).to_dicts()
    assert '"price":" -3,x "' in record["raw_record"] and '"order_item_id":"2"' in record["raw_record"]
    assert (record["source_sequence"], record["source_record"], record["column"], record["value"]) == (
        1,
        2,
        "unit_price",
        " -3,x ",
    )


def test_an_order_without_a_customer_record_is_a_separate_person_until_the_record_is_delivered(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    build(site)
    assert [r["customer_id"] for r in rows(site, "orders")] == ["c1"]
    land(site, "2/customers.csv", "customers", [customer(1)])
    build(site)
    assert [r["customer_id"] for r in rows(site, "orders")] == ["u1"]


def test_a_customer_record_without_a_person_does_not_replace_the_previous_one(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "1/customers.csv", "customers", [customer(1)])
    land(site, "2/customers.csv", "customers", [customer(1, customer_unique_id=" ")])
    build(site)
    assert [r["customer_id"] for r in rows(site, "orders")] == ["u1"] == [r["customer_id"] for r in rows(site, "customers")]


def test_a_month_that_the_shop_excludes_is_removed_from_silver(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1), order(2, "2017-03-01 00:00:00")])
    land(site, "order_items.csv", "order_items", [item(1), item(2, price="ten")])
    build(site)
    assert refused(site, "order_items") == [(2, "unit_price_unreadable")]
    shorter = a_site(tmp_path, last="2017-02-01")
    build(shorter)
    assert [r["order_id"] for r in rows(shorter, "orders")] == ["o1"]
    assert refused(shorter, "orders") == [(2, "outside_the_shops_months")]
    assert refused(shorter, "order_items") == [(2, "order_refused")]


def test_a_month_outside_of_the_shops_months_is_named(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    build(site)
    with pytest.raises(UserError, match="2019-01 is not one of the shop's"):
        make_silver(site, "orders", [date(2019, 1, 1)])
