"""A native PivotTable over the rows of a sheet: its cells as they are shown, and its parts in the file.

XlsxWriter writes no PivotTable. The parts have the rows (the cache) and what is shown, so that a reader shows it without
computing it; Excel computes it again when it opens the file (decision 0072).
Here: the XML of the parts. Not here: their place in the workbook (pivot_parts.py), which PivotTables there are (workbook.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from xml.sax.saxutils import quoteattr

from ecom_lake.engine.contracts.columns import MONEY, Column

FIRST_FILTER = 3
"""The row of the first filter, counted from 0; a free row separates the filters from the table."""
ALL, BLANK, TOTAL = "(All)", "(blank)", "Total"
LONGEST_ITEM = 255
"""Characters of an item, by which Excel compares items."""
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MONTH_FORMAT, _MONEY_FORMAT, _COUNT_FORMAT = 17, 4, 3
"""Formats that every workbook has: mmm-yy; #,##0.00; #,##0."""
_THE_VALUES = 2**32 - 2
"""The field of the values, where a sort refers to it."""


class Items:
    """The values of a dimension, in order. Excel compares texts by their first 255 characters, without their case."""

    def __init__(self, values: Sequence[Any]) -> None:
        first: dict[Any, Any] = {}
        for value in values:
            first.setdefault(_same(value), value)
        self.values = sorted(first.values(), key=lambda value: (value is None, value))
        self._places = {_same(value): place for place, value in enumerate(self.values)}

    def place(self, value: Any) -> int:
        return self._places[_same(value)]


def _same(value: Any) -> Any:
    return value[:LONGEST_ITEM].casefold() if isinstance(value, str) else value


@dataclass(frozen=True)
class Cache:
    """The rows that PivotTables share: columns with their headers, the dimensions first, and the cells that they are in."""

    sheet: str
    header: int
    """The row of the headers, counted from 0."""
    columns: Sequence[Column]
    """Their names are the headers."""
    dimensions: int
    rows: Sequence[Sequence[Any]]
    refreshed: float
    """The day of the release, as Excel counts days."""

    @cached_property
    def items(self) -> Sequence[Items]:
        return [Items([row[place] for row in self.rows]) for place in range(self.dimensions)]

    def place(self, header: str) -> int:
        return next(place for place, column in enumerate(self.columns) if column.name == header)

    def definition(self) -> str:
        last = self.header + len(self.rows) + 1
        ref = f"A{self.header + 1}:{letters(len(self.columns) - 1)}{last}"
        return (
            f'{XML}<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_RELATED}" r:id="rId1" refreshOnLoad="1"'
            f' refreshedBy="ecom_lake" refreshedDate="{self.refreshed:g}" createdVersion="6" refreshedVersion="6"'
            f' minRefreshableVersion="3" recordCount="{len(self.rows)}"><cacheSource type="worksheet">'
            f'<worksheetSource ref="{ref}" sheet={quoteattr(self.sheet)}/></cacheSource>'
            f'<cacheFields count="{len(self.columns)}">{"".join(map(self._field, range(len(self.columns))))}</cacheFields>'
            "</pivotCacheDefinition>"
        )

    def _field(self, place: int) -> str:
        column = self.columns[place]
        shared = self._members(place) if place < self.dimensions else self._range(place)
        number = _MONTH_FORMAT if column.first_of_month else 0
        return f'<cacheField name={quoteattr(text(column.name))} numFmtId="{number}">{shared}</cacheField>'

    def _members(self, place: int) -> str:
        values = self.items[place].values
        dates = [value for value in values if isinstance(value, date)]
        blank = ' containsBlank="1"' if None in values else ""
        kinds = blank
        if dates:
            mixed = "" if blank else ' containsSemiMixedTypes="0"'
            ends = f'minDate="{min(dates)}T00:00:00" maxDate="{max(dates)}T00:00:00"'
            kinds = f'{mixed} containsNonDate="0" containsDate="1" containsString="0"{blank} {ends}'
        return f'<sharedItems{kinds} count="{len(values)}">{"".join(map(_value, values))}</sharedItems>'

    def _range(self, place: int) -> str:
        values = [row[place] for row in self.rows if row[place] is not None]
        blank = ' containsBlank="1"' if len(values) < len(self.rows) else ""
        mixed = "" if blank else ' containsSemiMixedTypes="0"'
        whole = ' containsInteger="1"' if all(value == int(value) for value in values) else ""
        ends = f'minValue="{min(values)}" maxValue="{max(values)}"'
        return f'<sharedItems{mixed} containsString="0"{blank} containsNumber="1"{whole} {ends}/>'

    def records(self) -> str:
        return (
            f'{XML}<pivotCacheRecords xmlns="{_MAIN}" xmlns:r="{_RELATED}" count="{len(self.rows)}">'
            f"{''.join(map(self._record, self.rows))}</pivotCacheRecords>"
        )

    def _record(self, row: Sequence[Any]) -> str:
        members = (f'<x v="{items.place(value)}"/>' for items, value in zip(self.items, row, strict=False))
        return f"<r>{''.join(members)}{''.join(map(_value, row[self.dimensions :]))}</r>"


