"""What a draft maps to: the canonical tables, and the names that their columns have elsewhere.

The shop gives both: contracts, and a vocabulary file (TOML) with names and words. Here: the types. A *clue* is a column that the
canonical shop does not have and that helps to make one that it has: the total of a line, an e-mail address.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.mapping.draft.names import Words


@dataclass(frozen=True)
class Target:
    """One canonical column, or a clue."""

    name: str
    column: Column
    names: tuple[frozenset[str], ...]
    """The words of its names elsewhere, its own name first, then the most usual one."""
    is_clue: bool = False
    additions: tuple[frozenset[str], ...] = ()
    """Words that a name may have in addition without another meaning, such as `excl tax` of a price."""


@dataclass(frozen=True)
class TargetTable:
    name: str
    meaning: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    targets: tuple[Target, ...]
    things: tuple[str, ...]
    """The nouns for one row: customer, client, buyer. In a name they say whose the column is."""
    made: Mapping[str, str] = field(default_factory=dict)
    """How a required column is made where no file has it: `order_items.line` → `nth()`."""

    def __getitem__(self, name: str) -> Target:
        return next(target for target in self.targets if target.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(target.name for target in self.targets)


@dataclass(frozen=True)
class LineAmounts:
    """The columns from which the sales of a line are computed: price × quantity − discount."""

    table: str
    price: str
    quantity: str
    discount: str
    charges: tuple[str, ...]
    """Amounts in addition to the sales: freight, tax."""
    line_total: str
    """The clue: an amount for the whole line."""
    stated: tuple[tuple[str, str], ...]
    """Columns (table, column) or clues that state the total of an order, or add up to it."""
    orders: str
    """The table of orders."""
    product: str
    cost: str
    """The cost of a unit."""
    order_key: str


@dataclass(frozen=True)
class SaleMarks:
    """What states that an order or a line is no sale."""

    flag: str
    """The column of orders and of lines, whether they are sales."""
    status: str
    """The status of an order."""
    canceled_at: str
    """The clue: the time of a cancellation."""
    canceled: str
    """The status of an order that was canceled."""
    payments: tuple[str, str]
    """The table of payments, and its amount. Its status, named like that of an order, states whether it was paid."""
    perhaps_unpaid: tuple[str, ...]
    """The statuses of orders that may have no payment."""


@dataclass(frozen=True)
class Targets:
    tables: tuple[TargetTable, ...]
    words: Words
    value_words: Mapping[str, Mapping[str, str]]
    """For a column with fixed values, `orders.status`: the words of other shops → the canonical value."""
    amounts: LineAmounts
    marks: SaleMarks
    amount_words: frozenset[str]
    """Words that make an amount another one, such as tax: `tax total` is no total."""
    recognized: Mapping[str, str]
    """By column or clue: a regular expression for values that show it under any name, such as e-mail addresses."""
    shapes: Mapping[str, str]
    """By column or `table.column`: what its values look like, so that a name alone is not believed (confidence.py)."""
    doubted_without: Mapping[str, str]
    """By `table.column`: another column of the table that other systems call so, and that must be there for a sure one."""
    ids: tuple[str, ...]
    """The keys that several tables share, such as order_id: a column that has one is used for each of these tables."""

    def __getitem__(self, table: str) -> TargetTable:
        return next(one for one in self.tables if one.name == table)

    def is_known(self, name: str) -> bool:
        """Whether a name consists of words that some column's name has."""
        words = self.words.of_name(name)
        return bool(words) and words <= self._known_words

    @cached_property
    def _known_words(self) -> frozenset[str]:
        named = (words for table in self.tables for target in table.targets for words in target.names)
        return frozenset(self.words.english.values()).union(*named)

    def shape_of(self, table: str, column: str) -> str:
        return self.shapes.get(f"{table}.{column}", self.shapes.get(column, ""))


@dataclass(frozen=True)
class Vocabulary:
    """The vocabulary file, parsed."""

    words: Words
    things: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]
    """By `column`, or by `table.column` where a table has a column under other names."""
    clues: Mapping[str, Mapping[str, tuple[str, ...]]]
    made: Mapping[str, Mapping[str, str]]
    values: Mapping[str, Mapping[str, str]]
    shapes: Mapping[str, str]
    amount_words: frozenset[str]
    recognized: Mapping[str, str]
    additions: Mapping[str, tuple[str, ...]]
    doubted_without: Mapping[str, str]

    def words_of_names(self, table: str, column: str) -> tuple[frozenset[str], ...]:
        """Of the column's own name, and of those in other systems."""
        others = self.names.get(f"{table}.{column}") or self.names.get(column) or self.clues.get(table, {}).get(column, ())
        return tuple(self.words.of_name(name) for name in (column, *others))

    def additions_of(self, table: str, column: str) -> tuple[frozenset[str], ...]:
        found = self.additions.get(f"{table}.{column}") or self.additions.get(column, ())
        return tuple(self.words.of_name(words) for words in found)


def read_vocabulary(text: str, where: str) -> Vocabulary:
    try:
        data: dict[str, Any] = tomllib.loads(text)
        return Vocabulary(
            words=Words.of(data["words"]),
            things={table: tuple(words) for table, words in data["things"].items()},
            names={name: tuple(names) for name, names in data["names"].items()},
            clues={table: {name: tuple(names) for name, names in clues.items()} for table, clues in data["clues"].items()},
            made=data["made"],
            values={
                column: {word: value for value, words in values.items() for word in words}
                for column, values in data["values"].items()
            },
            shapes=data["shapes"],
            amount_words=frozenset(data["amounts"]["words"]),
            recognized=data["recognized"],
            additions={name: tuple(words) for name, words in data["additions"].items()},
            doubted_without=data["doubted_without"],
        )
    except (tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise DefinitionError(f"{where} is not a vocabulary: {error}.") from None
