"""What a connector is: the files of one kind of export, and pure functions from bronze to the canonical shop.

Here: the words in which a connector describes itself. Its functions get Polars frames and give Polars frames. Who reads
the files, picks the latest version of a row, holds the contract and writes the months is `engine/build/silver/make_silver.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.table import Table

Shape = Callable[[pl.DataFrame, Mapping[str, pl.DataFrame]], pl.DataFrame]
"""From delivered rows (text columns and lineage) and the lookups by source to the contract's columns.

Every column of the `Delivered` is there, null where a file did not have an optional one. Values may stay text: the contract
casts them afterwards (`engine/contracts/conform.py`), and what it may hold as null may be left out. A shape that reads a value
itself still hands on the text, so that an unreadable one is refused and not lost. One row in, one row out, lineage untouched.
`month` is filled in by the pipeline; the shape of orders gives `ordered_at` read or as a text that starts with year and month."""


@dataclass(frozen=True)
class Lookup:
    """Rows of another delivered table that a shape wants beside its own: the latest one for each value of `on`."""

    source: str
    on: str
    """A delivered column that both tables have. The looked-up rows have it trimmed, each value once."""
    needs: tuple[str, ...] = ()
    """Columns without which a row is no use to the shape: one that lacks them does not hide an earlier one that has them."""


@dataclass(frozen=True)
class RowByRow:
    """A silver table whose rows are delivered one by one; a later good version of a key supersedes an earlier one."""

    contract: Table
    source: str
    shape: Shape
    lookups: tuple[Lookup, ...] = ()
    times: tuple[str, ...] = ()
    """Delivered columns that hold times. The shape gets a time that has a zone as a time of the shop's zone, without the zone."""


@dataclass(frozen=True)
class Merged:
    """What a merge gives: the canonical rows, and where the delivered rows went that are not among them.

    `fates` has source, source_sequence, fate (superseded or collapsed) and rows. `refused` has source, source_sequence,
    source_record, rule, and the delivered column and value that broke it. The published ones are counted from `rows`, one
    delivered row each, by its lineage.
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
    """As of a table whose rows are delivered one by one."""


@dataclass(frozen=True)
class Connector:
    name: str
    meaning: str
    delivered: tuple[Delivered, ...]
    orders: RowByRow
    customer_key: str
    """The delivered column of orders that names who ordered; it stands in the order index as `customer_key`."""
    lines: tuple[RowByRow, ...]
    """What belongs to an order (by a delivered column `order_id`) and lies in its month."""
    dimensions: tuple[RowByRow | ManyToOne, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    """What this kind of export cannot know: `table` or `table.column` → why, in a sentence."""
    undated: Connector | None = None
    """The same for a shop whose orders have no dates; None where an export of this kind always has them."""
