"""A release is blocked if all new files of a table are refused, if most rows of a delivery fail, or if there are no orders."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.release.acceptance import deliveries_accepted
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.build.silver.specs import silver_tables
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.store.entry import Entry, Landed
from ecom_lake_tests.builders.olist_files import a_site, item, land, order, payment

HEADER = "order_id,customer_id,order_status,order_purchase_timestamp\n"
UNREADABLE_DATE = {"order_purchase_timestamp": "some day"}


def accepted(site: Site) -> Check:
    """Builds up to silver and returns the check; if it passes, the state is released.

    Gold tables take seconds and do not affect the check; other tests build them."""
    ingest(site)
    make_order_index(site)
    for table in silver_tables(site):
        make_silver(site, table)
    check = deliveries_accepted(site, site.lake.log.head())
    if check.passed:
        site.lake.log.commit(replace, site.run, "release", release=True)
    return check


def test_a_build_without_accepted_orders_is_not_released_and_stays_due(tmp_path: Path) -> None:
    """The first release, a later one, and a night with only a refused file. A few seconds: four builds."""
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1, **UNREADABLE_DATE)])
    assert _refused_checks(site) == ["deliveries_accepted"]
    assert (site.lake.log.head().release, due(site)) == (None, ["gold/release"])
    land(site, "1/orders.csv", "orders", [order(1)])
    assert _refused_checks(site) == []
    released = site.lake.log.head().release
    assert due(site) == []
    items = land(site, "2/items.csv", "order_items", [item(1)])
    refuse(items, "price")
    for _ in ("as it comes", "as it stays"):
        assert _refused_checks(site) == ["deliveries_accepted"]
        assert (site.lake.log.head().release, due(site)) == (released, ["gold/release"])
    items.unlink()
    assert _refused_checks(site) == []
    assert due(site) == []


def _refused_checks(site: Site) -> list[str]:
    return [check.name for outcome in build(site) for check in outcome.checks if check.blocks]


def refuse(path: Path, column: str = "order_id") -> str:
    """Renames a required column of a landed file; returns the original text."""
    original = path.read_text(encoding="utf-8")
    path.write_text(original.replace(column, f"{column}_x"), encoding="utf-8")
    return original


@pytest.mark.parametrize("is_first", [True, False], ids=["first release", "later release"])
def test_a_table_whose_new_files_were_all_refused_blocks_the_release(tmp_path: Path, is_first: bool) -> None:
    site = a_site(tmp_path)
    if not is_first:
        land(site, "1/orders.csv", "orders", [order(1)])
        land(site, "1/items.csv", "order_items", [item(1)])
        assert accepted(site).passed
    bad = land(site, "2/items.csv", "order_items", [item(2)])
    original = refuse(bad, "price")
    land(site, "2/orders.csv", "orders", [order(2)])
    check = accepted(site)
    assert check.blocks
    assert check.says.startswith("Every new file of order_items was refused: 2/items.csv lacks what order_items needs: price")
    assert check.says.endswith("Correct or remove the refused files, then build.")
    bad.write_text(original, encoding="utf-8")
    assert accepted(site).passed


def test_a_refused_file_together_with_an_accepted_one_of_its_table_is_only_reported(tmp_path: Path) -> None:
    """It does not block later nights without files of its table either."""
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    refuse(land(site, "2/orders.csv", "orders", [order(2)]))
    assert accepted(site).passed
    land(site, "3/items.csv", "order_items", [item(1)])
    assert accepted(site).passed
    refuse(land(site, "2/orders.csv", "orders", [order(3)]))
    check = accepted(site)
    assert check.blocks, "another file of that name was refused afterwards"
    (tmp_path / "olist/landing/2/orders.csv").unlink()
    assert accepted(site).passed


@pytest.mark.parametrize("name", ["orders.zip", "orders.csv.gz", "dump.zip"])
def test_another_damaged_archive_under_the_name_of_a_refused_one_blocks_the_release(tmp_path: Path, name: str) -> None:
    """The first one came with an accepted file of orders, and a copy of it with another time."""
    site = a_site(tmp_path)
    accepted_orders = land(site, "1/orders.csv", "orders", [order(1)])
    archive = tmp_path / "olist/landing" / name
    _damaged(archive, b"one", accepted_orders)
    assert accepted(site).passed
    os.utime(archive, (0, 0))
    assert accepted(site).passed
    _damaged(archive, b"two", accepted_orders)
    check = accepted(site)
    assert check.blocks and f"Every new file of orders was refused: {name}" in check.says


def _damaged(path: Path, content: bytes, intact: Path) -> None:
    """An archive that cannot be opened or, as `dump.zip`, with an intact and a damaged file."""
    path.write_bytes(b"no archive: " + content)
    if path.name == "dump.zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(intact, "intact.csv")
            archive.writestr("orders.csv", b"content " + content)
        path.write_bytes(path.read_bytes().replace(b"content ", b"CONTENT "))


def test_another_unreadable_file_under_the_name_of_a_refused_one_blocks_the_release(tmp_path: Path) -> None:
    """Nothing is known of its content."""
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    assert accepted(site).passed
    for stamp, passes in (("first", False), ("first", True), ("second", False)):
        refused = {"2/orders.csv": Landed(stamp, "", "reader", "2/orders.csv may not be read.", ("orders",))}
        site.lake.log.commit(partial(_with_landed, refused), site.run, "refused")
        assert deliveries_accepted(site, site.lake.log.head()).passed == passes
        site.lake.log.commit(replace, site.run, "release", release=True)


def _with_landed(landed: dict[str, Landed], head: Entry) -> Entry:
    return replace(head, landing={**head.landing, **landed})


@pytest.mark.parametrize("name", ["orders.csv", "anything.csv", "orders.csv.gz", "dump.zip", "orders.zip"])
def test_a_lake_without_any_orders_is_not_released(tmp_path: Path, name: str) -> None:
    site = a_site(tmp_path)
    refuse(land(site, name, "orders", [order(1)]))
    land(site, "items.csv", "order_items", [item(1)])
    check = accepted(site)
    assert check.blocks
    assert name in check.says and "then build." in check.says
    assert site.lake.log.head().release is None


def test_no_orders_and_nothing_refused_is_not_released_either(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "items.csv", "order_items", [item(1)])
    assert accepted(site).says.startswith("No file of orders was ever accepted. Put the orders into ")


@pytest.mark.parametrize("content", ["", HEADER], ids=["no bytes", "header only"])
def test_a_lake_whose_only_files_of_orders_have_no_rows_is_not_released(tmp_path: Path, content: str) -> None:
    """The export was truncated: managers would get a report without sales."""
    site = a_site(tmp_path)
    (tmp_path / "olist/landing").mkdir(parents=True, exist_ok=True)
    (tmp_path / "olist/landing/orders.csv").write_text(content, encoding="utf-8")
    check = accepted(site)
    assert check.blocks
    assert check.says.startswith("No order was ever delivered: orders.csv has no rows. Put the orders into ")
    land(site, "2/orders.csv", "orders", [order(1)])
    assert accepted(site).passed
    (tmp_path / "olist/landing/2/orders.csv").write_text(HEADER + "\n", encoding="utf-8")
    assert accepted(site).passed, "a later delivery without orders is accepted"


@pytest.mark.parametrize("is_first", [True, False], ids=["first release", "later release"])
@pytest.mark.parametrize(("bad", "good", "passes"), [(1, 1, True), (2, 1, False), (1, 0, False), (0, 1, True)])
def test_a_delivery_with_mostly_failed_rows_blocks_the_release(
    tmp_path: Path, is_first: bool, bad: int, good: int, passes: bool
) -> None:
    site = a_site(tmp_path)
    if not is_first:
        land(site, "1/orders.csv", "orders", [order(n) for n in range(50, 60)])
        assert accepted(site).passed
    rows = [order(n, **UNREADABLE_DATE) for n in range(bad)] + [order(n) for n in range(bad, bad + good)]
    land(site, "2/orders.csv", "orders", rows)
    check = accepted(site)
    assert check.passed == passes
    if not passes:
        number = 1 if is_first else 2
        assert f"2/orders.csv (delivery {number}): {bad} of {bad + good} rows of orders failed, more than 50%." in check.says
        assert "max_failed_share of [shops.olist]" in check.says


def test_rejected_rows_count_as_failed_and_pending_rows_do_not(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    land(site, "payments.csv", "order_payments", [payment(8), payment(9)])
    items = land(site, "items.csv", "order_items", [item(1)])
    with items.open("a", encoding="utf-8") as file:
        file.write("too,few\ntoo,few\n")
    check = accepted(site)
    assert [(fault["table"], fault["failed"], fault["rows"]) for fault in check.evidence] == [("order_items", 2, 3)]


@pytest.mark.parametrize("way", ["replaced", "removed", "allowed", "more came"])
def test_the_ways_to_resolve_a_failed_delivery(tmp_path: Path, way: str) -> None:
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1)])
    bad = land(site, "2/orders.csv", "orders", [order(2, **UNREADABLE_DATE)])
    assert accepted(site).blocks
    assert accepted(site).blocks, "a second build does not release it either"
    match way:
        case "replaced":
            land(site, "2/orders.csv", "orders", [order(2)])
        case "removed":
            bad.unlink()
        case "allowed":
            site = replace(site, shop=replace(site.shop, max_failed_share=1.0))
        case _:
            land(site, "3/orders.csv", "orders", [order(2)])
    assert accepted(site).passed == (way != "more came")


def test_a_delivery_that_was_released_with_an_allowance_does_not_block_later_releases(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    allowing = replace(site, shop=replace(site.shop, max_failed_share=1.0))
    land(site, "1/orders.csv", "orders", [order(1, **UNREADABLE_DATE)])
    assert accepted(allowing).passed
    land(site, "2/orders.csv", "orders", [order(2)])
    assert accepted(site).passed


def test_a_rule_that_fails_most_rows_of_an_older_delivery_blocks_the_release(tmp_path: Path) -> None:
    """The shop excludes the months of its first delivery, whose file was removed from landing."""
    site = a_site(tmp_path)
    land(site, "1/orders.csv", "orders", [order(1), order(2)])
    assert accepted(site).passed
    (tmp_path / "olist/landing/1/orders.csv").unlink()
    land(site, "2/orders.csv", "orders", [order(3, "2017-02-02 02:02:02")])
    assert accepted(site).passed
    later = a_site(tmp_path, first="2017-02-01")
    check = accepted(later)
    assert [(fault["file"], fault["failed"]) for fault in check.evidence] == [("1/orders.csv", 2)]


def test_the_message_names_three_of_many_faults(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    for number in range(5):
        land(site, f"{number}/orders.csv", "orders", [order(number, **UNREADABLE_DATE)])
    check = accepted(site)
    files: list[Any] = [fault["file"] for fault in check.evidence]
    assert files == [f"{number}/orders.csv" for number in range(5)]
    assert "2/orders.csv" in check.says and "3/orders.csv" not in check.says and "2 more of this kind." in check.says
