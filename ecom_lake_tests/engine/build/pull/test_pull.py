"""Pulling a shop from PostgreSQL and MariaDB: what lands, what lands again, and what a build makes of it."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.maintenance.expiry import delete_overdue
from ecom_lake.engine.build.pull.pull import latest_watermark, pull
from ecom_lake.engine.build.pull.source import Column, Kind
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.database_shop import ITEMS, ORDERS, VARIABLE, DatabaseShop, PostgreSQLServer
from ecom_lake_tests.project import PROJECT


@pytest.fixture
def shop(tmp_path: Path, postgres_server: PostgreSQLServer) -> DatabaseShop:
    postgres_server.reset()
    shop = DatabaseShop(tmp_path / "shop", postgres_server)
    shop.execute(ORDERS, ITEMS)
    return shop


# ------------------------------------------------------------------------------------------------- what lands, and what not


def test_content_that_did_not_change_is_not_landed_again(shop: DatabaseShop) -> None:
    shop.order("A")
    shop.pull()
    landed = shop.landed()
    assert {one.fate for one in shop.pull().values()} == {"unchanged"}, "the overlap holds all rows"
    shop.build_silver()
    assert {one.fate for one in shop.pull().values()} == {"unchanged"}
    assert {one.fate for one in shop.pull(whole=True).values()} == {"unchanged"}
    assert shop.landed() == landed


def test_a_quiet_table_lands_nothing(shop: DatabaseShop) -> None:
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.execute("delete from orders", "delete from order_items")
    assert {(one.fate, one.rows) for one in shop.pull().values()} == {("nothing new", 0)}
    assert len(shop.landed()) == 2


def test_an_empty_table_lands_its_header_once(shop: DatabaseShop) -> None:
    shop.order("A")
    shop.execute("delete from order_items")
    shop.pull()
    assert shop.text("database/000001/order_items.csv.gz") == "order_id,line,product_id,unit_price,updated_at\n"
    assert shop.pull()["order_items"].fate == "unchanged"
    shop.build_silver()
    assert shop.silver("orders", "order_id") == [("A",)]


def test_a_table_without_since_is_pulled_whole_and_may_return_to_an_earlier_state(
    tmp_path: Path, postgres_server: PostgreSQLServer
) -> None:
    """The content of the third pull was delivered before: with the same bytes, a build would leave it out."""
    postgres_server.reset()
    shop = DatabaseShop(tmp_path / "shop", postgres_server, {"orders": "{}", "order_items": "{}"})
    shop.execute(ORDERS, ITEMS)
    shop.order("A", price="10.00")
    shop.pull()
    shop.execute("update order_items set unit_price = 12")
    assert {one.table: one.fate for one in shop.pull().values()} == {"orders": "unchanged", "order_items": "landed"}
    for price in (10, 12, 10):  # before a build and after one
        shop.execute(f"update order_items set unit_price = {price}")
        assert shop.pull()["order_items"].fate == "landed"
        assert shop.pull()["order_items"].fate == "unchanged"
        shop.build_silver()
        assert [int(found) for (found,) in shop.silver("order_items", "unit_price")] == [price]


def test_a_table_without_its_old_texts_is_recognised_and_may_return_to_an_earlier_state(
    tmp_path: Path, postgres_server: PostgreSQLServer
) -> None:
    postgres_server.reset()
    setting = 'connector = "canonical"\nretention = { texts_days = 62 }'
    keyless = DatabaseShop(tmp_path / "shop", postgres_server, {"reviews": "{}"}, setting=setting)
    with pytest.raises(UserError, match="texts_days of shop 'mine' needs ECOM_LAKE_ERASURE_KEY"):
        keyless.pull()
    shop = replace(keyless, environment={"ECOM_LAKE_ERASURE_KEY": "a secret that is long enough"})
    shop.execute(
        "create table reviews (review_id varchar(20), order_id varchar(20), score int, comment text, answered_at {zoned})",
        "insert into reviews values ('r', 'o', 5, 'an old text', '2024-02-01')",
    )
    assert shop.pull()["reviews"].fate == "landed"
    scores = ["5"]
    for score, text in ((None, ""), (3, "an old text"), (5, "an old text"), (3, "only its old text differs"), (5, "an old text")):
        if score:
            shop.execute(f"update reviews set score = {score}, comment = '{text}'")
            assert shop.pull()["reviews"].fate == "landed"
            scores.append(str(score))
        assert shop.pull()["reviews"].fate == "unchanged"
        assert [(row["score"], row["comment"]) for row in shop.bronze("reviews")] == [(one, None) for one in scores]
        assert shop.pull()["reviews"].fate == "unchanged"


def test_the_overlap_is_as_long_as_declared(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    postgres_server.reset()
    shop = DatabaseShop(tmp_path / "shop", postgres_server, {"orders": '{ since = "updated_at", overlap = "30 minutes" }'})
    shop.execute(ORDERS, ITEMS)
    for order, at in (("A", "09:29:59"), ("B", "09:30:00"), ("C", "10:00:00")):
        shop.order(order, f"2024-02-01 {at}")
    shop.pull()
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["B", "C"]


def test_a_deleted_row_stays_unless_the_shop_marks_it(shop: DatabaseShop) -> None:
    """What docs/databases.md states: a pull sees rows, not their absence."""
    shop.order("A")
    shop.order("B")
    shop.pull()
    shop.build_silver()
    shop.execute("delete from order_items where order_id = 'B'", "delete from orders where order_id = 'B'")
    shop.pull(whole=True)
    shop.build_silver()
    assert shop.silver("orders", "order_id") == [("A",), ("B",)]


# --------------------------------------------------------------------------------------------------- landing and interruptions


_CHILD = """
import os, signal, sys
from pathlib import Path
from ecom_lake.engine.build.pull.pull import pull
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.settings import load
site = open_site(load(sys.argv[1]), "mine")
left, add = int(sys.argv[2]), site.lake.landing.add
def dying(local, path):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return add(local, path)
site.lake.landing.add = dying
pull(site)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("landed", [0, 1, 2])
def test_a_pull_that_was_killed_is_repeated_without_loss_or_doubles(
    tmp_path: Path, postgres_server: PostgreSQLServer, landed: int
) -> None:
    """Killed before the first file landed, between two files, and after the last one."""
    postgres_server.reset()
    killed, whole = (DatabaseShop(tmp_path / name, postgres_server) for name in ("killed", "whole"))
    whole.execute(ORDERS, ITEMS)
    whole.order("A", "2024-02-01 10:00:00")
    environment = os.environ | {"ECOM_LAKE_CONFIG": str(killed.config), VARIABLE: postgres_server.url}
    arguments = [sys.executable, "-c", _CHILD, str(killed.folder / "data"), str(landed)]
    assert subprocess.run(arguments, env=environment, cwd=PROJECT, check=False).returncode == -signal.SIGKILL
    assert len(killed.landed()) == landed
    whole.pull()
    whole.order("B", "2024-02-09 10:00:00")
    for shop in (whole, killed):
        shop.pull()
        shop.build_silver()
    for table, columns in (("orders", ("order_id", "ordered_at")), ("order_items", ("order_id", "line", "unit_price"))):
        assert killed.silver(table, *columns) == whole.silver(table, *columns)
    assert [order for order, _ in killed.silver("orders", "order_id", "ordered_at")] == ["A", "B"]


