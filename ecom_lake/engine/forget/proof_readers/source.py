"""A file to search: its bytes on this machine, and the name under which people know it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEEPEST = 8
"""Archives within archives that are unpacked."""


@dataclass(frozen=True)
class Source:
    path: Path
    place: str
    """Its name for people: a path, a URL, or `dump.zip/orders.csv`."""
    name: str
    """The part of its name that is searched: below the place that was named, which the caller chose."""
    scratch: Path
    """A folder for what is unpacked."""
    depth: int = 0
    """How many archives it is packed in."""

    def inner(self, path: Path, name: str) -> Source:
        return Source(path, f"{self.place}/{name}" if name else self.place, name, self.scratch, self.depth + 1)
