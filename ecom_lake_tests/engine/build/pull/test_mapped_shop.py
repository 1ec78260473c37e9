"""A shop with a map whose files are pulled from a database: the planted truths, and tables that a map can read whole only."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.errors import UserError
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTruths
from ecom_lake_tests.builders.database_shop import DatabaseShop, PostgreSQLServer
from ecom_lake_tests.builders.mapped_nights import make, months_written

TABLES = ("customers", "orders", "order_items", "products", "payments")
LINES = ("order_items", "payments")
TYPES = {"created_at": "timestamptz", "shipped_at": "timestamptz", "delivered_at": "timestamptz", "id": "bigint",
         "order_id": "bigint", "quantity": "int", "amount": "numeric(12,2)", "unit_price": "numeric(12,2)"}  # fmt: skip
GROUPED = """
[files.orders]
{whole}

[orders]
from = "orders"
order_id = "order_id"
customer_id = "'ann'"
ordered_at = "local(ordered_at)"

[files.order_items]

[order_items]
from = "order_items"
per = "order_id"
order_id = "order_id"
line = "{line}"
product_id = "product_id"
unit_price = "1"
"""


@pytest.fixture
def database(tmp_path: Path, postgres_server: PostgreSQLServer) -> ShapeTruths:
    """The tables of a shop's database in PostgreSQL, with types and the time of the last change of each row."""
    options = SynthOptions(orders=120, seed=5, shape="shop_database", first_month="2024-01", last_month="2024-03")
    truths = generate_shape(tmp_path / "export", options)
    postgres_server.reset()
    with postgres_server.session() as con:
        for table in TABLES:
            file = tmp_path / f"export/{table}.csv"
            columns = [f"{name} {TYPES.get(name, 'text')}" for name in pl.read_csv(file, n_rows=1).columns]
            con.execute(f"create table {table} ({', '.join(columns)}, primary key (id))")
            with con.cursor() as cursor, cursor.copy(f"copy {table} from stdin csv header") as copy:
                copy.write(file.read_bytes())
            con.execute(f"alter table {table} add updated_at timestamptz default '2024-04-01 10:00:00+00'")
        con.commit()
    return truths


def shop_in(folder: Path, server: PostgreSQLServer) -> DatabaseShop:
    tables = dict.fromkeys(TABLES, '{ since = "updated_at" }')
    return DatabaseShop(folder / "shop", server, tables, SHOP_ZONE, 'map = "shop_database"')


def test_the_truths_are_found_after_every_pull(tmp_path: Path, postgres_server: PostgreSQLServer, database: ShapeTruths) -> None:
    shop, totals = shop_in(tmp_path, postgres_server), database.totals
    assert {one.table: one.rows for one in shop.pull().values()} == {
        file.removesuffix(".csv"): rows for file, rows in database.records.items()
    }
    shop.build_silver()
    assert sum(valid for _, valid in shop.silver("orders", "order_id", "is_valid")) == totals.valid_orders
    assert paid(shop) == Decimal(totals.payments)
    shop.execute("update payments set status = 'succeeded', updated_at = '2024-04-02 10:00:00+00' where status = 'pending'")
    shop.pull()
    shop.build_silver()
    assert len(shop.silver("orders", "order_id")) == totals.orders
    assert paid(shop) == Decimal(totals.payments) + Decimal(totals.pending) > Decimal(totals.payments)


def test_a_pull_of_changed_rows_makes_the_months_of_their_orders(
    tmp_path: Path, postgres_server: PostgreSQLServer, database: ShapeTruths
) -> None:
    """Its lines and payments move with an order. It moves to March, whose latest rows every pull asks for once more."""
    shop = shop_in(tmp_path, postgres_server)
    shop.execute(
        "update orders set updated_at = created_at",
        *(f"update {table} l set updated_at = o.created_at from orders o where o.id = l.order_id" for table in LINES),
    )
    shop.pull()
    make(shop.site())
    [(moved, *_), *_] = shop.silver("orders", "order_id", "month")
    shop.execute(
        f"update orders set created_at = '2024-03-10 10:00:00+00', updated_at = '2024-05-01 10:00:00+00' where id = {moved}"
    )
    shop.pull()
    written = months_written(make(shop.site()))
    assert [written[table] for table in ("orders", *LINES, "fct_sales")] == [["2024-01", "2024-03"]] * 4


