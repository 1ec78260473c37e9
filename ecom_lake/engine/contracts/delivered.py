"""The files of a kind of export, and their columns.

Here: how a connector declares the files that it reads. Every field of a delivered file is text.
Not here: how a file is read (engine/landing/), how its rows become silver (shop/connectors/).
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
    """Stems of file names that identify the table, without case, suffix or date; other files are recognised by their columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


LINEAGE = ("source_sequence", "source_record")
"""The two lineage columns of every bronze row: the number of its delivery, and of its record there, counted from 1."""
