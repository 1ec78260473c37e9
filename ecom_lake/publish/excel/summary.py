"""The first sheet: the KPIs of the last complete month with their changes, and charts of the sheets behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ecom_lake.publish.excel.sheets import Filled, label
from ecom_lake.publish.excel.table_sheet import HEADER_ROW, Formats, print_settings, write_cell
from ecom_lake.publish.pages.kpi_cards import KPIS, Card, Unit, monthly_cards, total_cards
from ecom_lake.publish.pages.report import months_of

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_COLUMNS, _CARD_ROWS, _FIRST_CARD = 5, 4, 3
_FORMATS: Mapping[Unit, str] = {
    "money": "#,##0",
    "exact money": "#,##0.00",
    "count": "#,##0",
    "share": "0.0%",
    "score": "0.00",
}
_BLUE, _PALE, _GREEN, _RED = "#1F5FA8", "#B9CDE5", "#1E7B34", "#B3261E"
_DATA_ROW = HEADER_ROW + 1
"""Of a sheet with a table: the first row below the header, counted from 0."""
_BARS = 10
_SHORT = '[>=1000000]0.0,,"M";[>=1000]0,"k";0'
_LINES = {"visible": True, "line": {"color": "#E3E3E3"}}


@dataclass(frozen=True)
class Heading:
    title: str
    period: str
    currency: str | None
    left_out: str
    """Which sheets there is no room for; empty for none."""


def write_summary(
    book: Workbook,
    sheet: Worksheet,
    formats: Formats,
    heading: Heading,
    gold: Mapping[str, pl.DataFrame],
    sheets: Sequence[Filled],
    footer: str,
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, _COLUMNS - 1, 24)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, heading.title, formats(bold=True, font_size=18))
    money = f" Amounts are in {heading.currency}." if heading.currency else ""
    sheet.write_string(1, 0, f"{heading.period}{money}", formats(font_color="#595959"))
    sheet.write_string(2, 0, heading.left_out, formats(font_color=_RED))
    values = kpi_values(gold)
    cards = _cards(gold, heading.currency)
    for number, card in enumerate(cards):
        _write_card(sheet, formats, card, values[card.name], number)
    row = _FIRST_CARD + _CARD_ROWS * -(-len(cards) // _COLUMNS) + 1
    charts = _charts(book, sheets)
    for place, chart in enumerate(charts):
        down, right = divmod(place, 2)
        chart.set_size({"width": 415, "height": 280})
        sheet.insert_chart(row + down * 15, 0, chart, {"x_offset": 425 * right + 4, "y_offset": 4})
    sheet.print_area(0, 0, row + 15 * -(-len(charts) // 2), _COLUMNS - 1)
    print_settings(sheet, footer)
    sheet.fit_to_pages(1, 1)


def kpi_values(gold: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """The values of the last complete month; for a shop without one, those of its whole history."""
    if complete := [row for row in months_of(gold["kpi_monthly"], gold["kpi_churn"]) if row["is_complete"]]:
        return complete[-1]
    return dict(gold["kpi_summary"].select("metric", "value").iter_rows())


def _cards(gold: Mapping[str, pl.DataFrame], currency: str | None) -> list[Card]:
    summary = dict(gold["kpi_summary"].select("metric", "value").iter_rows())
    months = months_of(gold["kpi_monthly"], gold["kpi_churn"])
    return monthly_cards(months, currency) or total_cards(summary, currency)


def _write_card(sheet: Worksheet, formats: Formats, card: Card, value: Any, number: int) -> None:
    down, place = divmod(number, _COLUMNS)
    row = _FIRST_CARD + _CARD_ROWS * down
    unit = next(kpi.unit for kpi in KPIS if kpi.name == card.name)
    sheet.set_row(row + 1, 24)
    sheet.write_string(row, place, card.label, formats(font_color="#595959", top=2, top_color=_BLUE))
    write_cell(sheet, row + 1, place, value, formats(num_format=_FORMATS[unit], bold=True, font_size=16, align="left"))
    if change := next((one for one in card.changes if one.text), None):
        colour = {"good": _GREEN, "bad": _RED, "": "#595959"}[change.tone]
        sheet.write_string(row + 2, place, f"{change.text} since {change.since:%Y-%m}", formats(font_color=colour, font_size=9))


def _charts(book: Workbook, sheets: Sequence[Filled]) -> list[Any]:
    by_name = {one.sheet.name: one for one in sheets}
    charts = []
    if monthly := by_name.get("Monthly"):
        charts.append(_monthly_chart(book, monthly))
    charts += [
        _bar_chart(book, by_name[name], by, title)
        for name, by, title in (
            ("Categories", "category", "Net sales by category"),
            ("Segments", "segment", "Net sales by segment"),
            ("RFM", "segment", "Net sales by RFM segment"),
        )
        if name in by_name and "net_sales" in by_name[name].rows.columns
    ]
    return charts


def _monthly_chart(book: Workbook, monthly: Filled) -> Any:
    """Months that are not complete are pale."""
    chart = book.add_chart({"type": "column"})
    pale = {"fill": {"color": _PALE}, "border": {"color": _BLUE, "dash_type": "dash"}}
    points = [None if is_complete else pale for is_complete in monthly.rows["is_complete"]]
    chart.add_series({**_series(monthly, "month", monthly.rows.height), "points": points, "gap": 40})
    chart.set_x_axis({"date_axis": True, "num_format": "yyyy-mm", "num_font": {"rotation": -45}, "major_unit_type": "months"})
    chart.set_y_axis({"num_format": _SHORT, "num_font": {"size": 8}, "major_gridlines": _LINES})
    return _styled(chart, "Net sales by month (pale: not complete)")


def _bar_chart(book: Workbook, filled: Filled, by: str, title: str) -> Any:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({**_series(filled, by, min(filled.rows.height, _BARS)), "gap": 40})
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}})
    chart.set_x_axis({"num_format": _SHORT, "num_font": {"size": 8}, "major_gridlines": _LINES})
    return _styled(chart, title)


def _series(filled: Filled, by: str, rows: int) -> dict[str, Any]:
    def cells(column: str) -> list[Any]:
        place = filled.rows.columns.index(column)
        return [filled.sheet.name, _DATA_ROW, place, _DATA_ROW + rows - 1, place]

    return {"name": label("net_sales"), "categories": cells(by), "values": cells("net_sales"), "fill": {"color": _BLUE}}


def _styled(chart: Any, title: str) -> Any:
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    return chart
