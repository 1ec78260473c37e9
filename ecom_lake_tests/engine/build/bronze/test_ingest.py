"""Ingest: new content is delivered once; a refused file does not stop the others and is reported until it is fixed."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.delivered_rows import latest_records
from ecom_lake.engine.build.bronze.deliveries import contents
from ecom_lake.engine.build.bronze.ingest import ingest, nothing_new
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.landing.encodings import empty_line
from ecom_lake.engine.serve.status import status_of
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.landing_zone import Again
from ecom_lake.engine.store.landing_zone import land as land_files
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.builders.olist_files import a_site, customer, item, land, order


def deliveries(site: Site, table: str = "orders") -> list[tuple[int, str, int]]:
    parts = site.lake.log.head().parts(TableId("bronze", table))
    return [(d.sequence, d.file, file.rows) for _, file in sorted(parts.items()) if (d := file.delivery)]


def refusals(site: Site) -> list[str]:
    return [landed.refused for landed in site.lake.log.head().landing.values() if landed.refused]


def test_files_of_one_ingest_are_numbered_by_name(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "2017-10/orders.csv", "orders", [order(10)])
    land(site, "2017-9/orders.csv", "orders", [order(9)])
    land(site, "2017-9/order_items.csv", "order_items", [item(9)])
    ingest(site)
    assert deliveries(site) == [(2, "2017-9/orders.csv", 1), (3, "2017-10/orders.csv", 1)]
    assert deliveries(site, "order_items") == [(1, "2017-9/order_items.csv", 1)]


def test_a_second_ingest_changes_nothing(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv", "orders", [order(1)])
    ingest(site)
    before = site.lake.log.head()
    assert nothing_new(site, before)
    ingest(site)
    assert site.lake.log.head() == before


def test_an_ingest_keeps_what_another_one_committed_while_it_read(tmp_path: Path) -> None:
    site, is_first = a_site(tmp_path), [True]
    land(site, "orders-a.csv", "orders", [order(1)])

    def meanwhile(_: str) -> None:
        if is_first:
            is_first.clear()
            land(site, "orders-b.csv", "orders", [order(2)])
            ingest(site)

    ingest(site, meanwhile)
    assert sorted(site.lake.log.head().landing) == ["orders-a.csv", "orders-b.csv"]
    assert nothing_new(site, site.lake.log.head())
    site.lake.store.local("olist/landing/orders-b.csv").unlink()
    ingest(site)
    assert sorted(site.lake.log.head().landing) == ["orders-a.csv"]


def test_the_same_content_under_another_name_is_one_delivery(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    landed = land(site, "orders.csv", "orders", [order(1)])
    shutil.copy(landed, landed.with_name("orders (1).csv"))
    ingest(site)
    shutil.copy(landed, landed.with_name("orders of today.csv"))
    ingest(site)
    assert len(deliveries(site)) == 1


def test_equal_members_of_an_archive_are_one_delivery(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    orders = land(site, "orders.csv", "orders", [order(1)])
    with zipfile.ZipFile(orders.with_name("dump.zip"), "w") as archive:
        for folder in ("a", "b"):
            archive.write(orders, f"{folder}/orders.csv")
    orders.unlink()
    ingest(site)
    assert [rows for _, _, rows in deliveries(site)] == [1]


def test_a_file_that_is_replaced_while_it_is_read_is_left_for_the_next_ingest(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "more/orders.csv", "orders", [order(1)])
    land(site, "orders.csv", "orders", [order(2)])

    def replace_one(path: str) -> None:
        if path == "orders.csv":
            land(site, path, "orders", [order(number) for number in range(2, 9)])

    ingest(site, replace_one)
    assert [(file, rows) for _, file, rows in deliveries(site)] == [("more/orders.csv", 1)]
    ingest(site)
    assert [(file, rows) for _, file, rows in deliveries(site)] == [("more/orders.csv", 1), ("orders.csv", 7)]


def test_the_log_lists_some_refused_members_of_an_archive_and_counts_the_rest(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    good = land(site, "orders.csv", "orders", [order(1)])
    with zipfile.ZipFile(good.with_name("dump.zip"), "w") as archive:
        for number in range(30):
            archive.writestr(f"{number:02}.csv", f"nobody,asked,for,{number}\n1,2,3,4\n")
    ingest(site)
    [message] = refusals(site)
    assert "18.csv" in message and "19.csv" not in message
    assert "29.csv" in message, "the last refusal is listed, because it can be that of the archive"
    assert message.endswith("10 more files are refused.")
    assert len(deliveries(site)) == 1


def test_a_later_delivery_gets_the_next_number_whatever_its_name(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders-b.csv", "orders", [order(1)])
    ingest(site)
    land(site, "orders-a.csv", "orders", [order(2)])
    ingest(site)
    assert deliveries(site) == [(1, "orders-b.csv", 1), (2, "orders-a.csv", 1)]


def test_bronze_is_kept_after_landing_is_deleted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    landed = land(site, "orders.csv", "orders", [order(1)])
    ingest(site)
    landed.unlink()
    ingest(site)
    assert deliveries(site) == [(1, "orders.csv", 1)]
    assert site.lake.log.head().landing == {}


def test_a_file_that_returns_to_earlier_content_is_reported_until_it_is_landed_again(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    good, copy = land(site, "orders.csv", "orders", [order(1), order(2)]), tmp_path / "orders-again.csv"
    text = good.read_bytes()

    def accepted() -> bool:
        checks = [check for outcome in ingest(site) for check in outcome.checks if check.name == "landing_accepted"]
        assert "land --again" in checks[0].says or checks[0].passed
        return checks[0].passed

    assert accepted()
    land(site, "orders.csv", "orders", [order(1)])
    assert accepted()
    good.write_bytes(text)
    assert not accepted() and not accepted()
    copy.write_bytes(text)
    assert [arrival.fate for arrival in land_files(site.lake, [copy])] == ["known"]
    assert land_again(site, copy, copy) == ["landed", "landed"]
    assert accepted()
    assert [rows for *_, rows in deliveries(site)] == [2, 1, 2, 2]


def land_again(site: Site, *files: Path) -> list[str]:
    again = Again(contents(site.lake.log.head()).__contains__, empty_line)
    return [arrival.fate for arrival in land_files(site.lake, list(files), again=again)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_wide_file_without_a_last_line_end_keeps_its_records_when_it_is_landed_again(tmp_path: Path, encoding: str) -> None:
    site = a_site(tmp_path)
    file = land(site, "customers.csv", "customers", [customer(1), customer(2)])
    file.write_bytes(file.read_text("utf-8").rstrip("\n").encode(encoding))
    source = tmp_path / "customers.csv"
    shutil.copy(file, source)
    for _ in range(2):
        ingest(site)
        assert land_again(site, source) == ["landed"]
    ingest(site)
    assert [rows for *_, rows in deliveries(site, "customers")] == [2, 2, 2]
    assert latest_records(site, site.lake.log.head(), TableId("bronze", "customers"), 6).is_duplicated().all()


def landing_fault(site: Site) -> str:
    (check,) = (check for outcome in ingest(site) for check in outcome.checks if check.name == "landing_accepted")
    return "" if check.passed else check.says


def test_a_dated_file_with_earlier_content_is_reported_until_other_content_comes(tmp_path: Path) -> None:
    """Two files without rows are equal, and so is a copy of the newest file: neither is reported."""
    site = a_site(tmp_path)
    for number, orders in enumerate(([1, 2], [1], [], [3], [], [3]), start=1):
        land(site, f"orders-{number}.csv", "orders", [order(one) for one in orders])
        assert landing_fault(site) == ""
    land(site, "orders-9.csv", "orders", [order(1)])
    assert landing_fault(site).startswith(
        "orders-9.csv has the content of an earlier delivery again (delivery 2), and other content of orders came since (deliv"
        "ery 4), which stays in force"
    )
    land(site, "orders-10.csv", "orders", [order(4)])
    assert landing_fault(site) == ""


def test_of_several_files_a_day_only_those_of_one_series_are_compared(tmp_path: Path) -> None:
    """Rome's file of the second day is that of the first; on the fourth day it is so again, after other content."""
    site = a_site(tmp_path)
    for day, (berlin, rome) in enumerate([(1, 2), (3, 2), (4, 5)], start=1):
        land(site, f"{day}/berlin.csv", "orders", [order(berlin)])
        land(site, f"{day}/rome.csv", "orders", [order(rome)])
        assert landing_fault(site) == ""
    land(site, "4/berlin.csv", "orders", [order(6)])
    land(site, "4/rome~2.csv", "orders", [order(2)])
    fault = landing_fault(site)
    assert fault.startswith("4/rome~2.csv has the content of an earlier delivery again (delivery 2)")
    assert fault.count("came since (delivery 5)") == fault.count("came since") == 1


