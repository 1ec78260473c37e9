from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from ecom_lake.engine.serve.csv_text import harmless, write_csv


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://x","y")',
        "+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd",
        "-2+3+cmd",
        "\t=1",
        "\r=1",
        "\ntext",
        "  =1",
        '"=1',
        "'=1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1+1",
        "＋1+1",
        "－1+1",
        "＠SUM(1)",
        "-",
        "--5",
        "+1 2",
    ],
)
def test_text_that_a_spreadsheet_would_execute_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-5", "+31.5", "-1,25", "-1e-9", "São Paulo", "a=b", "2017-01", "(=1)", "'quoted'"])
def test_other_text_is_not_changed(text: str) -> None:
    assert harmless(text) == text


def written(raw: bool) -> list[list[str]]:
    stream = io.StringIO()
    write_csv(stream, ["=name", "n"], [("=1+1", -5), (None, Decimal("-1.50")), (True, -0.5), (["=a"], "-5")], raw)
    return list(csv.reader(io.StringIO(stream.getvalue())))


def test_column_names_are_escaped_too_and_numbers_are_not_changed() -> None:
    assert written(False) == [["'=name", "n"], ["'=1+1", "-5"], ["", "-1.50"], ["true", "-0.5"], ['["=a"]', "-5"]]


def test_raw_does_not_change_any_text() -> None:
    assert written(True)[:2] == [["=name", "n"], ["=1+1", "-5"]]
