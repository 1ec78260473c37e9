"""The command `pull`: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.build.step.trouble import troubles
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.database_shop import ITEMS, ORDERS, VARIABLE, DatabaseShop, PostgreSQLServer
from ecom_lake_tests.cli.conftest import Ran, Run


@pytest.fixture
def shop(tmp_path: Path, postgres_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch) -> DatabaseShop:
    postgres_server.reset()
    tables = {"orders": '{ since = "updated_at" }', "order_items": "{}"}
    shop = DatabaseShop(tmp_path / "shop", postgres_server, tables)
    shop.execute(ORDERS, ITEMS)
    shop.order("A")
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(shop.config))
    monkeypatch.setenv("ECOM_LAKE_ROOT", str(shop.folder / "data"))
    monkeypatch.setenv(VARIABLE, postgres_server.url)
    return shop


def test_a_pull_prints_one_line_for_each_table(shop: DatabaseShop, run: Run) -> None:
    first = run("pull")
    assert (first.code, first.err) == (0, "")
    lines = _lines(first)
    assert lines[0] == "table rows size changed until file"
    assert lines[1].startswith("orders 1 ") and lines[1].endswith(
        " B 2024-02-01 10:00:00 UTC database/000001/orders-20240201T100000.000000Z.csv.gz"
    )
    assert lines[2].startswith("order_items 1 ") and lines[2].endswith(" B database/000001/order_items.csv.gz")
    assert lines[-1] == "Next: ecom-lake build"
    again = run("pull", "--tables", "order_items")
    assert again.code == 0 and _lines(again)[1].endswith("unchanged")
    assert len(_lines(again)) == 2, "the other table was not asked for, and nothing is there to build"


def _lines(ran: Ran) -> list[str]:
    """The printed lines, without those between a header and its rows, and with single spaces."""
    return [" ".join(line.split()) for line in ran.out.splitlines() if line.strip("─ ")]


def test_a_pull_as_json(shop: DatabaseShop, run: Run) -> None:
    pulled = run("pull", "--json").json
    assert pulled["shop"] == "mine"
    assert {key: value for key, value in pulled["tables"][0].items() if key != "bytes"} == {
        "table": "orders",
        "result": "landed",
        "rows": 1,
        "watermark": "2024-02-01T10:00:00+00:00",
        "file": "database/000001/orders-20240201T100000.000000Z.csv.gz",
        "notes": [],
    }


def test_whole_reads_what_landed_before(shop: DatabaseShop, run: Run) -> None:
    shop.order("OLD", "2024-01-01 10:00:00")
    shop.pull()
    assert [table["rows"] for table in run("pull", "--json").json["tables"]] == [1, 2]
    assert [table["rows"] for table in run("pull", "--whole", "--json").json["tables"]] == [2, 2]


def test_an_unknown_table_is_wrong_usage(shop: DatabaseShop, run: Run) -> None:
    refused = run("pull", "--tables", "order")
    assert (refused.code, refused.err) == (
        2,
        "[shops.mine.database.tables] has no table 'order'; it has orders, order_items.\n",
    )


def test_a_shop_without_a_database_is_wrong_usage(built_lake: BuiltLake, run: Run) -> None:
    refused = run("pull", at=built_lake)
    assert refused.code == 2
    assert "Shop 'olist' has no database to pull from: add [shops.olist.database] to" in refused.err
    assert troubles(built_lake.site()) == [], "a mistake of the caller is no failure of a build"
