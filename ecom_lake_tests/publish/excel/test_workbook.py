"""The workbook of a release: its figures are gold's, no text is a formula, and its pages show every number."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from xlsxwriter import Workbook

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.contracts.columns import Column, Count, Key, Money, Number, Text
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.excel import workbook as workbook_module
from ecom_lake.publish.excel.sheets import SHEETS, Sheet, _filled, filled, label
from ecom_lake.publish.excel.summary import kpi_values
from ecom_lake.publish.excel.table_sheet import HEADER_ROW, Formats, Texts, write_table
from ecom_lake.publish.excel.workbook import _SAFE, workbook
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.needs import libreoffice_installed

_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_EPOCH = date(1899, 12, 30)


@pytest.fixture(scope="module")
def book(built_lake: BuiltLake) -> bytes:
    site = built_lake.site()
    return workbook(site, released(site))


@pytest.fixture(scope="module")
def gold(built_lake: BuiltLake) -> dict[str, pl.DataFrame]:
    site = built_lake.site()
    names = {*(sheet.table for sheet in SHEETS), "kpi_summary", "kpi_churn"}
    return {name: gold_rows(site, released(site), name) for name in names}


def parts(book: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def sheets(book: bytes) -> dict[str, dict[tuple[int, int], Any]]:
    """The cells of each sheet by row and column, as the file has them: numbers, texts and flags."""
    files = parts(book)
    shared = ["".join(one.itertext()) for one in ElementTree.fromstring(files["xl/sharedStrings.xml"]).iter(f"{_SPACE}si")]
    names = [one.get("name", "") for one in ElementTree.fromstring(files["xl/workbook.xml"]).iter(f"{_SPACE}sheet")]
    return {name: _cells(files[f"xl/worksheets/sheet{number}.xml"], shared) for number, name in enumerate(names, 1)}


def _cells(xml: str, shared: list[str]) -> dict[tuple[int, int], Any]:
    found: dict[tuple[int, int], Any] = {}
    for cell in ElementTree.fromstring(xml).iter(f"{_SPACE}c"):
        value = cell.find(f"{_SPACE}v")
        if value is None or value.text is None:
            continue
        letters, row = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", "")).groups()  # type: ignore[union-attr]
        column = 0
        for letter in letters:
            column = 26 * column + ord(letter) - ord("A") + 1
        kind = cell.get("t", "n")
        found[int(row) - 1, column - 1] = (
            shared[int(value.text)] if kind == "s" else value.text == "1" if kind == "b" else float(value.text)
        )
    return found


def test_every_figure_is_that_of_gold(book: bytes, gold: dict[str, pl.DataFrame], built_lake: BuiltLake) -> None:
    written = sheets(book)
    expected = filled(gold, built_lake.site().registry.gold)
    own = ("Summary", "Pivot categories", "Pivot months", "Definitions", "Trust")
    assert [name for name in written if name not in own] == [one.sheet.name for one in expected]
    for one in expected:
        cells = written[one.sheet.name]
        assert [cells[HEADER_ROW, place] for place in range(one.rows.width)] == [label(name) for name in one.rows.columns]
        for line, row in enumerate(one.rows.rows(), HEADER_ROW + 1):
            for place, value in enumerate(row):
                assert cells.get((line, place)) == _as_excel(value), (one.sheet.name, line, one.rows.columns[place])
        assert (HEADER_ROW + 1 + one.rows.height, 0) not in cells


def _as_excel(value: Any) -> Any:
    if isinstance(value, date):
        return float((value - _EPOCH) / timedelta(days=1))
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-15)  # XlsxWriter writes 16 digits, and Excel computes with 15
    return value if value is None or isinstance(value, str | bool) else float(value)


def test_the_months_add_up_to_the_revenue_of_the_shop(book: bytes, gold: dict[str, pl.DataFrame]) -> None:
    cells = sheets(book)["Monthly"]
    place = next(column for (row, column), value in cells.items() if (row, value) == (HEADER_ROW, "Net sales"))
    total = sum(value for (row, column), value in cells.items() if column == place and row > HEADER_ROW)
    assert round(total, 2) == float(gold["kpi_monthly"]["net_sales"].sum()) == float(gold["sales_cube"]["net_sales"].sum())


def test_the_pivot_tables_have_the_sums_of_gold(book: bytes, gold: dict[str, pl.DataFrame]) -> None:
    for name, by in (("Pivot categories", "category"), ("Pivot months", "month")):
        cells, sums = sheets(book)[name], gold["sales_cube"].group_by(by).agg(pl.col("net_sales", "units").sum())
        [(header, first)] = [where for where, value in cells.items() if value == "Sum of net sales"]
        units = next(place for (row, place), value in cells.items() if (row, value) == (header, "Sum of units"))
        rows = range(header + 1, header + 1 + sums.height)
        found = {cells[row, 0]: (cells[row, first], cells[row, units]) for row in rows}
        assert found == {_as_excel(member): (float(money), float(count)) for member, money, count in sums.rows()}
        total = gold["sales_cube"]["net_sales"].sum()
        assert (cells[rows.stop, 0], cells[rows.stop, first]) == ("Total", float(total))


def test_the_cards_show_the_last_complete_month(book: bytes, gold: dict[str, pl.DataFrame]) -> None:
    cells, values = sheets(book)["Summary"], kpi_values(gold)
    for name, text in (("net_sales", "Net sales"), ("orders", "Orders"), ("aov", "Average order value")):
        row, place = next(where for where, value in cells.items() if value == text)
        assert cells[row + 1, place] == _as_excel(values[name])


class Visits(Gold):
    """One row per visit."""

    visit = Key("The visit.", personal=False)
    who = Text("The visitor.", personal=True)
    why = Text("Never filled.", personal=False, nullable=True)


def test_no_column_is_personal_and_none_is_empty() -> None:
    rows = pl.DataFrame({"visit": ["b", "a"], "who": ["ann", "bob"], "why": [None, None]}, schema=Visits.table.schema)
    assert _filled(Sheet("Visits", "visits", ("visit",)), Visits.table, rows).rows.to_dict(as_series=False) == {
        "visit": ["a", "b"]
    }


def test_a_table_that_the_shop_does_not_have_has_no_sheet(gold: dict[str, pl.DataFrame], built_lake: BuiltLake) -> None:
    without = gold | {"delivery_performance": gold["delivery_performance"].clear()}
    names = [one.sheet.name for one in filled(without, built_lake.site().registry.gold)]
    assert "Delivery" not in names and "Monthly" in names


def test_a_cube_that_no_sheet_holds_is_left_out_and_the_summary_states_it(
    built_lake: BuiltLake, gold: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = gold["sales_cube"].height
    longest = max(frame.height for name, frame in gold.items() if name != "sales_cube")
    assert longest < rows
    monkeypatch.setattr(workbook_module, "MOST_ROWS", rows - 1)
    site = built_lake.site()
    written = sheets(workbook(site, released(site)))
    assert not {"Cube", "Pivot categories", "Pivot months"} & written.keys() and "Products" in written
    said = [value for value in written["Summary"].values() if str(value).startswith("Left out")]
    assert said == [f"Left out: Cube, {rows:,} rows, and its PivotTables. A sheet of Excel holds {rows - 1:,} rows."]
    assert "Cube" not in written["Definitions"].values()


def test_the_same_release_gives_the_same_bytes(book: bytes, built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert workbook(site, released(site)) == book
    other = replace(released(site), number=9_999)
    assert workbook(site, other) != book


HOSTILE = ['=HYPERLINK("http://x","y")', "+1+1", "-1", "@SUM(A1)", "http://example.com", "{=1}", "mailto:a@b.c", "001", "\t=1"]


def made(columns: list[Column], rows: list[tuple[Any, ...]]) -> bytes:
    file = io.BytesIO()
    with Workbook(file, _SAFE) as book:
        write_table(book.add_worksheet("T"), Formats(book), "T", columns, rows, Texts("=1+1", "-2", "=3 & more"))
    return file.getvalue()


def test_no_text_becomes_a_formula_a_link_or_a_number() -> None:
    book = made([replace(Text("."), name="=cmd()")], [(text,) for text in HOSTILE])
    assert [sheets(book)["T"][HEADER_ROW + 1 + line, 0] for line in range(len(HOSTILE))] == HOSTILE
    xml = parts(book)
    assert "<f" not in re.sub(r"<f(?:irst|ooter|ont|ill|ormat|ills|onts)", "", xml["xl/worksheets/sheet1.xml"])
    assert not [name for name in xml if "rels" in name and "hyperlink" in xml[name]]
    assert "<calculatedColumnFormula" not in "".join(xml.values())


def test_a_number_that_excel_would_round_is_text() -> None:
    book = made([replace(Money("."), name="n")], [(10**15,), (10**15 - 1,)])
    assert list(sheets(book)["T"].values())[-2:] == ["1000000000000000", 999999999999999.0]


def test_the_pages_show_every_number(book: bytes, tmp_path: Path) -> None:
    text = rendered(book, tmp_path)
    assert "###" not in text
    assert text.count("\f") < 60, "a handful of pages for each sheet"
    assert "Page 1 of" in text and "Net sales" in text and "Sum of net sales" in text


def test_wide_numbers_and_long_texts_fit(tmp_path: Path) -> None:
    columns = [
        replace(Money("."), name="A"),
        replace(Count("."), name="B"),
        replace(Number(".", unit="growth"), name="C"),
        replace(Text("."), name="D"),
    ]
    row = (-123456789012.34, 999_999_999_999, -12345.678, "long " * 60)
    text = rendered(made(columns, [row]), tmp_path)
    assert "###" not in text
    assert "-123,456,789,012.34" in text and "999,999,999,999" in text and "-1234567.8%" in text


def rendered(book: bytes, folder: Path) -> str:
    """The text of the printed pages."""
    program = libreoffice_installed()
    (folder / "book.xlsx").write_bytes(book)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(folder / "book.xlsx")],
        check=True,
        capture_output=True,
    )
    done = subprocess.run(["pdftotext", "-layout", str(folder / "book.pdf"), "-"], check=True, capture_output=True, text=True)
    return done.stdout
