"""The PivotTables of a workbook: sums by hand, what an independent reader reads, and what LibreOffice computes."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from xlsxwriter import Workbook

from ecom_lake.engine.contracts.columns import Count, Key, Money, Month
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.publish.excel.pivot_parts import with_pivot_tables
from ecom_lake.publish.excel.pivot_sheets import pivot_tables, write_pivot
from ecom_lake.publish.excel.pivot_table import PivotTable
from ecom_lake.publish.excel.sheets import Filled, Sheet, label
from ecom_lake.publish.excel.table_sheet import Formats, Texts, write_table
from ecom_lake.publish.excel.workbook import _SAFE
from ecom_lake_tests.needs import libreoffice_installed

HOSTILE = '=HYPERLINK("http://x") <&> \'"\n_x0041_ \x01'
JANUARY, MARCH = date(2018, 1, 1), date(2018, 3, 1)


class Cells(Gold):
    """One row per month, segment, category and state."""

    month = Month("The month.", key=True)
    segment = Key("The segment.", personal=False)
    category = Key("The category.", personal=False)
    state = Key("The state.", personal=False)
    gross_sales = Money("Gross sales.")
    net_sales = Money("Net sales.")
    units = Count("Units.", nullable=True)
    orders_in_cell = Count("Orders, which do not add up.")

    additive = ("gross_sales", "net_sales", "units")


ROWS = (
    (JANUARY, "loyal", "toys", "SP", "10.00", "9.10", 1, 1),
    (JANUARY, "new", "books", "SP", "20.00", "20.00", 2, 1),
    (MARCH, "loyal", "Toys", "RJ", "5.50", "5.25", None, 1),
    (MARCH, "new", HOSTILE, "RJ", "100.00", "100.01", 3, 1),
)


def cube(rows: Sequence[tuple[Any, ...]] = ROWS) -> Filled:
    frame = pl.DataFrame(rows, [*Cells.table.columns], orient="row").cast(Cells.table.schema)  # type: ignore[arg-type]
    return Filled(Sheet("Cube", "cells", ()), Cells.table, frame, frame.height)


def pivots(rows: Sequence[tuple[Any, ...]] = ROWS) -> list[PivotTable]:
    one = cube(rows)
    return pivot_tables(one, [replace(column, name=label(column.name)) for column in one.columns], date(2018, 4, 1))


def book(with_cells: bool = True) -> bytes:
    """A workbook with the PivotTables; without the cells that show them, whatever is shown was computed by the reader."""
    file = io.BytesIO()
    tables: dict[int, PivotTable] = {}
    with Workbook(file, _SAFE) as made:
        formats = Formats(made)
        for pivot in pivots():
            tables[len(made.worksheets()) + 1] = pivot
            sheet = made.add_worksheet(pivot.name)
            if with_cells:
                write_pivot(sheet, formats, pivot, "footer")
        one = cube()
        headings = [replace(column, name=label(column.name)) for column in one.columns]
        write_table(made.add_worksheet("Cube"), formats, "Cube", headings, one.rows.rows(), Texts("Cube", "", ""))
    return with_pivot_tables(file.getvalue(), tables)


def test_the_lines_are_the_sums_by_hand() -> None:
    by_category, by_month = pivots()
    assert by_category.headings == ["Category", "Sum of net sales", "Sum of gross sales", "Sum of units"]
    assert by_category.lines == [
        (HOSTILE, Decimal("100.01"), Decimal("100.00"), 3),
        ("books", Decimal("20.00"), Decimal("20.00"), 2),
        ("toys", Decimal("14.35"), Decimal("15.50"), 1),  # toys and Toys are one member in Excel
        ("Total", Decimal("134.36"), Decimal("135.50"), 6),
    ]
    assert by_month.lines == [
        (JANUARY, Decimal("29.10"), Decimal("30.00"), 3),
        (MARCH, Decimal("105.26"), Decimal("105.50"), 3),
        ("Total", Decimal("134.36"), Decimal("135.50"), 6),
    ]


def test_an_independent_reader_reads_the_same() -> None:
    read = load_workbook(io.BytesIO(book()))
    for pivot in pivots():
        [found] = read[pivot.name]._pivots
        assert [field.name for field in found.cache.cacheFields] == [column.name for column in pivot.cache.columns]
        assert [field.name for field in found.dataFields] == pivot.headings[1:]
        records = [[_read(found.cache, place, value) for place, value in enumerate(one._fields)] for one in found.cache.records.r]
        assert records == [[_expected(pivot, place, value) for place, value in enumerate(row)] for row in pivot.cache.rows]
        cells = [[cell.value for cell in line] for line in read[pivot.name][found.location.ref]]
        assert cells[0] == pivot.headings
        assert [row[1:] for row in cells[1:]] == [[float(value) for value in line[1:]] for line in pivot.lines]


def _read(cache: Any, place: int, value: Any) -> Any:
    """The value of a record: an index refers to the items of its column."""
    is_index = type(value).__name__ == "Index"
    found = cache.cacheFields[place].sharedItems._fields[value.v] if is_index else value
    return getattr(found, "v", None)


def _expected(pivot: PivotTable, place: int, value: Any) -> Any:
    if place < pivot.cache.dimensions:
        items = pivot.cache.items[place]
        value = items.values[items.place(value)]
    if isinstance(value, str):
        return value.replace("_x0041_", "_x005F_x0041_").replace("\x01", "_x0001_")
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return None if value is None else float(value)


def test_no_column_that_does_not_add_up_is_in_it() -> None:
    for pivot in pivots():
        assert "Orders in cell" not in [column.name for column in pivot.cache.columns]


def test_columns_in_another_order_are_refused() -> None:
    one = cube()
    moved = replace(one, rows=one.rows.select("orders_in_cell", *one.rows.columns[:-1]))
    with pytest.raises(AssertionError, match="must be its first ones"):
        pivot_tables(moved, moved.columns, date(2018, 4, 1))


def test_libreoffice_computes_the_same_sums(tmp_path: Path) -> None:
    shown = computed(book(with_cells=False), tmp_path)
    for pivot in pivots():
        numbers = [[float(value) for value in row[1:]] for row in shown[pivot.name] if re.fullmatch(r"[\d.]+", row[1])]
        assert numbers == [[float(value) for value in line[1:]] for line in pivot.lines], pivot.name
        assert [row[:1] for row in shown[pivot.name]].count(["Total Result"]) == 1


def computed(workbook: bytes, folder: Path) -> Mapping[str, list[list[str]]]:
    """The cells of each sheet, once LibreOffice has computed them."""
    (folder / "book.xlsx").write_bytes(workbook)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    subprocess.run(
        [libreoffice_installed(), profile, "--headless", "--convert-to", every_sheet, "--outdir", folder, folder / "book.xlsx"],
        check=True,
        capture_output=True,
    )
    return {
        file.stem.removeprefix("book-"): list(csv.reader(io.StringIO(file.read_text("utf-8"))))
        for file in folder.glob("book-*.csv")
    }


def test_every_part_is_named_and_the_bytes_are_the_same_each_time() -> None:
    made = book()
    assert made == book()
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        types, names = file.read("[Content_Types].xml").decode(), file.namelist()
    parts = [name for name in names if "ivot" in name and not name.endswith(".rels")]
    assert len(parts) == 4 and all(f'PartName="/{part}"' in types for part in parts)