def test_an_archive_that_returns_to_earlier_content_is_reported(tmp_path: Path) -> None:
    """Of two files of one table in an archive, the first is not the newest and did not come again."""
    site = a_site(tmp_path)
    texts = [land(site, "orders.csv", "orders", [order(one)]).read_bytes() for one in (1, 2, 3)]
    (landed := site.lake.store.local("olist/landing/orders.csv")).unlink()

    def pack(*contents: bytes) -> str:
        with zipfile.ZipFile(landed.with_name("d.zip"), "w") as archive:
            for number, content in enumerate(contents):
                archive.writestr(f"orders-{number}.csv", content)
        return landing_fault(site)

    assert pack(texts[0], texts[1]) == ""
    assert pack(texts[0], texts[2]) == ""
    assert pack(texts[0], texts[1]).startswith("d.zip has the content of an earlier delivery again (delivery 2)")


def test_a_refused_file_does_not_stop_the_others_and_is_reported_until_it_is_fixed(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    bad = land(site, "customers.csv", "customers", [customer(1)])
    whole = bad.read_text()
    bad.write_text(whole.replace("customer_unique_id", "customer_uniqe_id"))
    land(site, "orders.csv", "orders", [order(1)])
    for _ in range(2):
        outcomes = ingest(site)
        assert deliveries(site) == [(1, "orders.csv", 1)]
        assert len(refusals(site)) == 1 and "customer_unique_id" in refusals(site)[0] and "customer_uniqe_id" in refusals(site)[0]
        assert [c.passed for outcome in outcomes for c in outcome.checks if c.name == "landing_accepted"] == [False]
    bad.write_text(whole)
    ingest(site)
    assert refusals(site) == []
    assert deliveries(site, "customers") == [(2, "customers.csv", 1)]


def test_incomplete_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "orders.csv.part", "orders", [order(1)])
    land(site, ".orders.csv", "orders", [order(2)])
    land(site, "here.csv", "orders", [order(3)])
    ingest(site)
    assert deliveries(site) == [(1, "here.csv", 1)]