def test_nothing_lands_if_one_table_cannot_be_read(shop: DatabaseShop) -> None:
    shop.order("A")
    shop.execute("drop table order_items")
    with pytest.raises(UserError, match="has no table order_items"):
        shop.pull()
    assert shop.landed() == []


def test_a_file_that_was_removed_before_a_build_is_pulled_again(shop: DatabaseShop) -> None:
    shop.order("OLD", "2024-01-09 10:00:00")
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.build_silver()
    shutil.rmtree(shop.landing / "database")
    shop.order("B", "2024-02-09 10:00:00")
    lost = shop.pull()["orders"]
    assert lost.rows == 2, "A and B: the log holds what was delivered, so that landing may be emptied"
    shop.order("C", "2024-02-20 10:00:00")
    (shop.landing / lost.file).unlink()
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B", "C"]


def test_a_pull_continues_after_the_files_of_earlier_pulls_expired(shop: DatabaseShop) -> None:
    shop = replace(shop, setting='connector = "canonical"\nretention = { landing_days = 0 }')
    shop.order("OLD", "2024-01-09 10:00:00")
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.build_silver()
    site = shop.site()
    site.lake.log.commit(lambda head: replace(head, message="released"), "", "released", release=True)
    assert len(delete_overdue(site)) == 1 and shop.landed() == []
    shop.order("B", "2024-02-09 10:00:00")
    later = shop.pull()["orders"]
    assert later.file.startswith("database/000002/orders-20240201T")
    assert [row["order_id"] for row in shop.rows(later.file)] == ["A", "B"]


