"""The outcome of a step, in sentences and data: files written, files kept, results of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecom_lake.engine.contracts.table import Severity
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import File


@dataclass(frozen=True)
class Check:
    """The result of a check. A failed blocking check prevents the commit of its table."""

    table: TableId
    name: str
    passed: bool
    severity: Severity
    says: str
    evidence: tuple[Mapping[str, Any], ...] = ()

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "block"


@dataclass(frozen=True)
class Outcome:
    """One table after a step."""

    table: TableId
    files: Mapping[Part, File] = field(default_factory=dict)
    """The current file of each requested part."""
    written: tuple[Part, ...] = ()
    """The requested parts that were rebuilt; the others were unchanged."""
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return any(check.blocks for check in self.checks)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files.values())
