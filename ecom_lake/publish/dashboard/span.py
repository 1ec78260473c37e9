"""The months of a page, and the span that it is compared with.

A change is stated only between complete months. Not here: the filters as a URL has them (filters.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ecom_lake.publish.dashboard.filters import Compare, Filters

DEFAULT_MONTHS = (12, 6, 3)
"""The default number of months: the largest of which the shop has twice as many complete ones, so that a comparison exists."""


@dataclass(frozen=True)
class Month:
    month: date
    is_complete: bool
    net_sales: Decimal = Decimal(0)


@dataclass(frozen=True)
class Span:
    first: date
    last: date

    @property
    def months(self) -> int:
        return _number(self.last) - _number(self.first) + 1

    def back(self, months: int) -> Span:
        return Span(shifted(self.first, -months), shifted(self.last, -months))

    @property
    def text(self) -> str:
        return f"{self.first:%b %Y}" if self.first == self.last else f"{self.first:%b %Y} to {self.last:%b %Y}"


def shifted(month: date, months: int) -> date:
    number = _number(month) + months
    return date(number // 12, number % 12 + 1, 1)


def span_of(filters: Filters, known: Sequence[Month]) -> Span | None:
    """The chosen months, within those of the shop; by default its last complete ones. None for a shop without months."""
    if not known:
        return None
    complete = [one.month for one in known if one.is_complete] or [one.month for one in known]
    first, last = _within(filters.first, known), _within(filters.last, known)
    if first and last:
        return Span(min(first, last), max(first, last))
    if first:
        return Span(first, max(first, complete[-1]))
    last = last or complete[-1]
    months = next((months for months in DEFAULT_MONTHS if len(complete) >= 2 * months), 1)
    return Span(min(last, max(complete[0], shifted(last, 1 - months))), last)


def with_months_before(span: Span, known: Sequence[Month], least: int, most: int | None = None) -> Span:
    """The span with months of the shop before it, so that it has `least` months if the shop has them; its last `most` months."""
    months = max(span.months, least)
    return Span(max(shifted(span.last, 1 - min(months, most or months)), known[0].month), span.last)


def compared_with(span: Span, compare: Compare, known: Sequence[Month]) -> Span | None:
    """The span before or a year before; None where a month of either span is missing or incomplete."""
    before = span.back(span.months if compare == "previous" else 12)
    complete = {one.month for one in known if one.is_complete}
    months = [shifted(each.first, i) for each in (span, before) for i in range(each.months)]
    return before if complete.issuperset(months) else None


def _within(month: date | None, known: Sequence[Month]) -> date | None:
    """The month itself, or the nearest one of the shop."""
    return min(max(month, known[0].month), known[-1].month) if month else None


def _number(month: date) -> int:
    return 12 * month.year + month.month - 1
