"""The contract of a table, written once as a class: its grain (the docstring), columns, key, rules and identities.

Rules are SQL expressions. Silver's are checked row by row in Polars (`pl.sql_expr`) and use only what Polars and DuckDB share;
gold's are checked by DuckDB in one query per table, and may call its date functions. The dictionary shows both unchanged.
A relation between columns that a meaning states is a rule too; those that several contracts state are in relations.py.
Not here: checking data against a contract (conform.py for silver, `engine/build/step/audit.py` for gold).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from ecom_lake import extras
from ecom_lake.engine.contracts.columns import Column, Integer
from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.contracts.table_id import TableId

if TYPE_CHECKING:
    import polars as pl

Severity = Literal["block", "warn"]


@dataclass(frozen=True)
class Listing:
    """How a warning lists the rows that fail its rule: by the values of one column, the largest sum of another column first."""

    by: str
    sum_of: str
    noun: str
    """The noun for a row, such as order."""


@dataclass(frozen=True)
class Rule:
    """A guarantee about each row: `holds` is a SQL expression; a row for which it is false fails the rule (NULL passes)."""

    name: str
    holds: str
    meaning: str
    severity: Severity = "block"
    listing: Listing | None = None


@dataclass(frozen=True)
class Identity:
    """A guarantee across tables: `breaks` is a query that returns the violations, one row each."""

    name: str
    breaks: str
    meaning: str


@dataclass(frozen=True)
class NarrowInput:
    """What each month of a monthly gold table reads of a table without months; the month's fingerprint covers these rows only."""

    table: str
    columns: tuple[str, ...]
    """The only columns that the month's query sees."""
    matching: str = ""
    """The only rows that it sees: `order_items.product_id` for the rows whose `product_id` occurs in the month's `order_items`;
    `month` for the rows with the month itself in that column; empty for all rows."""


