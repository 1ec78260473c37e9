"""A map: the files of an export and how each of their rows becomes a row of a canonical table.

Here: what a map consists of.
Not here: reading a map from its file (map_file.py), compiling it (compiled.py), running it (run_facet.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.errors import UserError


class MapError(DefinitionError):
    """A map is wrong: one sentence with its file, table and cell. Raised before any row is read where that is possible."""

    def __init__(self, where: str, sentence: str) -> None:
        UserError.__init__(self, f"{where}: {sentence}")


Whole = Literal["rows", "order", "file"]
"""What a new delivery replaces: rows with the same key, all lines of an order that comes again, or everything."""
Else = Literal["keep", "null", "refuse"]


@dataclass(frozen=True)
class Unfold:
    """One record for each line that is packed in a column of another kind."""

    of: str
    column: str
    by: str
    """Separates the lines."""
    fields: str | None = None
    """Separates the fields of a line; None: a line is one field."""
    name: str | None = None
    """Separates a field's name from its value; None: the fields are in the order of `header`."""


@dataclass(frozen=True)
class Kind:
    """A kind of file. Its columns are the ones that the map reads; own names are in snake case."""

    name: str
    file_names: tuple[str, ...] = ()
    """Patterns such as `orders_export*`; without one, a file is recognised by its columns."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Own name → headers in the file, of which the file has one. Other headers are in snake case."""
    optional: tuple[str, ...] = ()
    """Columns that a file may lack; every other column that the map reads is required."""
    separator: str | None = None
    """One character, or `spaces`; None: found by itself."""
    header: tuple[str, ...] = ()
    """The names of the columns of a file that has no header; of an unfolded kind, its fields."""
    decimal: str | None = None
    """The sign before the decimals in num(); None: a point, or a comma where it cannot separate thousands."""
    null: tuple[str, ...] = ()
    """Texts that mean that there is no value."""
    date_formats: tuple[str, ...] = ()
    whole: Whole = "rows"
    drop: tuple[str, ...] = ()
    """Columns that are never stored."""
    unfold: Unfold | None = None


@dataclass(frozen=True)
class Facet:
    """One kind read as one canonical table."""

    target: str
    kind: str
    cells: Mapping[str, str]
    """Column of the target → SQL expression."""
    per: str | None = None
    """The key of a group of records in one delivery."""
    where: str | None = None
    join: Mapping[str, str] = field(default_factory=dict)
    """Name of a lookup → the expression whose value is looked up."""

    @property
    def name(self) -> str:
        """Unique in a map."""
        return f"{self.target} from {self.kind}"


@dataclass(frozen=True)
class MapLookup:
    """Rows of a kind that are found by a key: the latest row of each key, or the rows of a query in which the key is unique."""

    name: str
    on: str
    kind: str | None = None
    sql: str | None = None


@dataclass(frozen=True)
class Words:
    """The canonical words for the values of a column; upper and lower case are the same."""

    name: str
    values: Mapping[str, str | None]
    otherwise: Else
    """What a value becomes that is not listed. `refuse`: itself, so that a contract that lists its values refuses the row."""


@dataclass(frozen=True)
class MapCheck:
    """A condition that every record of a kind is expected to meet; the others are counted."""

    kind: str
    holds: str
    says: str


@dataclass(frozen=True)
class Map:
    name: str
    meaning: str
    kinds: Mapping[str, Kind]
    facets: tuple[Facet, ...]
    lookups: Mapping[str, MapLookup]
    words: Mapping[str, Words]
    checks: tuple[MapCheck, ...]
    draft: bool
    targets: Mapping[str, Delivered]
    """The canonical tables that its facets make, by name."""
    where: str
    """The file, for messages."""

    def file_kind(self, name: str) -> Kind:
        """The kind of the file that holds the records of a kind: of an unfolded kind, the one whose lines it unfolds."""
        kind = self.kinds[name]
        return self.file_kind(kind.unfold.of) if kind.unfold else kind
