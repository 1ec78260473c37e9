"""The semantic model of a release: the tables, relationships and measures that it has the data for.

Here: what is left out. A column without values, a table without rows, a measure or a relationship that needs either.
Not here: all that a model may have (`tables.py`, `measures/`), and the files (`tmdl.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from string import Template

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.table import Table
from ecom_lake.publish.powerbi.formats import format_of
from ecom_lake.publish.powerbi.measures import MEASURES
from ecom_lake.publish.powerbi.measures.measure import Measure
from ecom_lake.publish.powerbi.tables import CUSTOMER, DEFINITIONS, PRODUCT, RELATED, SELLER, Definition

_REFERENCE = re.compile(r"('[^']+'|\w+)?\[([^\]]+)\]")
"""A column with its table, or a measure, in DAX."""
MEASURE_TABLE = "Key Measures"
"""The table that holds the measures: it has no rows. `Measures` alone is a reserved name."""


READ_TABLES = tuple(
    dict.fromkeys((*(one.gold for one in DEFINITIONS), *(need.split(".")[0] for one in MEASURES for need in one.needs)))
)
"""The gold tables whose columns decide what is in the model. A measure may need a table that is not in it."""


@dataclass(frozen=True)
class ModelColumn:
    name: str
    source: str
    """Its name in gold."""
    column: Column
    format: str
    is_hidden: bool
    is_key: bool
    sort_by: str
    """The name of the column that orders its values; empty for its own order."""


@dataclass(frozen=True)
class ModelTable:
    name: str
    definition: Definition
    contract: Table
    columns: tuple[ModelColumn, ...]
    levels: tuple[str, ...]
    """The columns of its hierarchy; fewer than two are none."""

    def column(self, source: str) -> ModelColumn:
        return next(one for one in self.columns if one.source == source)


@dataclass(frozen=True)
class Relationship:
    table: str
    column: str
    to_table: str
    to_column: str
    is_one_to_one: bool


@dataclass(frozen=True)
class ModelMeasure:
    measure: Measure
    dax: str
    sql: str
    meaning: str
    format: str


@dataclass(frozen=True)
class Model:
    tables: tuple[ModelTable, ...]
    relationships: tuple[Relationship, ...]
    measures: tuple[ModelMeasure, ...]

    @property
    def fields(self) -> frozenset[tuple[str, str]]:
        """Everything that a visual may show: table and column, or table and measure."""
        columns = {(table.name, column.name) for table in self.tables for column in table.columns if not column.is_hidden}
        return frozenset(columns | {(MEASURE_TABLE, one.measure.name) for one in self.measures})


@dataclass(frozen=True)
class Facts:
    """What the model depends on, apart from the contracts."""

    contracts: Mapping[str, Table]
    columns: Mapping[str, frozenset[str]]
    """The columns with values, by gold table."""
    currency: str | None
    cost_coverage: float
    with_personal: bool
    """Whether personal columns are shown. Keys that relate tables are loaded in any case, hidden."""


def model_of(facts: Facts) -> Model:
    tables = tuple(_table(one, facts) for one in DEFINITIONS if one.gold in facts.columns)
    related = tuple(_relationships(tables))
    columns = {(table.name, column.name) for table in tables for column in table.columns}
    measures = _known([_measure(one, facts) for one in MEASURES if _has(facts, one.needs)], columns)
    return Model(tuple(table for table in tables if table.columns), related, measures)


def _has(facts: Facts, needs: tuple[str, ...]) -> bool:
    return all(column in facts.columns.get(table, ()) for table, column in (need.split(".") for need in needs))


def _known(measures: Sequence[ModelMeasure], columns: Set[tuple[str, str]]) -> tuple[ModelMeasure, ...]:
    """The measures whose columns are all there, and whose measures are."""
    names = {one.measure.name for one in measures}
    kept = tuple(
        one for one in measures if all(_is_known(reference, columns, names) for reference in _REFERENCE.findall(one.dax))
    )
    return kept if len(kept) == len(measures) else _known(kept, columns)


def _is_known(reference: tuple[str, str], columns: Set[tuple[str, str]], measures: Set[str]) -> bool:
    table, name = reference
    return (table.strip("'"), name) in columns if table else name in measures


def _table(definition: Definition, facts: Facts) -> ModelTable:
    contract, known = facts.contracts[definition.gold], facts.columns[definition.gold]
    shown = {
        source: name
        for source, name in definition.shown.items()
        if source in known and (facts.with_personal or not contract.columns[source].personal)
    }
    names = shown | {source: source for source in definition.hidden if source in known}
    columns = tuple(_column(definition, contract, source, name, names, facts) for source, name in names.items())
    levels = tuple(names[source] for source in definition.hierarchy[1] if source in shown)
    return ModelTable(definition.name, definition, contract, columns, levels if len(levels) > 1 else ())


def _column(
    definition: Definition, contract: Table, source: str, name: str, names: Mapping[str, str], facts: Facts
) -> ModelColumn:
    column = contract.columns[source]
    return ModelColumn(
        name,
        source,
        column,
        format_of(column, facts.currency),
        is_hidden=source in definition.hidden,
        is_key=source == definition.key,
        sort_by=names.get(definition.sort_by.get(source, ""), ""),
    )


def _relationships(tables: tuple[ModelTable, ...]) -> list[Relationship]:
    columns = {(table.definition.gold, column.source): (table.name, column.name) for table in tables for column in table.columns}
    return [
        Relationship(*columns[one.table, one.column], *columns[one.to_table, one.to_column], one.is_one_to_one)
        for one in RELATED
        if (one.table, one.column) in columns and (one.to_table, one.to_column) in columns
    ]


def _measure(measure: Measure, facts: Facts) -> ModelMeasure:
    lines = {PRODUCT: "Product", SELLER: "Seller"}
    filtered = [f"ISCROSSFILTERED ( {name} )" for gold, name in lines.items() if gold in facts.columns]
    others = [*filtered, "ISFILTERED ( Orders )", *(["ISCROSSFILTERED ( Customer )"] if CUSTOMER in facts.columns else [])]
    values = {
        "by_lines": " || ".join(filtered) or "FALSE ()",
        "by_others": " || ".join(others),
        "cost_coverage": f"{facts.cost_coverage:g}",
    }

    def filled(text: str) -> str:
        return Template(text).substitute(values)

    unit = format_of(measure.column, facts.currency)
    return ModelMeasure(measure, filled(measure.dax), filled(measure.sql), filled(measure.meaning), unit)
