"""Who reads a table: other tables, questions, pages of the dashboard, sheets of the workbook, tables of the Power BI model.

Pages of the dashboard are taken from the tables of docs/dashboard.md, everything else from the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecom_lake.engine.contracts.question import Question
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table import Identity
from ecom_lake.publish.excel.sheets import SHEETS
from ecom_lake.publish.powerbi.tables import DEFINITIONS

_NAME = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class Stated:
    """An identity, and the table whose contract states it."""

    table: str
    identity: Identity
    reads: tuple[str, ...]


class Use:
    def __init__(self, registry: Registry, dashboard: str) -> None:
        """`dashboard`: the text of docs/dashboard.md."""
        self._registry = registry
        self._pages = {name: tuple(dict.fromkeys(sections)) for name, sections in _pages(dashboard).items()}
        self._identities = tuple(
            Stated(table.name, identity, tables_in(identity.breaks))
            for table in registry.tables.values()
            for identity in table.identities
        )
        self._readers: dict[str, set[str]] = {}
        for name in registry.gold:
            for read in registry.recipe(name).reads:
                self._readers.setdefault(read, set()).add(name)

    def inputs(self, table: str) -> tuple[str, ...]:
        """The tables that a gold table is made from; none for a silver table."""
        if table not in self._registry.gold:
            return ()
        made_with = self._registry.recipe(table).tables
        return tuple(
            read for read in self._registry.recipe(table).reads if read in self._registry.tables and read not in made_with
        )

    def readers(self, table: str) -> tuple[str, ...]:
        made_with = self._registry.recipe(table).tables if table in self._registry.gold else ()
        return tuple(sorted(self._readers.get(table, set()) - {table, *made_with}))

    def identities(self, table: str) -> tuple[Stated, ...]:
        """The identities that a table's contract states, then those of other contracts that read the table."""
        own = [one for one in self._identities if one.table == table]
        return (*own, *(one for one in self._identities if one.table != table and table in one.reads))

    def questions(self, table: str) -> tuple[Question, ...]:
        return tuple(one for one in self._registry.questions if table in one.reads)

    def pages(self, table: str) -> tuple[str, ...]:
        """The sections of docs/dashboard.md that name the table."""
        return self._pages.get(table, ())

    def sheets(self, table: str) -> tuple[str, ...]:
        return tuple(one.name for one in SHEETS if one.table == table)

    def power_bi(self, table: str) -> tuple[str, ...]:
        return tuple(one.name for one in DEFINITIONS if one.gold == table)


def _pages(text: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section, name in _reads(text):
        found.setdefault(name, []).append(section)
    return found


def _reads(text: str) -> Iterator[tuple[str, str]]:
    """The heading and each name in the last column of the tables whose last column is called reads."""
    heading, is_of_reads = "", False
    for line in text.splitlines():
        if line.startswith("## "):
            heading, is_of_reads = line.removeprefix("## ").strip(), False
        elif line.startswith("|"):
            last = line.strip().strip("|").split("|")[-1]
            is_of_reads = is_of_reads or last.strip() == "reads"
            if is_of_reads:
                yield from ((heading, name) for name in _NAME.findall(last))