@pytest.mark.parametrize("content", [b"", gzip.compress(b"order_id\nB\n")], ids=["damaged", "without a column"])
def test_the_rows_of_a_file_that_a_build_refused_are_pulled_again(shop: DatabaseShop, content: bytes) -> None:
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.order("B", "2024-02-09 10:00:00")
    shop.order("C", "2024-02-20 10:00:00")
    refused = shop.landing / shop.pull()["orders"].file
    refused.write_bytes(content)
    ingest(shop.site())
    assert shop.site().lake.log.head().landing[refused.relative_to(shop.landing).as_posix()].refused
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B", "C"]


@pytest.mark.parametrize("fate", ["refused", "removed"])
def test_rows_that_no_build_read_are_pulled_again_after_later_pulls(shop: DatabaseShop, fate: str) -> None:
    """B is in the second file only: the third starts a day before C."""
    files = []
    for orders in ({"A": 1}, {"B": 9, "C": 15}, {"D": 20}):
        for order, day in orders.items():
            shop.order(order, f"2024-02-{day:02} 10:00:00")
        files.append(shop.landing / shop.pull()["orders"].file)
    assert [row["order_id"] for row in shop.rows(files[2].relative_to(shop.landing).as_posix())] == ["C", "D"]
    if fate == "refused":
        files[1].write_bytes(gzip.compress(b"order_id\nB\n"))
    else:
        files[1].unlink()
    ingest(shop.site())
    again = shop.pull()["orders"]
    assert [row["order_id"] for row in shop.rows(again.file)] == ["A", "B", "C", "D"]
    shop.build_silver()
    shop.order("E", "2024-02-21 09:00:00")
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["D", "E"], "the gap is closed"


def test_files_named_by_older_versions_count_with_their_watermark(shop: DatabaseShop) -> None:
    """Their names state one time only: nothing is pulled from the beginning after an upgrade."""
    for order, day in (("A", 1), ("B", 9)):
        shop.order(order, f"2024-02-{day:02} 10:00:00")
        landed = shop.landing / shop.pull()["orders"].file
        table, *times = landed.name.split("-")
        landed.rename(landed.with_name(f"{table}-{times[-1]}"))
    shop.order("C", "2024-02-10 09:00:00")
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["B", "C"]


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\0", b"order_id"], ids=["empty", "cut off", "other bytes"])
def test_the_rows_of_a_damaged_file_are_pulled_again_before_any_build(shop: DatabaseShop, content: bytes) -> None:
    """As a power failure may leave it. Later pulls do not fail because of it, nor does one after a build that refused it."""
    shop.order("A", "2024-02-01 10:00:00")
    shop.pull()
    shop.order("B", "2024-02-09 10:00:00")
    damaged = shop.landing / shop.pull()["orders"].file
    damaged.write_bytes(content)
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["A", "B"]
    ingest(shop.site())
    shop.order("C", "2024-02-20 10:00:00")
    assert [row["order_id"] for row in shop.rows(shop.pull()["orders"].file)] == ["B", "C"]


@pytest.mark.parametrize(
    ("zone", "now", "limit"),
    [
        ("Europe/Berlin", "2026-10-25T00:50", "2026-10-24T23:50"),  # 02:50 for the first time: 02:00 comes again
        ("America/New_York", "2026-11-29T15:00", "2026-11-29T09:00"),  # 10:00 there
        ("UTC", "2026-11-29T15:00", "2026-11-29T14:00"),
    ],
)
def test_no_watermark_without_a_zone_is_later_than_a_later_change(zone: str, now: str, limit: str) -> None:
    def column(kind: Kind) -> Column:
        return Column("updated_at", "updated_at", kind)

    present = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert latest_watermark(column("naive"), present, zone) == datetime.fromisoformat(limit)
    assert latest_watermark(column("day"), present, zone) == datetime.fromisoformat(limit).date()
    assert latest_watermark(column("zoned"), present, zone) == present


def test_of_two_pulls_at_once_one_is_refused(shop: DatabaseShop) -> None:
    def on_table(table: str) -> None:
        with pytest.raises(UserError, match="Another pull of shop 'mine' is running"):
            shop.pull()

    assert len(pull(shop.site(), on_table=on_table)) == 2


def test_a_pull_that_another_machine_overtook_lands_nothing(shop: DatabaseShop) -> None:
    """Its rows are older than those that landed meanwhile, and would count as newer."""
    shop.order("A")
    (shop.landing / "database" / "000001").mkdir(parents=True)

    def on_table(table: str) -> None:
        (shop.landing / "database/000001/orders.csv.gz").write_bytes(gzip.compress(b"order_id\n"))

    with pytest.raises(UserError, match="Another machine pulled shop 'mine' at the same time"):
        pull(shop.site(), on_table=on_table)
    assert shop.landed() == ["database/000001/orders.csv.gz"]