def test_unusual_names_and_times_of_files_are_accepted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    land(site, "1²3/orders\udcff.csv", "orders", [order(1)])
    for seconds in (-(1 << 40), 1 << 40):
        os.utime(land(site, f"{seconds}.csv", "orders", [order(seconds)]), (seconds, seconds))
    ingest(site)
    assert sorted(file for _, file, _ in deliveries(site)) == ["-1099511627776.csv", "1099511627776.csv", "1²3/orders?.csv"]
    assert refusals(site) == []


def test_links_out_of_landing_and_pipes_are_refused_without_reading_them(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    folder = land(site, "2018/orders.csv", "orders", [order(1)]).parent
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "orders.csv").write_text("order_id,customer_id,status\nSECRET,SECRET,created\n", encoding="utf-8")
    (outside / "shadow").write_text("root:SECRET:19000:0\n", encoding="utf-8")
    (folder / "customers2.csv").symlink_to(outside / "shadow")
    (folder / "orders2.csv").symlink_to(outside / "orders.csv")
    (folder / "nowhere.csv").symlink_to("not here.csv")
    (folder / "2017").symlink_to(outside)
    os.mkfifo(folder / "pipe.csv")
    ingest(site)
    assert deliveries(site) == [(1, "2018/orders.csv", 1)]
    out = "is a link that leads out of its folder, and is not followed: put the file itself there, or remove the link."
    assert refusals(site) == [
        f"2018/2017 {out}",
        f"2018/customers2.csv {out}",
        "2018/nowhere.csv is a link to a file that is not there: put the file itself there, or remove the link.",
        f"2018/orders2.csv {out}",
        "2018/pipe.csv is a pipe, not a file: remove it from there.",
    ]
    assert not [path for path in (tmp_path / "data").rglob("*.json") if "SECRET" in path.read_text(encoding="utf-8")]


