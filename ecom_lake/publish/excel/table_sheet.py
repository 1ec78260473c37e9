"""A sheet with one native table of Excel, its column widths, and how it prints.

Every text is written as a string: names of products and cities come from anybody, and no text becomes a formula or a link.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecom_lake.engine.contracts.columns import MONEY, NUMBER, PRICE, TEXT, Column
from ecom_lake.errors import UsageError

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS, LONGEST_TEXT = 1_048_000, 32_767
"""What a sheet of Excel holds: rows, and characters of a cell."""
HEADER_ROW = 3
"""The row of a table's header, counted from 0."""
PRINTED_ROWS = 100
"""Of a longer table only the first rows are printed."""
_EXACT = 10**15
"""From here on Excel would round a number, so that it is written as text."""
_WIDEST, _NARROWEST, _BUTTON = 52, 9, 4
"""Characters: the width of a wrapped text, of any column, and of the filter button."""
_STYLE = "Table Style Light 1"
_A4 = 9
_LINE = 15
_HIGHEST = 400
"""Points: the height of a line, and of a row at most."""


@dataclass(frozen=True)
class Texts:
    """Around the table of a sheet."""

    title: str
    note: str
    footer: str


class Formats:
    """The formats of a workbook, each created once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **properties})
        return self._made[key]


def number_format(column: Column) -> str:
    """How Excel shows the values of a column."""
    if column.first_of_month:
        return "yyyy-mm"
    name = column.kind.name
    if name in ("date", "timestamp"):
        return "yyyy-mm-dd" if name == "date" else "yyyy-mm-dd hh:mm"
    if column.unit in ("share", "growth"):
        return "0.0%"
    if column.kind in (MONEY, PRICE) or column.unit == "money":
        return "#,##0.00"
    return "#,##0.00" if column.kind == NUMBER else "#,##0" if name == "integer" else "General"


def write_table(
    sheet: Worksheet, formats: Formats, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], texts: Texts
) -> None:
    """`name`: of the table, by which formulas refer to it. The columns' names are the headers."""
    if len(rows) > MOST_ROWS:
        raise UsageError(f"{len(rows):,} rows of {name} do not fit into a sheet of Excel, which holds {MOST_ROWS:,}.")
    sheet.write_string(0, 0, texts.title, formats(bold=True, font_size=14))
    sheet.write_string(1, 0, texts.note, formats(font_color="#595959"))
    first = HEADER_ROW
    for place, column in enumerate(columns):
        is_wrapped = _longest(column, rows, place) > _WIDEST
        style = formats(num_format=number_format(column), text_wrap=is_wrapped, indent=int(column.kind == TEXT))
        for line, row in enumerate(rows, first + 1):
            write_cell(sheet, line, place, row[place], style)
        sheet.set_column(place, place, _width(column, rows, place))
    last = first + len(rows)
    _set_heights(sheet, rows, first + 1)
    sheet.add_table(
        first,
        0,
        last,
        len(columns) - 1,
        {
            "name": name,
            "style": _STYLE,
            "columns": [{"header": column.name, "header_format": _header(formats, column)} for column in columns],
        },
    )
    sheet.set_row(0, 22)
    sheet.set_row(first, _LINE * max(_header_lines(column, rows, place) for place, column in enumerate(columns)))
    sheet.freeze_panes(first + 1, 1)
    sheet.print_area(0, 0, min(last, first + PRINTED_ROWS), len(columns) - 1)
    sheet.repeat_rows(first)
    print_settings(sheet, texts.footer)


def print_settings(sheet: Worksheet, footer: str) -> None:
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{footer.replace('&', '&&')}&C&A&RPage &P of &N")


def write_cell(sheet: Worksheet, line: int, place: int, value: Any, style: Format) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value, style)
    elif isinstance(value, int | float | Decimal) and -_EXACT < value < _EXACT:
        sheet.write_number(line, place, float(value), style)
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(line, place, value, style)
    else:
        sheet.write_string(line, place, str(value)[:LONGEST_TEXT], style)


def _width(column: Column, rows: Sequence[Sequence[Any]], place: int) -> int:
    """As wide as the longest value as it is shown, and the longest word of the header."""
    header = max(map(len, column.name.split())) + _BUTTON
    return min(max(_longest(column, rows, place) + 2, header, _NARROWEST), _WIDEST + 2)


def _header(formats: Formats, column: Column) -> Format:
    is_number = column.kind.polars.is_numeric()
    return formats(bold=True, text_wrap=True, bottom=1, align="right" if is_number else "left", indent=int(column.kind == TEXT))


def _set_heights(sheet: Worksheet, rows: Sequence[Sequence[Any]], first: int) -> None:
    """Of rows with a wrapped text: not every program adapts them when it opens the file."""
    for line, row in enumerate(rows, first):
        longest = max((len(value) for value in row if isinstance(value, str)), default=0)
        if longest > _WIDEST:
            sheet.set_row(line, min(_LINE * -(-longest // (_WIDEST - _BUTTON)), _HIGHEST))


def _header_lines(column: Column, rows: Sequence[Sequence[Any]], place: int) -> int:
    room, lines, used = _width(column, rows, place) - _BUTTON, 1, 0
    for word in column.name.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        used += len(word) + bool(used)
    return lines


def _longest(column: Column, rows: Sequence[Sequence[Any]], place: int) -> int:
    shown = number_format(column)
    return max((len(_shown(row[place], shown)) for row in rows), default=0)


def _shown(value: Any, number: str) -> str:
    """About what Excel shows."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value).upper() if isinstance(value, bool) else value
    if isinstance(value, date | datetime):
        return number
    if number.endswith("%"):
        return f"{100 * float(value):.1f}%"
    return f"{value:,.2f}" if number.endswith(".00") else f"{value:,}"
