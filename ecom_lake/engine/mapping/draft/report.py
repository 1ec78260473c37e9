"""What a draft found, as plain values: for the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecom_lake.engine.mapping.draft.dates import Dates
from ecom_lake.engine.mapping.draft.draft import Draft
from ecom_lake.engine.mapping.draft.drafted import Confidence
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.words import counted

_CONFIDENCES: tuple[Confidence, ...] = ("sure", "likely", "guess")
_MANY_DECIMALS = r"[.,][0-9]{5,}$"
_BELIEVED = 0.9
"""The share of orders from which sums of lines and stated totals are worth a sentence."""


@dataclass(frozen=True)
class MoneySum:
    kind: str
    column: str
    sum: float
    rows: int


def report_of(draft: Draft) -> dict[str, Any]:
    """The report as a document, without what the draft makes of the rows (engine/build/draft_trial.py)."""
    return {
        "files": [
            {"kind": kind.name, "files": list(kind.files), "rows": kind.rows, "columns": len(kind.columns)}
            for kind in draft.kinds
        ],
        "tables": [
            {
                "table": facet.table,
                "from": facet.kind,
                "per": facet.per or None,
                "where": facet.where or None,
                "cells": [
                    {
                        "column": cell.target,
                        "expression": cell.expression,
                        "confidence": cell.confidence,
                        "reason": cell.reason,
                        "reads": list(cell.columns),
                    }
                    for cell in facet.cells
                ],
                "notes": list(facet.notes),
            }
            for facet in draft.facets
        ],
        "confidence": confidence_counts(draft),
        "not_used": {kind.name: [column.name for column in draft.unused(kind)] for kind in draft.kinds},
        "joins": [join.sentence for join in draft.joins],
        "arithmetic": arithmetic(draft),
        "repeats": [one.sentence for found in draft.redundant.values() for one in found],
        "words_not_known": {
            f"{facet.table}.{words.name}": dict(words.unknown) for facet in draft.facets for words in facet.words if words.unknown
        },
        "dates": dates(draft),
        "money": [vars(one) for one in money_sums(draft)],
        "decide": decisions(draft),
        "missing": list(draft.missing),
    }


def confidence_counts(draft: Draft) -> Mapping[str, int]:
    cells = [cell.confidence for facet in draft.facets for cell in facet.cells]
    return {confidence: cells.count(confidence) for confidence in _CONFIDENCES}


def decisions(draft: Draft) -> list[str]:
    """What a person must decide, a sentence each: cells that are a guess, what is left out, and what the files do not have."""
    guesses: dict[str, list[str]] = {}
    for facet in draft.facets:
        for cell in facet.cells:
            if cell.confidence == "guess":
                guesses.setdefault(f"{cell.expression}: {cell.reason}", []).append(f"{facet.table}.{cell.target}")
    notes = [f"{facet.table}: {note}" for facet in draft.facets for note in facet.notes]
    undated = [sentence for column in _order_times(draft) for sentence in _placeholders(draft, column)]
    return [*(f"{' and '.join(cells)} = {guess}" for guess, cells in guesses.items()), *undated, *notes, *draft.missing]


def _placeholders(draft: Draft, column: ColumnProfile) -> Iterable[str]:
    for day, rows in (column.dates.placeholders if column.dates else {}).items():
        found = f"{counted(rows, 'row', 'has/have')} {day.isoformat()} as {column.name}"
        yield (
            f"{draft.orders}: {found}, which systems write where there is no day. It does not count for first_month, and a build "
            "refuses such orders as outside of the shop's months: correct the export, or leave them out with where"
        )


def first_month(draft: Draft) -> str | None:
    """The month of the first order, such as 2017-11, in UTC if its time has a zone; None without dates."""
    columns = _order_times(draft)
    days = [first for column in columns if column.dates and isinstance(first := column.dates.values.min(), datetime)]
    return f"{min(days):%Y-%m}" if days else None


def _order_times(draft: Draft) -> list[ColumnProfile]:
    """The columns that the time of an order is read from."""
    orders = next((facet for facet in draft.facets if facet.table == draft.orders), None)
    if orders is None:
        return []
    times = [cell for cell in orders.cells if cell.target in draft.order_times]
    return [draft.kind(orders.kind).columns[name] for cell in times for name in cell.columns]


def arithmetic(draft: Draft) -> list[str]:
    found = [formula.sentence for formulas in draft.formulas.values() for formula in formulas]
    totals = draft.sales.totals if draft.sales else None
    if totals and totals.share >= _BELIEVED:
        found.append(totals.sentence)
    return found


def dates(draft: Draft) -> list[str]:
    return [
        _date_sentence(kind, column, column.dates, is_used=column not in draft.unused(kind))
        for kind in draft.kinds
        for column in kind.columns.values()
        if column.dates is not None
    ]


def _date_sentence(kind: KindProfile, column: ColumnProfile, found: Dates, is_used: bool) -> str:
    name = column.name
    if found.by_file and not found.is_ambiguous:
        return f"{kind.name}.{name} has a format per file: {', '.join(found.by_file)}"
    if found.is_ambiguous:
        return f"{kind.name}.{name} may be {' or '.join(found.formats)}: no value decides"
    unread = f"; {counted(found.unread, 'value')} cannot be read" if found.unread else ""
    unread += ", and no cell reads the column" if unread and not is_used else ""
    return f"{kind.name}.{name} is {found.formats[0]}{unread}"


def money_sums(draft: Draft) -> list[MoneySum]:
    """The sum of each column of amounts: numbers with decimals, which are neither a share nor a code, and those of the price."""
    return list(_money_sums(draft))


def _is_a_measure(column: ColumnProfile) -> bool:
    """Whether most values have more decimals than money has, such as a latitude."""
    return int(column.texts.str.contains(_MANY_DECIMALS).sum()) > column.filled / 2


def _money_sums(draft: Draft) -> Iterable[MoneySum]:
    priced = {name for cell in draft.sales.cells[:1] for name in cell.columns} if draft.sales else set()
    for kind in draft.kinds:
        for name, column in kind.columns.items():
            numbers = column.numbers
            is_amount = column.values == "number" or name in priced
            if not is_amount or numbers is None or column.has_leading_zeros or _is_a_measure(column):
                continue
            known = numbers.values.drop_nulls()
            if float(known.abs().max() or 0) > 1:  # type: ignore[arg-type]
                yield MoneySum(kind.name, name, round(float(known.sum()), 2), len(known))
