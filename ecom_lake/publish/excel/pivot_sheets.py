"""The sheets with a PivotTable: net sales and more by category and by month, over the rows of the cube.

Only columns that add up are in it: orders and customers of the cube do not.
Not here: the PivotTable in the file (pivot_table.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ecom_lake.engine.contracts.columns import MONEY, Column
from ecom_lake.publish.excel.pivot_table import ALL, BLANK, FIRST_FILTER, Cache, PivotTable
from ecom_lake.publish.excel.sheets import Filled, label
from ecom_lake.publish.excel.table_sheet import HEADER_ROW, Formats, print_settings, write_cell

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_BY = (("Pivot categories", "category", True), ("Pivot months", "month", False))
"""Name, dimension, and whether the members with the highest net sales are first."""
_MEASURES = ("net_sales", "gross_sales", "discounts", "units")
_NOTE = "A PivotTable over the sheet {sheet}: click it to choose other fields. It has the columns that add up."
_FIRST_WIDTH, _WIDTH = 34, 20
_EXCEL_EPOCH = date(1899, 12, 30)


def pivot_tables(cube: Filled, headings: Sequence[Column], released: date) -> list[PivotTable]:
    """`headings`: the columns of the sheet, with their headers as names."""
    keys, measures = cube.contract.key, [name for name in cube.rows.columns if name in cube.contract.additive]
    used = [*keys, *measures]
    if cube.rows.columns[: len(used)] != used:
        names = ", ".join(used)
        raise AssertionError(f"The columns {names} of {cube.contract.name} must be its first ones: a PivotTable reads a range.")
    rows = cube.rows.select(used).rows()
    cache = Cache(cube.sheet.name, HEADER_ROW, headings[: len(used)], len(keys), rows, (released - _EXCEL_EPOCH).days)
    shown = [label(name) for name in _MEASURES if name in measures]
    return [PivotTable(cache, name, label(by), shown, is_ranked) for name, by, is_ranked in _BY]


def write_pivot(sheet: Worksheet, formats: Formats, pivot: PivotTable, footer: str) -> None:
    """The cells as Excel shows them until it has computed the PivotTable."""
    sheet.write_string(0, 0, pivot.name, formats(bold=True, font_size=14))
    sheet.write_string(1, 0, _NOTE.format(sheet=pivot.cache.sheet), formats(font_color="#595959"))
    sheet.set_column(0, 0, _FIRST_WIDTH)
    sheet.set_column(1, len(pivot.measures), _WIDTH)
    sheet.set_row(0, 22)
    for line, place in enumerate(pivot.filters, FIRST_FILTER):
        sheet.write_string(line, 0, pivot.cache.columns[place].name, formats())
        sheet.write_string(line, 1, ALL, formats())
    for place, heading in enumerate(pivot.headings):
        sheet.write_string(pivot.header, place, heading, formats(bold=True, bottom=1))
    columns = [pivot.cache.columns[pivot.cache.place(one)] for one in (pivot.by, *pivot.measures)]
    for line, row in enumerate(pivot.lines, pivot.header + 1):
        is_total = line == pivot.header + len(pivot.lines)
        for place, (value, column) in enumerate(zip(row, columns, strict=True)):
            style = formats(num_format=_format(column), bold=is_total, align="right" if place else "left")
            write_cell(sheet, line, place, BLANK if value is None else value, style)
    sheet.freeze_panes(pivot.header + 1, 1)
    print_settings(sheet, footer)


def _format(column: Column) -> Any:
    """As the PivotTable formats it."""
    if column.first_of_month:
        return "mmm-yy"
    return "General" if column.key else "#,##0.00" if column.kind == MONEY else "#,##0"
