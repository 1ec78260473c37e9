"""A release as one Excel workbook: summary, a sheet for each subject that the shop has, definitions, and what was checked.

The same release gives the same bytes. Not here: which sheets there are (sheets.py), how they look (table_sheet.py, summary.py,
pivot_sheets.py).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.columns import Column, Count, Share, Text
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.extras import require
from ecom_lake.publish.excel.pivot_parts import with_pivot_tables
from ecom_lake.publish.excel.pivot_sheets import pivot_tables, write_pivot
from ecom_lake.publish.excel.pivot_table import PivotTable
from ecom_lake.publish.excel.sheets import CUBE, TABLES, Filled, filled, label
from ecom_lake.publish.excel.summary import Heading, write_summary
from ecom_lake.publish.excel.table_sheet import MOST_ROWS, PRINTED_ROWS, Formats, Texts, write_table

_SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_TRUST = (Text("Layer"), Count("Rules"), Count("Passed"), Count("Warnings"), Count("Quarantining"), Share("Share passed"))
_DEFINITIONS = (Text("Sheet"), Text("Column"), Text("Meaning"), Text("Unit"), Text("Gold table"), Text("Gold column"))
"""Their texts are the headers."""


_ITS_PIVOTS = {CUBE: ", and its PivotTables"}


def workbook(site: Site, entry: Entry) -> bytes:
    require("web", "An Excel workbook")
    from xlsxwriter import Workbook

    gold = _gold(site, entry)
    found = filled(gold, site.registry.gold)
    sheets = [one for one in found if one.rows.height <= MOST_ROWS]
    footer = f"{site.shop.name}, release {entry.number}"
    file = io.BytesIO()
    with Workbook(file, _SAFE) as book:
        book.set_properties(
            {
                "title": f"Shop {site.shop.name}",
                "comments": f"Release {entry.number}",
                "created": datetime.fromisoformat(entry.at),
            }
        )
        formats = Formats(book)
        heading = Heading(f"Shop {site.shop.name}", _period(gold, entry), site.shop.numbers.currency, _left_out(found))
        summary = book.add_worksheet("Summary")
        pivots: dict[int, PivotTable] = {}
        for one in sheets:
            headings = [_with_header(column, label(column.name)) for column in one.columns]
            texts = Texts(one.sheet.name, _note(one), footer)
            if one.sheet.name == CUBE:
                for pivot in pivot_tables(one, headings, date.fromisoformat(entry.at[:10])):
                    pivots[len(book.worksheets()) + 1] = pivot
                    write_pivot(book.add_worksheet(pivot.name), formats, pivot, footer)
            write_table(book.add_worksheet(one.sheet.name), formats, one.sheet.name, headings, one.rows.rows(), texts)
        _write(book.add_worksheet("Definitions"), formats, "Definitions", _DEFINITIONS, list(_definitions(sheets)), footer)
        _write(book.add_worksheet("Trust"), formats, "Trust", _TRUST, _trust(gold["quality_scorecard"]), footer)
        write_summary(book, summary, formats, heading, gold, sheets, footer)
    return with_pivot_tables(file.getvalue(), pivots)


def _gold(site: Site, entry: Entry) -> Mapping[str, pl.DataFrame]:
    for table in TABLES:
        for file in entry.parts(TableId("gold", table)).values():
            if why := site.lake.damage_read(file):
                raise UserError(f"{site.lake.where(file)} {why}. Run `ecom-lake repair` to rebuild it.")
    return {table: gold_rows(site, entry, table) for table in TABLES}


def _period(gold: Mapping[str, pl.DataFrame], entry: Entry) -> str:
    months = gold["kpi_monthly"].filter(pl.col("is_complete")).sort("month")["month"].to_list()
    what = f"{months[-1]:%B %Y}, the last complete month" if months else "Whole history"
    return f"{what}. Release {entry.number} of {entry.at[:10]}."


def _left_out(found: Sequence[Filled]) -> str:
    """Which sheets are too long; empty for none."""
    long = [one for one in found if one.rows.height > MOST_ROWS]
    names = "; ".join(f"{one.sheet.name}, {one.rows.height:,} rows{_ITS_PIVOTS.get(one.sheet.name, '')}" for one in long)
    return f"Left out: {names}. A sheet of Excel holds {MOST_ROWS:,} rows." if names else ""


def _note(one: Filled) -> str:
    shown, printed = one.rows.height, min(one.rows.height, PRINTED_ROWS)
    first = f" The first {shown:,} of {one.found:,} rows." if one.found > shown else ""
    prints = f" {printed:,} of {shown:,} rows print." if shown > printed else ""
    return f"{one.contract.grain}{first}{prints}"


def _with_header(column: Column, header: str) -> Column:
    return replace(column, name=header)


def _write(
    sheet: object, formats: Formats, name: str, columns: Sequence[Column], rows: list[tuple[object, ...]], footer: str
) -> None:
    notes = {
        "Definitions": "What each column of this workbook means.",
        "Trust": "The rules that this release was checked with. A failed blocking rule would have stopped the release.",
    }
    headed = [_with_header(column, column.meaning) for column in columns]
    write_table(sheet, formats, name, headed, rows, Texts(name, notes[name], footer))


def _definitions(sheets: Sequence[Filled]) -> Iterator[tuple[object, ...]]:
    for one in sheets:
        for column in one.columns:
            yield one.sheet.name, label(column.name), column.meaning, column.unit, one.contract.name, column.name


def _trust(scorecard: pl.DataFrame) -> list[tuple[object, ...]]:
    counted = scorecard.group_by("layer").agg(
        pl.len(),
        *((pl.col("status") == status).sum().alias(status) for status in ("pass", "warn", "quarantined")),
        (pl.col("status") == "pass").mean().alias("share"),
    )
    return counted.sort("layer").rows()
