"""The files of a kind of export, and their columns.

Here: how a connector declares the files that it reads. Every field of a delivered file is text.
Not here: how a file is read (engine/landing/), how its rows become silver (shop/connectors/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileFormat:
    """How files of a map's kind are named and written. Their headers are stored in snake case."""

    patterns: tuple[str, ...] = ()
    """Patterns of file names that identify the kind, such as `orders_export*`; upper and lower case are the same."""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column → the headers that it may have, in snake case. A column that is not listed has its own name."""
    separator: str | None = None
    """One character, or `SPACES`; None: found from the first line."""
    header: tuple[str, ...] = ()
    """The columns of a file that has no header."""
    drop: tuple[str, ...] = ()
    """Columns that are not stored."""


@dataclass(frozen=True)
class Delivered:
    """One table of an export. Its name is the bronze table's name."""

    name: str
    meaning: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    """Stems of file names that identify the table, without case, suffix or date; other files are recognised by their columns."""
    file_format: FileFormat | None = None
    """None: any delimited text, whose headers are the names of the columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


SPACES = "spaces"
"""The separator of a file whose columns are separated by any number of blanks."""

LINEAGE = ("source_sequence", "source_record")
"""The two lineage columns of every bronze row: the number of its delivery, and of its record there, counted from 1."""
