"""sql, tables, describe, quarantine, ledger, quality: their output."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run

QUERY = """
    select order_id, status, is_valid, month, ordered_at, net_sales, 'nan'::double as nothing, null as unknown, [1, 2] as two
    from fct_orders order by order_id limit 3
"""


def test_csv_and_json_have_the_same_values(run: Run, built_lake: BuiltLake) -> None:
    rows = list(csv.DictReader(io.StringIO(run("sql", QUERY, "--format", "csv", at=built_lake).out)))
    objects = run("sql", QUERY, "--format", "json", at=built_lake).json
    assert len(rows) == len(objects) == 3
    for row, found in zip(rows, objects, strict=True):
        assert (row["order_id"], row["status"], row["month"]) == (found["order_id"], found["status"], found["month"])
        assert row["is_valid"] == json.dumps(found["is_valid"])
        assert float(row["net_sales"] or 0) == (found["net_sales"] or 0)
        assert row["ordered_at"].replace(" ", "T") == found["ordered_at"]
        assert (found["nothing"], found["unknown"], found["two"]) == (None, None, [1, 2])
        assert (row["unknown"], row["two"]) == ("", "[1, 2]")


def test_an_answer_without_rows_is_still_a_document(run: Run, built_lake: BuiltLake) -> None:
    assert run("sql", "select 1 as a where false", "--format", "json", at=built_lake).json == []
    assert run("sql", "select 1 as a where false", "--format", "csv", at=built_lake).out == "a\n"
    assert "0 rows" in run("sql", "select 1 as a where false", at=built_lake).out


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_the_suffix_of_a_file_sets_its_format(run: Run, built_lake: BuiltLake, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"answer.{suffix}"
    said = run("sql", "select order_id, net_sales from fct_orders order by 1", "--out", str(target), at=built_lake)
    assert said.code == 0
    assert said.out.startswith(f"Wrote {target}, ")
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}
    read = readers[suffix](target)
    assert read.height == built_lake.truths.totals.orders
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_failing_query_leaves_the_file_as_it_was(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    target = tmp_path / "answer.csv"
    target.write_text("precious", encoding="utf-8")
    query = "select error('no ' || i) from range(20000) r(i) where i > 15000"
    assert run("sql", query, "--out", str(target), at=built_lake).code == 2
    assert target.read_text(encoding="utf-8") == "precious"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_a_query_may_come_through_a_pipe(
    run: Run, built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("-- how many?\nselect 6 * 7 as answer"))
    assert run("sql", *arguments, "--format", "csv", at=built_lake).out == "answer\n42\n"


def test_text_from_data_is_not_interpreted_as_markup(run: Run, built_lake: BuiltLake) -> None:
    said = run("sql", "select '[red]sao paulo[/red] :smile:' as city, chr(27) || '[31m' as escape", at=built_lake)
    assert "[red]sao paulo[/red] :smile:" in said.out
    assert "\\x1b[31m" in said.out
    assert "\x1b" not in said.out


def test_a_table_in_the_terminal_shows_200_rows(run: Run, built_lake: BuiltLake) -> None:
    said = run("sql", "select i from range(1000) r(i)", at=built_lake)
    assert said.out.splitlines()[-2].strip() == "199"
    assert "only the first 200 rows are shown; --format csv prints all" in said.out
    assert len(run("sql", "from range(1000)", "--format", "csv", at=built_lake).out.splitlines()) == 1001


def test_two_columns_of_one_name_cannot_be_one_object(run: Run, built_lake: BuiltLake) -> None:
    said = run("sql", "select 1 as a, 2 as a", "--format", "json", at=built_lake)
    assert (said.code, said.err) == (2, "Two columns are called a: rename one with AS.\n")
    assert run("sql", "select 1 as a, 2 as a", "--format", "csv", at=built_lake).out == "a,a\n1,2\n"
    assert run("sql", "select 1 as a, 2 as a", at=built_lake).out.split() == ["a", "a", "────", "1", "2"]


def test_every_released_table_is_listed_with_its_rows(run: Run, built_lake: BuiltLake) -> None:
    listed = run("tables", "--json", at=built_lake).json
    found = {table["table"]: table for table in listed["tables"]}
    assert set(found) == (set(catalog.silver()) - {"refunds", "targets", "events"}) | set(gold_tables(built_lake.site()))
    assert found["orders"]["rows"] == built_lake.truths.totals.orders
    assert found["orders"]["months"] == ["2017-01", "2017-02", "2017-03", "2017-04"]
    for table in ("rfm", "fct_orders"):
        pattern = Path(found[table]["file"])
        assert sum(file.stat().st_size for file in pattern.parent.glob(pattern.name)) == found[table]["bytes"]
    shown = run("tables", at=built_lake).out
    assert all(name in shown for name in found)
    assert not any(line.endswith(" ") for line in shown.splitlines())


def test_describe_shows_the_contract(run: Run, built_lake: BuiltLake) -> None:
    shown = run("describe", "silver.orders", "--rows", "1", at=built_lake).out
    contract = catalog.silver()["orders"]
    assert contract.grain in shown
    assert all(column.meaning in shown for column in contract.columns.values())
    assert f"Not in this shop: {OLIST.absent['orders.channel']}" in shown
    assert "bronze/customers, bronze/orders, silver/order_index" in shown
    reply = run("describe", "fct_orders", "--json", at=built_lake).json
    assert reply["key"] == ["order_id"]
    assert len(reply["sample"]) == 3
    assert reply["sql"] in run("describe", "fct_orders", "--sql", at=built_lake).out


def test_quarantine_shows_counts_and_on_request_the_records(run: Run, built_lake: BuiltLake) -> None:
    counts = run("quarantine", at=built_lake)
    assert counts.code == 0
    assert "amount_out_of_range" in counts.out
    assert '{"order_id"' not in counts.out
    records = run("quarantine", "payments", "--limit", "1", at=built_lake).out
    assert records.count('{"order_id"') == records.count(" · ") - records.count(" · malformed")
    reply = run("quarantine", "--json", "--limit", "1000", at=built_lake).json
    assert sum(count["rows"] for count in reply["counts"]) == len(reply["records"])


def test_the_quality_page_is_named_and_written_to_a_file(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    own = built_lake.root / "olist" / "quality.html"
    assert run("quality", "--json", at=built_lake).json["page"] == str(own)
    run("quality", "--out", str(tmp_path / "page.html"), at=built_lake)
    assert (tmp_path / "page.html").read_bytes() == own.read_bytes()
    nowhere = run("quality", "--out", str(tmp_path / "none" / "page.html"), at=built_lake)
    assert (nowhere.code, nowhere.err) == (2, f"There is no folder {tmp_path / 'none'}: make it first, or name another file.\n")
    folder = run("quality", "--out", str(tmp_path), at=built_lake)
    assert (folder.code, folder.err) == (2, f"{tmp_path} is a folder: name a file in it.\n")


def test_columns_that_repeat_another_are_listed(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    said = run("quality", "--columns", at=built_lake)
    assert said.code == 0
    rows = run("quality", "--columns", "--json", at=built_lake).json["columns"]
    states = next(row for row in rows if (row["table"], row["column"]) == ("customers", "customer_state"))
    assert (states["relation"], states["of"]) == ("is determined by", "customer_city")
    assert f"customer_state is determined by customer_city in all {states['rows']:,} rows" in said.out
    both = run("quality", "--columns", "--out", str(tmp_path / "page.html"), at=built_lake)
    assert both.code == 2 and "Leave one of them out" in both.err and not (tmp_path / "page.html").exists()


def test_the_ledger_has_the_planted_fates(run: Run, built_lake: BuiltLake) -> None:
    reply = {row["table"]: row for row in run("ledger", "--json", at=built_lake).json["rows"]}
    for file, fate in built_lake.truths.files.items():
        row = reply[file.removesuffix(".csv").removesuffix("_dataset").removeprefix("olist_")]
        assert row["delivered"] == fate.records
        assert [row[name] for name in ("rejected", "quarantined", "pending", "superseded")] == [
            *(fate.rejected, fate.quarantined, fate.pending, fate.superseded)
        ]
    delivered = sum(row["delivered"] for row in reply.values())
    assert f"{delivered:,} of {delivered:,} delivered rows are accounted for." in run("ledger", at=built_lake).out
    single = run("ledger", "orders", "--json", at=built_lake).json["rows"]
    assert [row["file"] for row in single] == ["olist_orders_dataset.csv"]


EVIL = "select '=1+1' as \"@a\", chr(27) || '[31m' || chr(155) || chr(8238) || '[link=http://x]y[/link]' as \"b\x1b]0;owned\x07\""


def test_csv_is_safe_in_a_spreadsheet_unless_raw(run: Run, built_lake: BuiltLake, tmp_path: Path) -> None:
    assert run("sql", "select '=1+1' as \"@a\", -5 as n", "--format", "csv", at=built_lake).out == "'@a,n\n'=1+1,-5\n"
    assert run("sql", "select '=1+1' as \"@a\"", "--format", "csv", "--raw", at=built_lake).out == "@a\n=1+1\n"
    assert run("sql", "select '=1+1' as a", "--out", str(tmp_path / "a.csv"), at=built_lake).code == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "a\n'=1+1\n"
    assert run("sql", "select 1", "--raw", at=built_lake).err == "--raw applies to CSV only: other formats are always raw.\n"
    assert run("ask", "best-month", "--raw", at=built_lake).err == "--raw applies to --csv only: other formats are always raw.\n"


def test_control_characters_in_data_are_escaped(run: Run, built_lake: BuiltLake) -> None:
    said = run("sql", EVIL, at=built_lake).out
    assert all(c not in said for c in ("\x1b", "\x9b", "\u202e", "\x07"))
    assert "\\x1b[31m\\x9b\\u202e[link=http://x]y[/link]" in said
    assert "b\\x1b]0;owned\\x07" in said
    as_json = run("sql", EVIL, "--format", "json", at=built_lake)
    assert all(c not in as_json.out for c in ("\x1b", "\x9b", "\u202e"))
    assert as_json.json[0]["b\x1b]0;owned\x07"] == "\x1b[31m\x9b\u202e[link=http://x]y[/link]"
