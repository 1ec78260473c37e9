"""A connector: the files of one kind of export, and pure functions from bronze to the canonical shop.

Here: the fields that describe a connector. Its functions take Polars frames and return Polars frames.
Not here: reading the files, selecting the latest version of a row, checking the contract and writing the months
(`engine/build/silver/make_silver.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.contracts.table_id import TableId

if TYPE_CHECKING:
    import polars as pl

Shape = Callable[["pl.DataFrame", Mapping[str, "pl.DataFrame"]], "pl.DataFrame"]
"""From delivered rows (text columns and lineage) and the lookups by source to the contract's columns.

Every column of the `Delivered` exists; an optional column that a file does not have is null. Values may stay text:
`engine/contracts/conform.py` casts them to the types of the contract afterwards. A nullable column may be left out. A shape that
parses a value itself returns the text of an unreadable value, so that the row is refused and not lost. One row in, one row out,
lineage unchanged. The build fills in `month`; the shape of orders returns `ordered_at` parsed, or as a text that starts with
year and month."""


@dataclass(frozen=True)
class Lookup:
    """Rows of another delivered table that a shape needs: the latest row for each value of `on`."""

    source: str
    on: str
    """A delivered column that both tables have. The looked-up rows have each of its values once, trimmed."""
    needs: tuple[str, ...] = ()
    """Columns that the shape needs from a row: a later row without them does not replace an earlier row with them."""


@dataclass(frozen=True)
class RowByRow:
    """A silver table whose rows are delivered one by one; a later good version of a key supersedes an earlier one."""

    contract: Table
    source: str
    shape: Shape
    lookups: tuple[Lookup, ...] = ()
    times: tuple[str, ...] = ()
    """Delivered columns that contain times. The shape gets a time with a zone converted to the shop's zone, without the zone."""


@dataclass(frozen=True)
class Merged:
    """The result of a merge: the canonical rows, and the fates of the delivered rows that are not among them.

    `fates` has source, source_sequence, fate (superseded or collapsed) and rows. `refused` has source, source_sequence,
    source_record, rule, and the delivered column and value that failed it. The published rows are counted in `rows`: each has
    the lineage of one delivered row.
    """

    rows: pl.DataFrame
    fates: pl.DataFrame
    refused: pl.DataFrame


@dataclass(frozen=True)
class ManyToOne:
    """A silver table merged from many delivered rows: a person from aliases, a place from points."""

    contract: Table
    source: str
    merge: Callable[[pl.LazyFrame, pl.LazyFrame], Merged]
    """Gets the delivered rows with lineage, and the order index: order_id, month, ordered_at, customer_key, lineage."""
    times: tuple[str, ...] = ()
    """As in `RowByRow`."""
    reads_orders: bool = True
    """Whether the merge depends on the order index. If not, it gets an empty one, and new orders do not rebuild the table."""


@dataclass(frozen=True)
class Connector:
    name: str
    meaning: str
    delivered: tuple[Delivered, ...]
    orders: RowByRow
    customer_key: str
    """The delivered column of orders that identifies the customer; in the order index it is `customer_key`."""
    lines: tuple[RowByRow, ...]
    """Tables whose rows belong to an order (by a delivered column `order_id`) and to its month."""
    dimensions: tuple[RowByRow | ManyToOne, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    """Tables and columns that this kind of export does not have: `table` or `table.column` → the reason, in a sentence. A gold
    table is named where the columns that it needs exist and never have the values that it needs."""
    undated: Connector | None = None
    """The connector for a shop whose orders have no dates; None if an export of this kind always has them."""
    of_shop: Callable[[Connector, SettingsModel], Connector] | None = None
    """Returns the connector with what the numbers of a shop (`[shops.NAME.numbers]`) determine in its contracts."""
    mapped: tuple[Delivered, ...] = ()
    """The tables that silver reads, where a map makes them from the delivered ones; empty where silver reads these themselves."""

    @property
    def layer(self) -> str:
        """The layer of the tables that silver reads."""
        return "mapped" if self.mapped else "bronze"

    @property
    def sources(self) -> tuple[Delivered, ...]:
        """The tables that silver reads."""
        return self.mapped or self.delivered

    @property
    def reports_landing(self) -> str:
        """The delivered table whose checks report on all files in landing."""
        return self.delivered[0].name if self.mapped else self.orders.source

    def table(self, source: str) -> TableId:
        """The table of the lake with the rows of a source."""
        return TableId(self.layer, source)