@dataclass(frozen=True)
class Table:
    """A contract as data, as every other part of the lake reads it."""

    name: str
    layer: str
    grain: str
    columns: dict[str, Column]
    rules: tuple[Rule, ...]
    identities: tuple[Identity, ...]
    needs: tuple[str, ...]
    """Silver columns (`order_items.unit_cost`) without which the table would be empty: a shop without one does not get the table.
    Where either of two columns is enough, they are one need: `order_items.unit_cost or products.unit_cost`."""
    monthly: bool
    beside: str = ""
    """The table that this one is built together with; empty for a table that is built alone."""
    group: str = field(default="", repr=False)
    """The heading under which it is shown: the folder of its contract. The registry sets it."""
    overrides: bool = field(default=False, repr=False)
    """Whether it replaces the package's table of this name. Not in the repr, which fingerprints are computed from."""
    extra: str = field(default="", repr=False)
    """The extra of the package without which it is not built (extras.py); empty for none. Not in the repr, which
    fingerprints are computed from: no data file depends on it."""
    partial: bool = False
    """Built from those of its inputs that the shop has. Without `partial`, a missing input leaves the table out."""
    additive: tuple[str, ...] = field(default=(), repr=False)
    """The columns whose values may be summed over any rows of the table. Readers sum no others. Not in the repr, which
    fingerprints are computed from: no data file depends on it."""
    narrow_inputs: tuple[NarrowInput, ...] = ()
    """What a monthly gold table reads of tables without months."""

    @property
    def id(self) -> TableId:
        return TableId(self.layer, self.name)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The Polars type of each column."""
        return {name: column.kind.polars for name, column in self.columns.items()}

    @property
    def shareable(self) -> list[str]:
        """The columns whose values may be shown in previews, examples, evidence and pages: those that are not personal."""
        return [name for name, column in self.columns.items() if column.personal is False]

    @property
    def computed_schema(self) -> dict[str, pl.DataType]:
        """`schema` with decimals as floats, as models compute them: they are rounded when the table is written."""
        import polars as pl

        return {name: pl.Float64() if kind.is_decimal() else kind for name, kind in self.schema.items()}

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.key)


def with_nullable(table: Table, *names: str) -> Table:
    """The same contract, except that these columns may be NULL."""
    return _with_nullability(table, names, nullable=True)


def with_required(table: Table, *names: str) -> Table:
    """The same contract, except that these columns may not be NULL."""
    return _with_nullability(table, names, nullable=False)


def _with_nullability(table: Table, names: tuple[str, ...], nullable: bool) -> Table:
    columns = {name: replace(column, nullable=nullable) if name in names else column for name, column in table.columns.items()}
    return replace(table, columns=columns)


RESERVED = ("rules", "identities", "needs", "additive", "overrides", "narrow_inputs")


class Contract:
    """The base of all contracts. A subclass's snake_case name is the table's name everywhere; `table` is the contract as data."""

    table: ClassVar[Table]
    rules: ClassVar[tuple[Rule, ...]] = ()
    identities: ClassVar[tuple[Identity, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    additive: ClassVar[tuple[str, ...]] = ()
    narrow_inputs: ClassVar[tuple[NarrowInput, ...]] = ()
    overrides: ClassVar[bool] = False
    """Whether a table of a project folder replaces the one of this name."""

    def __init_subclass__(
        cls,
        layer: str = "",
        monthly: bool = False,
        beside: str = "",
        extra: str = "",
        partial: bool = False,
    ) -> None:
        if taken := sorted({"table", *RESERVED} & _columns_of(cls).keys()):
            raise DefinitionError(f"{cls.__name__} has a column called {taken[0]}, which every contract has: rename the column.")
        inherited = {name: value for base in reversed(cls.__mro__[1:]) for name, value in _columns_of(base).items()}
        cls.table = Table(
            name=re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(),
            layer=layer,
            grain=" ".join((cls.__doc__ or "").split()),
            columns=_columns_of(cls) | inherited,
            rules=cls.rules,
            identities=cls.identities,
            needs=cls.needs,
            additive=cls.additive,
            monthly=monthly,
            beside=beside,
            extra=extra,
            partial=partial,
            narrow_inputs=cls.narrow_inputs,
            overrides=cls.overrides,
        )
        if layer:
            _refuse_incomplete(cls)


def _refuse_incomplete(contract: type[Contract]) -> None:
    table, name = contract.table, contract.__name__
    if not table.grain:
        raise DefinitionError(f'{name} has no docstring: state its grain in one sentence, such as """One row per order.""".')
    if not table.key:
        raise DefinitionError(f"{name} has no key: mark the columns that make a row unique with Key(…) or key=True.")
    for column in table.additive:
        if column not in table.columns or not table.columns[column].kind.is_numeric:
            raise DefinitionError(f"{name} states that {column} is additive, which is not a column with numbers.")
    if table.extra and table.extra not in extras.MODULES:
        raise DefinitionError(f"{name} needs the extra '{table.extra}', which does not exist: {', '.join(extras.MODULES)} do.")
    if table.layer == "gold":
        _refuse_wrong_months(table, name)


def _refuse_wrong_months(table: Table, name: str) -> None:
    """Refuse a gold contract whose declaration of months contradicts itself."""
    if table.narrow_inputs and not table.monthly:
        raise DefinitionError(f"{name} has narrow_inputs, which only a monthly table has: declare it with monthly=True.")
    if table.monthly and table.beside:
        raise DefinitionError(f"{name} is monthly, so it cannot be built together with {table.beside}: remove monthly or beside.")
    if table.monthly and ("month" not in table.columns or not table.columns["month"].first_of_month):
        raise DefinitionError(f"{name} is monthly and has no column month: add month = vocabulary.month, the month of its rows.")


def _columns_of(cls: type) -> dict[str, Column]:
    return {name: replace(value, name=name) for name, value in vars(cls).items() if isinstance(value, Column)}


class Silver(Contract):
    """The base of the canonical shop's tables; every row names the delivered record that it came from."""

    source_sequence = Integer("Number of the delivery that this row came from.", at_least=1)
    source_record = Integer("Record of that delivery, counted from 1 after the header.", at_least=1)

    def __init_subclass__(cls, monthly: bool = False) -> None:
        super().__init_subclass__(layer="silver", monthly=monthly)


class Gold(Contract):
    """The base of the tables that people read.

    With `monthly=True` each month is a part of its own, made from the month's parts of its inputs and from `narrow_inputs`.
    """

    def __init_subclass__(cls, monthly: bool = False, beside: str = "", extra: str = "", partial: bool = False) -> None:
        super().__init_subclass__(layer="gold", monthly=monthly, beside=beside, extra=extra, partial=partial)
