"""What a kind of export delivers: its files, their columns and keys.

Here: the words in which a connector says what it takes. Every field of a delivered file is text.
Not here: how a file is read (landing/), or what becomes of its rows (connectors/).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delivered:
    """One table of an export. Its name is the bronze table's name."""

    name: str
    meaning: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    """Stems by which a file is known, without case, suffix or date: a file is otherwise known by its columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


LINEAGE = ("source_sequence", "source_record")
"""The two columns that every bronze row carries: the number of its delivery and its record there, counted from 1."""
