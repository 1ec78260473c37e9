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
    ids: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    """Column → the kind of id that it holds, such as `PERSON`, the owner's first: a value of a later column belongs to the value
    of an earlier one. Empty for a table about no person. Not in the repr, from which fingerprints are made, nor in the hash."""
    personal: tuple[str, ...] = field(default=(), repr=False)
    """The other columns whose values are personal. A column that is not declared at all counts as personal."""

    texts: tuple[str, ...] = field(default=(), repr=False)
    """The personal columns with texts that somebody wrote, which retention empties by age."""
    written_at: tuple[str, ...] = field(default=(), repr=False)
    """The columns with the time at which the texts of a row were written; the first one with a date counts."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


PERSON, ALIAS = "person", "alias"
"""The kinds of ids by which a person is found: the person's own, and a further one of the same person."""

SPACES = "spaces"
"""The separator of a file whose columns are separated by any number of blanks."""

LINEAGE = ("source_sequence", "source_record")
"""The two lineage columns of every bronze row: the number of its delivery, and of its record there, counted from 1."""
