"""ask: the list of questions, the answers in the terminal and for programs, and the errors."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable

import polars as pl
import pytest
from rich.text import Text

from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.catalog import questions
from ecom_lake_tests.cli.conftest import Run

NOT_OF_OLIST = {"age-and-gender", "brand-ranking", "discount-sensitivity", "returns", "subscribers"}
Window = Callable[[int], None]


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    """Make the screen a terminal of so many columns."""

    def window(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", str(columns))

    return window


def _net_sales(lake: BuiltLake) -> pl.DataFrame:
    months = pl.read_parquet(lake.root / "olist" / "gold" / "kpi_monthly.parquet")
    return months.sort(["net_sales", "month"], descending=[True, False])


def test_every_question_is_listed_or_has_a_reason(run: Run, built_lake: BuiltLake) -> None:
    said = run("ask", at=built_lake).out
    listed, _, absent = said.partition("Not available for this shop:")
    for question in questions():
        assert question.name in (absent if question.name in NOT_OF_OLIST else listed)
        assert (question.title in listed) == (question.name not in NOT_OF_OLIST)
    assert "subscribers: Olist has no subscriptions." in absent
    answer = {row["question"]: row["cannot"] for row in run("ask", "--json", at=built_lake).json["questions"]}
    assert {name for name, why in answer.items() if why} == NOT_OF_OLIST
    assert set(answer) == {question.name for question in questions()}


@pytest.mark.parametrize("asked", [["best-month"], ["best", "month"], ["Which month of a year had the highest sales?"]])
@pytest.mark.parametrize("given", [["--year", "2017"], ["--year=2017"], ["year=2017"], []])
def test_a_question_may_be_written_in_several_ways(run: Run, built_lake: BuiltLake, asked: list[str], given: list[str]) -> None:
    answer = run("ask", *asked, *given, "--json", at=built_lake).json
    months = _net_sales(built_lake)
    assert (answer["question"], answer["parameters"]) == ("best-month", {"year": 2017})
    assert [row["month"] for row in answer["rows"]] == months["month"].dt.strftime("%Y-%m").to_list()
    assert [row["net_sales"] for row in answer["rows"]] == months["net_sales"].cast(float).to_list()


def test_csv_has_rows_only(run: Run, built_lake: BuiltLake) -> None:
    rows = list(csv.DictReader(io.StringIO(run("ask", "best-month", "--csv", at=built_lake).out)))
    answer = run("ask", "best-month", "--json", at=built_lake).json["rows"]
    assert [float(row["net_sales"]) for row in rows] == [row["net_sales"] for row in answer]
    assert [row["is_incomplete"] for row in rows] == [str(row["is_incomplete"]).lower() for row in answer]


def test_the_sql_gives_the_same_answer(run: Run, built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = run("ask", "this-month", "month=2017-03", "--sql", at=built_lake).out
    assert "month = date '2017-03-01'::date" in sql
    monkeypatch.setattr(sys, "stdin", io.StringIO(sql))
    again = run("sql", "-", "--format", "csv", at=built_lake).out
    assert again == run("ask", "this-month", "--month", "2017-03", "--csv", at=built_lake).out


def test_a_pipe_gets_the_table_only(run: Run, built_lake: BuiltLake) -> None:
    said = run("ask", "best-month", at=built_lake).out
    assert not {"█", "▏", "\x1b"} & set(said)
    assert "SQL of this answer" not in said
    assert len(said.splitlines()) == 4 + _net_sales(built_lake).height
    assert not any(line.endswith(" ") for line in said.splitlines())


def test_a_terminal_gets_a_chart_and_the_command_for_the_sql(run: Run, built_lake: BuiltLake, window: Window) -> None:
    window(80)
    said = Text.from_ansi(run("ask", "best-month", at=built_lake).out).plain
    bars = {line[:7]: line.count("█") for line in said.splitlines() if "█" in line}
    best, *_, worst = _net_sales(built_lake)["month"].dt.strftime("%Y-%m").to_list()
    assert bars[best] == max(bars.values()) > bars[worst]
    assert "SQL of this answer: ecom-lake ask best-month --year 2017 --sql" in said
    assert "is_incomplete" not in said


@pytest.mark.parametrize(("columns", "colours"), [(24, True), (60, False), (140, True)])
def test_every_answer_fits_its_window(
    run: Run, built_lake: BuiltLake, window: Window, monkeypatch: pytest.MonkeyPatch, columns: int, colours: bool
) -> None:
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    for question in questions():
        if question.name not in NOT_OF_OLIST:
            window(columns)
            said = run("ask", question.name, at=built_lake)
            assert (said.code, said.err) == (0, "")
            assert all(Text.from_ansi(line).cell_len <= columns for line in said.out.splitlines()), question.name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["top-category"],
            "There is no question 'top-category'. The nearest: top-categories (Which categories sold most in a year?);",
        ),
        (["which", "sellers", "are", "late"], "There is no question 'which sellers are late'. The nearest: late-"),
        (["best-month", "--yaer", "2017"], "The question best-month has no parameter 'yaer': it takes year."),
        (["top-categories", "tap=3"], "has no parameter 'tap': it takes year and top. Did you mean top?"),
        (["headlines", "--top", "3"], "The question headlines has no parameter 'top': it takes none."),
        (["best-month", "--year", "2020"], "year must be one of 2017 and all, not '2020'."),
        (["best-month", "--year", "last"], "year must be one of 2017 and all, not 'last'."),
        (["this-month", "month=2017-13"], "month must be one of 2017-01, 2017-02, 2017-03 and 2017-04, not '2017-13'."),
        (["category-growth", "year=2017"], "year must be left out, because the shop has no values to choose from, not '2017'."),
        (["top-categories", "top=0"], "top must be a whole number from 1 to 1,000, not '0'."),
        (["top-categories", "top=1; drop table kpi_daily"], "top must be a whole number from 1 to 1,000, not '1; drop table"),
        (["bought-together", "level=' or true --"], "level must be one of category and product, not '' or true --'."),
        (["best-month", "year=2017", "--year", "2017"], "year was given twice."),
        (["best-month", "--year"], "--year requires an argument"),
        (["subscribers"], "Shop 'olist' cannot answer subscribers: Olist has no subscriptions."),
        (["best-month", "--sql", "--json"], "Use only one of --sql, --json and --csv."),
        (["--csv"], "Name a question; `ecom-lake ask` lists them."),
    ],
)
def test_wrong_usage_is_one_sentence(run: Run, built_lake: BuiltLake, arguments: list[str], sentence: str) -> None:
    said = run("ask", *arguments, at=built_lake)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


@pytest.fixture
def two_wrong_files(fresh_lake: BuiltLake) -> BuiltLake:
    """A project folder with two questions whose files their author has to correct."""
    folder = fresh_lake.folder / "questions"
    folder.mkdir()
    (folder / "bad-head.sql").write_text("/*\ntitle = \n*/\nselect 1\n", encoding="utf-8")
    (folder / "bad-sql.sql").write_text(
        '/*\ntitle = "Which?"\ngroup = "Who buys?"\n*/\nselect state from fct_orders group buy state\n', encoding="utf-8"
    )
    return fresh_lake


def test_a_file_with_an_error_disables_no_other_question(run: Run, two_wrong_files: BuiltLake) -> None:
    listed = run("ask", at=two_wrong_files)
    assert (listed.code, "best-month" in listed.out) == (0, True)
    said = " ".join(listed.out.split())
    assert "bad-head.sql: its head is not valid TOML: " in said
    assert "bad-sql.sql: its SQL cannot be parsed: " in said
    assert run("ask", "best-month", at=two_wrong_files).code == 0
    asked = run("ask", "bad-sql", at=two_wrong_files)
    assert asked.code == 2
    assert "cannot be answered until its file is corrected. bad-sql.sql: its SQL" in " ".join(asked.err.split())