def paid(shop: DatabaseShop) -> Decimal:
    return sum((amount for status, amount in shop.silver("payments", "status", "amount") if status == "paid"), Decimal(0))


def test_in_dagster_a_pulled_table_leads_to_the_files_of_its_kind(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    shop = shop_in(tmp_path, postgres_server)
    graph = build_definitions(shop.settings()).resolve_asset_graph()
    for table in TABLES:
        assert graph.get(dg.AssetKey(["mine", "bronze", table])).parent_keys == {dg.AssetKey(["mine", "landing", table])}
    assert graph.get(dg.AssetKey(["mine", "mapped", "order_items"])).parent_keys == {
        dg.AssetKey(["mine", "bronze", "order_items"])
    }


def test_in_dagster_the_name_of_a_pulled_table_with_since_holds_a_time(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    """`names = ["orders"]` is the file of a whole table, and no file of changes: which kind these are, their columns decide."""
    shop = grouped(tmp_path, postgres_server, 'names = ["orders"]', "line")
    graph = build_definitions(shop.settings()).resolve_asset_graph()
    pulled = {dg.AssetKey(["mine", "landing", table]) for table in ("orders", "order_items")}
    assert graph.get(dg.AssetKey(["mine", "bronze", "order_items"])).parent_keys == pulled


@pytest.mark.parametrize(
    ("whole", "line", "why"),
    [
        ('whole = "file"', "line", 'reads orders with whole = "file"'),
        ('whole = "order"', "line", 'reads orders with whole = "order"'),
        ("", "nth()", r"calls nth\(\) about the records of order_id in \[order_items\]"),
    ],
)
def test_a_map_that_needs_all_rows_is_not_given_the_changed_ones(
    whole: str, line: str, why: str, tmp_path: Path, postgres_server: PostgreSQLServer
) -> None:
    shop = grouped(tmp_path, postgres_server, whole, line)
    with pytest.raises(UserError, match=rf"has since, and the map 'maps/mine.toml' {why}.*Remove since"):
        shop.pull()
    assert shop.landed() == []
    assert len(shop.pull(whole=True)) == 2, "a pull of everything is no part of a group"


def test_a_map_that_reads_row_by_row_is_given_the_changed_rows(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    assert len(grouped(tmp_path, postgres_server, "", "line").pull()) == 2


def test_a_shop_is_pulled_while_its_map_is_a_draft(tmp_path: Path, postgres_server: PostgreSQLServer) -> None:
    """A draft is written from what was pulled. Whether it may have the changed rows, it states already."""
    shop = grouped(tmp_path, postgres_server, "", "line", draft=True)
    assert {one.fate for one in shop.pull().values()} == {"landed"}
    with pytest.raises(UserError, match=r"the map 'maps/mine.toml' is a draft"):
        shop.site()
    other = grouped(tmp_path / "other", postgres_server, 'whole = "file"', "line", draft=True)
    with pytest.raises(UserError, match=r'the map .maps/mine.toml. reads orders with whole = "file"'):
        other.pull()


def grouped(folder: Path, server: PostgreSQLServer, whole: str, line: str, draft: bool = False) -> DatabaseShop:
    folder.mkdir(exist_ok=True)
    shop = DatabaseShop(folder / "shop", server, setting='map = "maps/mine.toml"')
    (shop.folder / "maps").mkdir()
    (shop.folder / "maps/mine.toml").write_text("draft = true\n" * draft + GROUPED.format(whole=whole, line=line), "utf-8")
    server.reset()
    columns = "order_id text, line int, product_id text, ordered_at timestamptz, updated_at timestamptz"
    shop.execute(*(f"create table {table} ({columns})" for table in ("orders", "order_items")))
    shop.execute("insert into orders values ('A', 1, 'cup', now(), now())")
    return shop
