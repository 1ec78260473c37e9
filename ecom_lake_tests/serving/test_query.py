from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.errors import UsageError
from ecom_lake.lake.hashes import hash_file
from ecom_lake.serving.query import Session, session
from ecom_lake.serving.released import released
from ecom_lake_tests.built import BuiltLake


@pytest.fixture(scope="module")
def opened(built_lake: BuiltLake) -> Iterator[Session]:
    site = built_lake.site()
    with session(site, released(site)) as opened:
        yield opened


def one(session: Session, query: str) -> object:
    ((found,),) = session.ask(query).rows()
    return found


def test_every_table_of_the_release_is_there_with_all_its_rows(built_lake: BuiltLake, opened: Session) -> None:
    entry = released(built_lake.site())
    expected = {table: sum(file.rows for file in parts.values()) for table, parts in entry.tables.items()}
    assert {table.split("/")[0] for table in expected} == {"gold", "silver", "bronze", "quarantine", "rejects", "pending"}
    assert {table: one(opened, f"select count(*) from {table.replace('/', '.')}") for table in expected} == expected


def test_gold_and_silver_need_no_layer_before_their_names(built_lake: BuiltLake, opened: Session) -> None:
    assert one(opened, "select count(*) from fct_orders") == built_lake.truths.totals.orders
    assert one(opened, "select count(*) from order_items") == built_lake.truths.totals.lines


def test_bronze_knows_the_delivery_of_every_row(opened: Session) -> None:
    assert one(opened, "select count(distinct source_sequence) from bronze.orders") == 1
    query = "select count(*) from silver.orders anti join bronze.orders using (order_id, source_sequence, source_record)"
    assert one(opened, query) == 0


@pytest.mark.parametrize(
    "query",
    [
        "describe fct_orders",
        "summarize kpi_monthly",
        "show all tables",
        "explain select * from fct_orders",
        "explain analyze select count(*) from fct_orders",
        "explain (format json) select 1",
        "pivot fct_orders on status using count(*) group by state",
        "with a as (select 1 as x) from a",
        "-- a comment\nvalues (1)",
        "from fct_orders limit 3;",
    ],
)
def test_whatever_only_reads_is_answered(opened: Session, query: str) -> None:
    assert list(opened.ask(query).rows())


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{file}' (use_tmp_file false)",
        "copy (select 1) to '{scratch}/new.csv'",
        "explain analyze copy (select 1) to '{file}' (use_tmp_file false)",
        "explain /* as it were */ analyze copy (select 1) to '{file}' (use_tmp_file false)",
        "explain (analyze) copy (select 1) to '{file}' (use_tmp_file false)",
        "prepare p as copy (select 1) to '{file}' (use_tmp_file false)",
        "select 1; copy (select 1) to '{file}' (use_tmp_file false); select 2",
        "export database '{scratch}/export'",
        "attach '{scratch}/new.duckdb' as new",
        "create table t as select 1",
        "drop view gold.ledger",
        "insert into ledger select * from ledger",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "install httpfs",
        "load httpfs",
        "call enable_logging()",
        "pragma database_list",
    ],
)
def test_whatever_does_more_than_read_is_refused(built_lake: BuiltLake, opened: Session, tmp_path: Path, query: str) -> None:
    entry = released(built_lake.site())
    file = built_lake.site().lake.local(entry.parts("gold/ledger")[""])
    before = hash_file(file)
    with pytest.raises(UsageError, match="This session only reads, and"):
        opened.ask(query.format(file=file, scratch=tmp_path))
    assert hash_file(file) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "query",
    [
        "from read_csv('/etc/passwd', sep = ':')",
        "from read_text('{config}')",
        "from glob('{folder}/*')",
        "from read_parquet('{folder}/data/olist/gold/ledger.parquet')",
        "from sniff_csv('{config}')",
    ],
)
def test_no_file_but_the_releases_is_read(built_lake: BuiltLake, opened: Session, query: str) -> None:
    with pytest.raises(UsageError, match="no other files"):
        list(opened.ask(query.format(folder=built_lake.folder, config=built_lake.config)).rows())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from fct_order", 'Table with name fct_order does not exist! Did you mean "fct_orders"?'),
        (
            "select net_sale from fct_orders",
            'Referenced column "net_sale" not found in FROM clause! Candidate bindings: "net_sales"',
        ),
        ("select 1\nfrm fct_orders", 'syntax error at or near "fct_orders" (line 2: frm fct_orders)'),
        ("select order_id::int from fct_orders", "Could not convert string"),
        ("", "The query is empty"),
        ("-- nothing but words", "The query is empty"),
    ],
)
def test_an_error_is_one_sentence_with_its_hint(opened: Session, query: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        list(opened.ask(query).rows())
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_rows_come_in_the_order_in_which_they_lie(built_lake: BuiltLake, opened: Session) -> None:
    entry = released(built_lake.site())
    file = built_lake.site().lake.local(entry.parts("gold/fct_orders")[""])
    found = [order for (order,) in opened.ask("select order_id from fct_orders").rows(50)]
    assert found == pl.read_parquet(file)["order_id"].to_list()[:50]


def test_an_answer_as_parquet_keeps_its_types_in_one_row_group(opened: Session, tmp_path: Path) -> None:
    answer = opened.ask("select order_id, unit_price, month from order_items")
    answer.write_parquet(tmp_path / "answer.parquet")
    frame = pl.read_parquet(tmp_path / "answer.parquet")
    assert frame.schema == {"order_id": pl.String(), "unit_price": pl.Decimal(18, 4), "month": pl.Date()}
    assert frame.rows() == list(opened.ask("select order_id, unit_price, month from order_items").rows())
    import pyarrow.parquet as pq

    assert pq.read_metadata(tmp_path / "answer.parquet").num_row_groups == 1


def test_a_session_reads_the_release_and_not_what_was_built_since(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    first = released(site)
    total = "select sum(value) from kpi_summary where metric = 'orders'"
    with session(site, first) as opened:
        before = one(opened, total)
    site.lake.log.commit(lambda head: head.with_parts("gold/kpi_summary", {"": None}), "test", "taken away")
    with session(site, released(site)) as opened:
        assert one(opened, total) == before


def test_tables_and_columns_are_told_for_completion(opened: Session) -> None:
    assert {"order_id", "net_sales"} <= set(opened.columns())
    assert "source_sequence" in opened.columns()
    assert "fct_orders" in opened.tables["gold"]
    assert "orders" in opened.tables["bronze"]