@dataclass(frozen=True)
class PivotTable:
    """Measures, summed by the members of one dimension; the other dimensions are filters."""

    cache: Cache
    name: str
    by: str
    """Headers of the dimension and of the measures."""
    measures: Sequence[str]
    is_ranked: bool
    """Whether the members with the highest first measure are first, instead of the order of the members."""

    @property
    def filters(self) -> Sequence[int]:
        return [place for place in range(self.cache.dimensions) if place != self._by]

    @property
    def header(self) -> int:
        """The row of the headers, counted from 0."""
        return FIRST_FILTER + len(self.filters) + 1

    @property
    def headings(self) -> Sequence[str]:
        return [self.by, *(_summed(measure) for measure in self.measures)]

    @cached_property
    def lines(self) -> Sequence[tuple[Any, ...]]:
        """A line for each member, and the total."""
        places = [self.cache.place(measure) for measure in self.measures]
        items = self.cache.items[self._by]
        sums = [[Decimal(0)] * len(places) for _ in items.values]
        for row in self.cache.rows:
            of_member = sums[items.place(row[self._by])]
            for number, place in enumerate(places):
                of_member[number] += row[place] or 0
        totals = [sum(column, Decimal(0)) for column in zip(*sums, strict=True)]
        return [*((items.values[place], *sums[place]) for place in self._order(sums)), (TOTAL, *totals)]

    def _order(self, sums: Sequence[Sequence[Decimal]]) -> Sequence[int]:
        places = range(len(sums))
        return sorted(places, key=lambda place: -sums[place][0]) if self.is_ranked else places

    @property
    def _by(self) -> int:
        return self.cache.place(self.by)

    def definition(self) -> str:
        fields = "".join(map(self._field, range(len(self.cache.columns))))
        members = len(self.lines) - 1
        row_items = "".join(f'<i><x v="{number}"/></i>' if number else "<i><x/></i>" for number in range(members))
        values = range(len(self.measures))
        value_items = "".join(f'<i i="{number}"><x v="{number}"/></i>' if number else "<i><x/></i>" for number in values)
        pages = "".join(f'<pageField fld="{place}" hier="-1"/>' for place in self.filters)
        ref = f"A{self.header + 1}:{letters(len(self.measures))}{self.header + 1 + len(self.lines)}"
        return (
            f'{XML}<pivotTableDefinition xmlns="{_MAIN}" name={quoteattr(self.name)} cacheId="1" applyNumberFormats="0"'
            ' applyBorderFormats="0" applyFontFormats="0" applyPatternFormats="0" applyAlignmentFormats="0"'
            f' applyWidthHeightFormats="1" dataCaption="Values" grandTotalCaption="{TOTAL}" updatedVersion="6"'
            ' minRefreshableVersion="3" useAutoFormatting="1" itemPrintTitles="1" createdVersion="6" indent="0" outline="1"'
            f' outlineData="1" multipleFieldFilters="0" rowHeaderCaption={quoteattr(text(self.by))}>'
            f'<location ref="{ref}" firstHeaderRow="0" firstDataRow="1" firstDataCol="1"'
            f' rowPageCount="{len(self.filters)}" colPageCount="1"/>'
            f'<pivotFields count="{len(self.cache.columns)}">{fields}</pivotFields>'
            f'<rowFields count="1"><field x="{self._by}"/></rowFields>'
            f'<rowItems count="{members + 1}">{row_items}<i t="grand"><x/></i></rowItems>'
            f'<colFields count="1"><field x="-2"/></colFields><colItems count="{len(values)}">{value_items}</colItems>'
            f'<pageFields count="{len(self.filters)}">{pages}</pageFields>'
            f'<dataFields count="{len(values)}">{"".join(map(self._data_field, self.measures))}</dataFields>'
            '<pivotTableStyleInfo name="PivotStyleLight16" showRowHeaders="1" showColHeaders="1" showRowStripes="0"'
            ' showColStripes="0" showLastColumn="1"/></pivotTableDefinition>'
        )

    def _field(self, place: int) -> str:
        column = self.cache.columns[place]
        if place >= self.cache.dimensions:
            return f'<pivotField dataField="{int(column.name in self.measures)}" showAll="0"/>'
        number = f' numFmtId="{_MONTH_FORMAT}"' if column.first_of_month else ""
        is_row = place == self._by
        items = self.cache.items[place]
        shown = [items.place(member) for member, *_ in self.lines[:-1]] if is_row else range(len(items.values))
        listed = "".join(f'<item x="{item}"/>' for item in shown)
        ranked = ' sortType="descending"' if is_row and self.is_ranked else ""
        return (
            f'<pivotField axis="{"axisRow" if is_row else "axisPage"}"{number} showAll="0"{ranked}>'
            f'<items count="{len(items.values) + 1}">{listed}<item t="default"/></items>{_BY_FIRST_VALUE if ranked else ""}'
            "</pivotField>"
        )

    def _data_field(self, measure: str) -> str:
        place = self.cache.place(measure)
        number = _MONEY_FORMAT if self.cache.columns[place].kind == MONEY else _COUNT_FORMAT
        name = quoteattr(text(_summed(measure)))
        return f'<dataField name={name} fld="{place}" baseField="0" baseItem="0" numFmtId="{number}"/>'


_BY_FIRST_VALUE = (
    '<autoSortScope><pivotArea dataOnly="0" outline="0" fieldPosition="0"><references count="1">'
    f'<reference field="{_THE_VALUES}" count="1" selected="0"><x v="0"/></reference></references></pivotArea></autoSortScope>'
)


def _summed(measure: str) -> str:
    """A name of its own: Excel refuses a value that is named like its column."""
    return f"Sum of {measure[:1].lower()}{measure[1:]}"


def _value(value: Any) -> str:
    if value is None:
        return "<m/>"
    if isinstance(value, date):
        return f'<d v="{value}T00:00:00"/>'
    return f"<s v={quoteattr(text(value[:LONGEST_ITEM]))}/>" if isinstance(value, str) else f'<n v="{value}"/>'


def text(value: str) -> str:
    """A text whose control characters are written as Excel does, because XML has none."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", value)


def letters(column: int) -> str:
    """The name of a column, counted from 0: A, B … Z, AA."""
    return (letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)
