"""From files to a draft: profiles, joins and arithmetic first, then tables and cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.mapping.draft.arithmetic import Formula, find_formulas
from ecom_lake.engine.mapping.draft.assign import Assigned, assign
from ecom_lake.engine.mapping.draft.compose import compose, stated_totals
from ecom_lake.engine.mapping.draft.drafted import DraftFacet
from ecom_lake.engine.mapping.draft.joins import Join, find_joins
from ecom_lake.engine.mapping.draft.keys import order_expression
from ecom_lake.engine.mapping.draft.order_keys import find_order_keys
from ecom_lake.engine.mapping.draft.prices import Sales, draft_sales
from ecom_lake.engine.mapping.draft.profile import ColumnProfile, KindProfile
from ecom_lake.engine.mapping.draft.redundant import Redundant, redundant_columns
from ecom_lake.engine.mapping.draft.sale_marks import with_sale_marks
from ecom_lake.engine.mapping.draft.scores import score_kind
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.statistics.arrays import Floats
from ecom_lake.words import counted

_MOST_NUMERIC = 24
"""Numeric columns of a file among which formulas are searched."""
_ID = frozenset({"id"})


@dataclass(frozen=True)
class Draft:
    """A map to be, and what was found on the way."""

    kinds: tuple[KindProfile, ...]
    facets: tuple[DraftFacet, ...]
    joins: tuple[Join, ...] = ()
    formulas: Mapping[str, Sequence[Formula]] = field(default_factory=dict)
    redundant: Mapping[str, Sequence[Redundant]] = field(default_factory=dict)
    sales: Sales | None = None
    missing: tuple[str, ...] = ()
    """Sentences on what the files do not have and a build needs."""
    orders: str = ""
    """The table of orders."""
    order_times: tuple[str, ...] = ()
    """Its columns with the time of an order."""
    undated: tuple[str, ...] = ()
    """The times that orders need and no file has, as `without` of a shop names them."""

    def kind(self, name: str) -> KindProfile:
        return next(kind for kind in self.kinds if kind.name == name)

    def unused(self, kind: KindProfile) -> list[ColumnProfile]:
        """The columns that no cell reads, and no key of a group."""
        read = {name for facet in self.facets if facet.kind == kind.name for cell in facet.cells for name in cell.columns}
        return [column for name, column in kind.columns.items() if name not in read]

    def decimal(self, kind: KindProfile) -> Literal[".", ","]:
        """The decimal sign of a file: a comma if some number that a cell reads has one."""
        numbers = (column.numbers for column in kind.columns.values() if column not in self.unused(kind))
        return "," if any(one is not None and one.decimal == "," for one in numbers) else "."

    def date_formats(self, kind: KindProfile) -> list[str]:
        """The formats of columns that have another one in each file."""
        used = [column for column in kind.columns.values() if column not in self.unused(kind)]
        return list(dict.fromkeys(format_ for column in used if column.dates for format_ in column.dates.by_file))


def make_draft(kinds: Sequence[KindProfile], targets: Targets) -> Draft:
    kinds = [kind.with_bare_headers(targets.is_known) for kind in kinds]
    scored = [score_kind(kind, targets) for kind in kinds]
    joins = find_joins({kind.name: kind.frame for kind in kinds}, _NamesAgree(kinds, targets))
    formulas = {kind.name: find_formulas(_numbers(kind)) for kind in kinds}
    if order_keys := find_order_keys(scored, joins, formulas, targets):
        scored = [score_kind(kind, targets, order_keys.get(kind.name)) for kind in kinds]
    assigned = assign(scored, targets, joins)
    lines = next((one for one in assigned if one.table.name == targets.amounts.table), None)
    sales = _sales(lines, assigned, formulas, targets) if lines else None
    facets = [facet for one in assigned if (facet := compose(one, assigned, targets, sales))]
    return Draft(
        kinds=tuple(kinds),
        facets=tuple(with_sale_marks(facets, assigned, targets)),
        joins=tuple(joins),
        formulas=formulas,
        redundant={kind.name: redundant_columns(kind.frame) for kind in kinds},
        sales=sales,
        missing=(*_missing(assigned, targets), *_without_table(kinds, facets)),
        orders=targets.amounts.orders,
        order_times=_order_times(targets),
        undated=tuple(_undated(assigned, targets)),
    )


@dataclass(frozen=True)
class _NamesAgree:
    """Whether two columns share a word other than id, or have the same words."""

    kinds: Sequence[KindProfile]
    targets: Targets

    def __call__(self, kind: str, name: str, other: str, key: str) -> bool:
        one, two = self._words(kind, name), self._words(other, key)
        two = two | self.targets.words.of_name(other)
        return bool((one & two) - _ID)

    def _words(self, kind: str, name: str) -> frozenset[str]:
        """Of the whole header: a prefix may be the name of the other table."""
        profile = next(one for one in self.kinds if one.name == kind)
        column = profile.columns[name]
        return self.targets.words.of_name(column.title) | self.targets.words.of_name(column.header)


def _sales(lines: Assigned, assigned: Sequence[Assigned], formulas: Mapping[str, Sequence[Formula]], targets: Targets) -> Sales:
    order = order_expression(lines, targets)
    order_of_row: pl.Series | None = None
    if len(order.columns) == 1:
        order_of_row = lines.scores.kind.columns[order.columns[0]].texts
    return draft_sales(lines, formulas[lines.kind], targets.amounts, stated_totals(assigned, targets), order_of_row)


def _numbers(kind: KindProfile) -> dict[str, Floats]:
    """The numeric columns without codes, dates and ids, one of each that repeats another."""
    found: dict[str, pl.Series] = {}
    for name, column in kind.columns.items():
        numbers = column.numbers
        if (
            numbers is None
            or column.dates
            or column.has_leading_zeros
            or (numbers.are_integers and column.is_key and kind.rows > 1)
        ):
            continue
        if any(numbers.values.equals(other, null_equal=True) for other in found.values()):
            continue
        found[name] = numbers.values
    return {name: values.to_numpy() for name, values in list(found.items())[:_MOST_NUMERIC]}


def _missing(assigned: Sequence[Assigned], targets: Targets) -> list[str]:
    have = {one.table.name for one in assigned}
    amounts = targets.amounts
    found = []
    if amounts.orders not in have:
        found.append(f"No file has {amounts.orders}: write [{amounts.orders}] by hand, or give the file that has them.")
    for name in _undated(assigned, targets):
        found.append(f'The files have no dates: write without = ["{name}"] for the shop in lake.toml.')
    found += _several_formats(assigned, targets)
    if amounts.table not in have:
        found.append(f"No file has {amounts.table.replace('_', ' ')} with prices: without them there are no sales.")
    return found


def _without_table(kinds: Sequence[KindProfile], facets: Sequence[DraftFacet]) -> list[str]:
    made = {facet.kind for facet in facets}
    files = [file for kind in kinds if made and kind.name not in made for file in kind.files]
    return [f"{file} becomes no table: leave it out, or write a table for it by hand." for file in files]


def _undated(assigned: Sequence[Assigned], targets: Targets) -> list[str]:
    orders = _without_dates(assigned, targets)
    if orders is None or any(column.date_forms for column in orders.columns.values()):
        return []
    return _required_times(targets)


def _several_formats(assigned: Sequence[Assigned], targets: Targets) -> Iterator[str]:
    """A sentence for each column of the orders that may be their time, if it had one format."""
    orders = _without_dates(assigned, targets)
    if orders is None:
        return
    for name, column in orders.columns.items():
        if column.date_forms:
            forms = ", ".join(f"{counted(rows, 'value')} as {form}" for form, rows in column.date_forms.items())
            yield (
                f"{orders.name}.{name} has dates in several formats, so that no {' and '.join(_required_times(targets))} is "
                f"proposed: {forms}. If each file has one of them, list them in date_formats and write day({name}); otherwise "
                "export the column in one format."
            )


def _without_dates(assigned: Sequence[Assigned], targets: Targets) -> KindProfile | None:
    """The file of the orders, if no column of it is read as dates."""
    orders = next((one for one in assigned if one.table.name == targets.amounts.orders), None)
    if orders is None or any(column.dates for column in orders.scores.kind.columns.values()):
        return None
    return orders.scores.kind


def _required_times(targets: Targets) -> list[str]:
    return [f"{targets.amounts.orders}.{name}" for name in _order_times(targets)]


def _order_times(targets: Targets) -> tuple[str, ...]:
    orders = targets[targets.amounts.orders]
    return tuple(name for name in orders.required if orders[name].column.kind == TIMESTAMP)
