"""What a draft consists of: tables, their cells with confidence and reason, and the words of value maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Confidence = Literal["sure", "likely", "guess"]


@dataclass(frozen=True)
class DraftCell:
    """One canonical column: the SQL expression that makes it, and why."""

    target: str
    expression: str
    confidence: Confidence
    reason: str
    columns: tuple[str, ...] = ()
    """The delivered columns that the expression reads."""


@dataclass(frozen=True)
class DraftWords:
    """A value map: the delivered word → the canonical one."""

    name: str
    words: Mapping[str, str]
    unknown: Mapping[str, int]
    """Words that the vocabulary does not have, and their rows."""
    otherwise: Literal["keep", "null", "refuse"] = "keep"


@dataclass(frozen=True)
class DraftFacet:
    """One canonical table made from one kind of file."""

    table: str
    kind: str
    cells: tuple[DraftCell, ...]
    per: str = ""
    where: str = ""
    words: tuple[DraftWords, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, target: str) -> DraftCell:
        return next(cell for cell in self.cells if cell.target == target)

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(cell.target for cell in self.cells)
