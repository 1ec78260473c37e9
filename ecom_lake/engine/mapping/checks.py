"""The checks of a map, run on delivered rows: how many records do not meet each condition.

A check is run like a table with one column: its condition. Not here: how the result is reported (engine/build/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.mapping.definitions import Facet, Map, MapCheck
from ecom_lake.engine.mapping.run_facet import map_rows

_CHECK, _HOLDS = "checks", "holds"


@dataclass(frozen=True)
class CheckResult:
    check: MapCheck
    records: int
    failed: int
    """Records for which the condition is false, or whose values cannot be read; a condition that is NULL is met."""


def run_checks(map_: Map, kinds: Mapping[str, pl.DataFrame], timezone: str) -> tuple[CheckResult, ...]:
    """The result of every check whose file kind is among `kinds`: delivered rows as text, with lineage."""
    as_tables = replace(map_, targets={_CHECK: Delivered(_CHECK, "", (_HOLDS,))})
    files = [map_.file_kind(check.kind).name for check in map_.checks]
    return tuple(
        _run(as_tables, check, kinds[file], timezone) for check, file in zip(map_.checks, files, strict=True) if file in kinds
    )


def _run(map_: Map, check: MapCheck, rows: pl.DataFrame, timezone: str) -> CheckResult:
    facet = Facet(_CHECK, check.kind, {_HOLDS: check.holds})
    holds = map_rows(map_, facet, rows, {}, timezone, b"").rows[_HOLDS]
    return CheckResult(check, len(holds), int((holds != "true").sum()))
