from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.query import Limits, Session, session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UsageError, UserError
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def opened(built_lake: BuiltLake) -> Iterator[Session]:
    site = built_lake.site()
    with session(site, released(site)) as opened:
        yield opened


def one(session: Session, query: str) -> object:
    ((found,),) = session.ask(query).rows()
    return found


def test_a_session_has_every_table_of_the_release_with_all_rows(built_lake: BuiltLake, opened: Session) -> None:
    entry = released(built_lake.site())
    expected = {table: sum(file.rows for file in parts.values()) for table, parts in entry.tables.items()}
    assert {table.layer for table in expected} == {"gold", "silver", "bronze", "quarantine", "rejects", "pending"}
    assert {table: one(opened, f"select count(*) from {table.layer}.{table.name}") for table in expected} == expected


def test_gold_and_silver_need_no_layer_before_their_names(built_lake: BuiltLake, opened: Session) -> None:
    assert one(opened, "select count(*) from fct_orders") == built_lake.truths.totals.orders
    assert one(opened, "select count(*) from order_items") == built_lake.truths.totals.lines


def test_every_row_of_bronze_has_its_delivery(opened: Session) -> None:
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
        "from fct_orders limit 3 ; -- the end",
        "show tables",
        "describe (pivot fct_orders on status using count(*))",
        "explain pivot fct_orders on status using count(*) group by state",
        "explain (analyze, format json) pivot fct_orders on status using count(*)",
        "with p as (pivot fct_orders on status using count(*)) from p",
        "pivot fct_orders on status in ('delivered') using count(*);",
        "unpivot kpi_monthly on orders, customers",
        "/* 漢 é */ pivot fct_orders on status using count(*) ; ",
        "select ';' as \"copy\", $$ ) ; $$ as b",
        "(select 1) union all (select 2) order by 1",
    ],
)
def test_a_query_that_only_reads_is_answered(opened: Session, query: str) -> None:
    assert list(opened.ask(query).rows())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("copy (select 1) to 'x'", "This session only reads, and COPY does not: ask with SELECT, FROM, WITH,"),
        ("explain /* well */ analyze copy (select 1) to 'x'", "This session only reads, and COPY does not"),
        ("copy (pivot kpi_monthly on is_complete using sum(orders)) to 'x'", "This session only reads, and COPY does not"),
        ("create table t as select 1", "This session only reads, and CREATE does not"),
        ("set threads = 1", "This session only reads, and SET does not"),
        ("with a as (copy rfm to 'x') from a", "This session is read-only: remove COPY,"),
        ("select 1; select 2", "Ask one query at a time: this text holds 2 statements."),
        ("from read_text('/etc/passwd')", "This session reads the tables of the lake and no other files"),
    ],
)
def test_a_statement_that_does_not_only_read_is_refused_in_a_sentence(opened: Session, query: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        list(opened.ask(query).rows())
    assert str(error.value).startswith(sentence)


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
        (
            "pivot (select net_sale from fct_orders) on net_sale using count(*)",
            'Referenced column "net_sale" not found in FROM clause!',
        ),
        ("explain frm fct_orders", 'syntax error at or near "frm" (line 1: explain frm fct_orders)'),
        ("from read_parquet('release://none.parquet')", "FileNotFoundError: release://none.parquet"),
        ("", "The query is empty"),
        ("-- nothing but words", "The query is empty"),
    ],
)
def test_an_error_is_one_sentence_with_its_hint(opened: Session, query: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        list(opened.ask(query).rows())
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("table", ["rfm", "fct_orders"], ids=["one file", "months"])
def test_rows_are_returned_in_the_order_of_the_files(built_lake: BuiltLake, opened: Session, table: str) -> None:
    site = built_lake.site()
    key = site.registry.table(table).key[0]
    files = site.lake.paths(released(site), TableId("gold", table))
    found = [value for (value,) in opened.ask(f"select {key} from {table}").rows(1000)]
    assert found == pl.read_parquet(files, glob=False)[key].to_list()[:1000]


def test_an_answer_as_parquet_keeps_its_types_in_one_row_group(opened: Session, tmp_path: Path) -> None:
    answer = opened.ask("select order_id, unit_price, month from order_items")
    answer.write_parquet(tmp_path / "answer.parquet")
    frame = pl.read_parquet(tmp_path / "answer.parquet")
    assert frame.schema == {"order_id": pl.String(), "unit_price": pl.Decimal(18, 4), "month": pl.Date()}
    assert frame.rows() == list(opened.ask("select order_id, unit_price, month from order_items").rows())
    import pyarrow.parquet as pq

    assert pq.read_metadata(tmp_path / "answer.parquet").num_row_groups == 1


def test_a_session_reads_the_release_and_not_later_builds(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    first = released(site)
    total = "select sum(value) from kpi_summary where metric = 'orders'"
    with session(site, first) as opened:
        before = one(opened, total)
    site.lake.log.commit(lambda head: head.with_parts(TableId("gold", "kpi_summary"), {WHOLE: None}), "test", "removed")
    with session(site, released(site)) as opened:
        assert one(opened, total) == before


def test_tables_and_columns_are_listed_for_completion(opened: Session) -> None:
    assert {"order_id", "net_sales"} <= set(opened.columns())
    assert "source_sequence" in opened.columns()
    assert "fct_orders" in opened.tables["gold"]
    assert "orders" in opened.tables["bronze"]


def test_a_duplicate_column_name_is_not_changed(opened: Session) -> None:
    assert opened.ask("select 1 as a, 2 as a").columns == ("a", "a")


ENDLESS = "select sum(a.range * b.range % 7) from range(1000000) a, range(10000000) b"


@pytest.mark.parametrize("query", [ENDLESS, "select sleep_ms(3600000)", "from range(100000000000)"])
def test_a_query_is_stopped_at_its_limit(opened: Session, query: str) -> None:
    hurried = Session(opened._con, opened.tables, Limits(seconds=0.2))
    with pytest.raises(UserError) as error:
        for _ in hurried.ask(query).rows():
            pass
    assert str(error.value) == (
        "The query took longer than its limit of 0.2 seconds and was stopped. Ask for less at a time, or raise query_timeout in "
        "lake.toml or ECOM_LAKE_QUERY_TIMEOUT."
    )


def test_a_session_can_be_used_after_a_query_was_stopped(built_lake: BuiltLake) -> None:
    site = replace(built_lake.site(), query_timeout=1)
    with session(site, released(site)) as opened:
        with pytest.raises(UserError, match="limit of 1 second and was stopped"):
            one(opened, ENDLESS)
        assert one(opened, "select 1") == 1


def test_the_error_of_a_query_that_exceeds_the_memory_limit_states_the_limit(built_lake: BuiltLake) -> None:
    site = replace(built_lake.site(), memory_limit="100MB")
    with session(site, released(site)) as opened, pytest.raises(UserError) as error:
        one(opened, "select length(string_agg(repeat('x', 1000), '')) from range(1000000)")
    assert str(error.value).startswith("The query needs more than 100MB of memory and 10GB of temporary files.")


def test_the_error_of_a_missing_or_damaged_file_names_its_table(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    entry = released(site)
    file = site.lake.local(entry.parts(TableId("gold", "rfm"))[WHOLE])
    for damage in (lambda: file.write_bytes(b"PAR1 and no more"), file.unlink):
        damage()
        with pytest.raises(UserError, match=r"^gold/rfm cannot be read: .*doctor --deep"), session(site, entry):
            pass