def test_a_link_to_a_file_inside_landing_is_followed(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    kept = land(site, ".versions/7/orders.csv", "orders", [order(1)])
    (site_landing := kept.parents[2]).joinpath("orders.csv").symlink_to(".versions/7/orders.csv")
    assert site_landing == Path(site.lake.landing.url)
    ingest(site)
    assert (deliveries(site), refusals(site)) == ([(1, "orders.csv", 1)], [])


def test_two_files_with_the_same_content_in_one_ingest_are_one_delivery(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    for name in ("a/orders.csv", "b/orders.csv"):
        land(site, name, "orders", [order(1)])
    land(site, "c/orders.csv", "orders", [order(2)])
    ingest(site)
    assert deliveries(site) == [(1, "a/orders.csv", 1), (2, "c/orders.csv", 1)]


def test_the_error_for_an_empty_landing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to build from: put its files into"):
        ingest(a_site(tmp_path))


def test_rejects_are_counted_in_the_delivery(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    path = land(site, "orders.csv", "orders", [order(1), order(2)])
    with path.open("a") as landed:
        landed.write("o3,c3,delivered\n")
    ingest(site)
    (file,) = site.lake.log.head().parts(TableId("bronze", "orders")).values()
    assert file.delivery is not None
    assert (file.rows, file.delivery.rejected) == (2, 1)
    (rejects,) = site.lake.log.head().parts(TableId("rejects", "orders")).values()
    assert rejects.rows == 1


def test_files_read_by_another_parser_version_are_read_again_and_delivered_once(tmp_path: Path) -> None:
    """After an upgrade a refused file may be readable, and an accepted file is recognized by its content."""
    site = a_site(tmp_path)
    bad = land(site, "customers.csv", "customers", [customer(1)])
    bad.write_text(bad.read_text().replace("customer_unique_id", "customer_uniqe_id"))
    land(site, "orders.csv", "orders", [order(1)])
    ingest(site)
    before = site.lake.log.head()

    def by_another_reader(head: Entry) -> Entry:
        landing = {path: replace(one, reader="older", refused=one.refused and "older") for path, one in head.landing.items()}
        return replace(head, landing=landing)

    assert not nothing_new(site, site.lake.log.commit(by_another_reader, "another", "an older reader"))
    ingest(site)
    assert site.lake.log.head().landing == before.landing
    assert site.lake.log.head().tables == before.tables
    assert all(landed.hash for landed in before.landing.values()), "recognized by its content"


ORDER = "order_id,customer_id,ordered_at\no1,ana,2024-01-02\n"


def columns_known(shop: CanonicalShop, table: str) -> Check:
    made = {outcome.table: outcome for outcome in ingest(shop.site)}
    [found] = [check for check in made[TableId("bronze", table)].checks if check.name == "columns_known"]
    return found


def test_a_probably_misspelled_column_is_reported_until_its_file_is_fixed(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say()
    shop.land("orders.csv", ORDER)
    shop.land("products.csv", "product_id,product_name,cost,Colour\np1,Lamp,3,red\n")
    check = columns_known(shop, "products")
    assert (check.passed, check.severity) == (False, "warn")
    assert check.says == (
        "products.csv has the column product_name, which no table reads; if it holds name, rename it to name. "
        "products.csv has the column cost, which no table reads; if it holds unit_cost, rename it to unit_cost."
    )
    assert columns_known(shop, "products") == check, "reported again while the file is in landing"
    assert columns_known(shop, "orders").passed
    assert status_of(shop.site).misnamed == (check.says,)
    shop.land("products.csv", "product_id,name,unit_cost,Colour\np1,Lamp,3,red\n")
    assert columns_known(shop, "products").passed


def test_a_misspelled_column_in_many_files_is_reported_once_and_only_if_the_shop_needs_it(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say(without=["order_items.unit_cost"])
    shop.land("orders.csv", ORDER)
    for month in (1, 2, 3):
        lines = f"order_id,line,product_id,unit_price,cost,freight_charge\no1,{month},p1,5,3,1\n"
        shop.land(f"order_items_2024-0{month}.csv", lines)
    assert columns_known(shop, "order_items").says == (
        "order_items_2024-03.csv and 2 other files have the column freight_charge, which no table reads; "
        "if it holds freight, rename it to freight."
    )


def test_the_refusal_of_a_file_states_the_column_most_similar_to_the_missing_one(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say()
    shop.land("orders.csv", ORDER)
    shop.land("order_items.csv", "order_id,line,product_id,price\no1,1,p1,5\n")
    ingest(shop.site)
    assert [refusal.split(";")[0] for refusal in refusals(shop.site)] == [
        "order_items.csv lacks what order_items needs: unit_price (most similar in the file: price)"
    ]
