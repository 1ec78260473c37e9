"""The rows behind a figure or chart as a file: CSV, or an Excel workbook with a second sheet that states where they come from.

Here: the bytes and the name of the file. Not here: which query a chart has (the page that shows it, see view.py).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response

from ecom_lake.engine.serve.csv_text import write_csv
from ecom_lake.errors import UsageError
from ecom_lake.publish.dashboard.evidence import Shown
from ecom_lake.publish.dashboard.view import View

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
"""The media type of each kind of file."""
MOST_ROWS, LONGEST_TEXT = 1_048_575, 32_767
"""What a sheet of Excel holds: rows below the header, and characters of a cell."""
_EXACT = 10**15
"""From here on Excel would round a number, so that it is written as text."""


def download(view: View, shown: Shown, kind: str) -> Response:
    """The file as the answer of the server; its name carries the shop and the release."""
    disposition = f"attachment; filename*=utf-8''{quote(f'{shown.file}.{kind}', safe='')}"
    return Response(chart_file(view, shown, kind), media_type=KINDS[kind], headers={"Content-Disposition": disposition})


def chart_file(view: View, shown: Shown, kind: str) -> bytes:
    query = shown.why.query
    columns = view.release.columns(query)
    rows = [tuple(row[column] for column in columns) for row in view.release.rows(query)]
    if kind == "csv":
        return _csv(columns, rows)
    return workbook(columns, rows, _origin(view, shown), view.release.entry.at)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    write_csv(text, columns, rows)
    return text.getvalue().encode()


def workbook(columns: Sequence[str], rows: Sequence[Sequence[Any]], origin: Sequence[tuple[str, Any]], made_at: str) -> bytes:
    """A workbook with the rows, and with a sheet About. `made_at`: the time of the release, so that its bytes stay the same."""
    from xlsxwriter import Workbook

    if len(rows) > MOST_ROWS:
        raise UsageError(f"{len(rows):,} rows do not fit into a sheet of Excel, which holds {MOST_ROWS:,}: download the CSV.")
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.fromisoformat(made_at)})
        head, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
        data, about = book.add_worksheet("Data"), book.add_worksheet("About")
        _write(data, [columns], day, 0, head)
        _write(data, rows, day, 1)
        data.freeze_panes(1, 0)
        data.autofit()
        about.set_column(0, 0, 18, book.add_format({"bold": True, "valign": "top"}))
        about.set_column(1, 1, 110, book.add_format({"text_wrap": True, "valign": "top", "align": "left"}))
        _write(about, origin, day, 0)
    return file.getvalue()


def _origin(view: View, shown: Shown) -> list[tuple[str, Any]]:
    why = shown.why
    return [
        ("Title", shown.title),
        ("Definition", why.definition),
        ("Months and filters", why.window),
        ("Shop", view.shop),
        ("Release", view.release.number),
        *(("Checked by", identity) for identity in why.identities),
        ("SQL", why.query.written),
    ]


def _write(sheet: Worksheet, rows: Iterable[Sequence[Any]], day: Format, first: int, style: Format | None = None) -> None:
    for line, row in enumerate(rows, first):
        for place, value in enumerate(row):
            _write_cell(sheet, line, place, value, day, style)


def _write_cell(sheet: Worksheet, line: int, place: int, value: Any, day: Format, style: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float | Decimal) and -_EXACT < value < _EXACT:
        sheet.write_number(line, place, float(value))
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(line, place, value, day)
    else:
        # Names of products and cities come from anybody: written as a string, no text becomes a formula or a link.
        sheet.write_string(line, place, str(value)[:LONGEST_TEXT], style)
