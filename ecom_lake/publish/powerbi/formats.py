"""Format strings of Power BI, by the unit of a number; and the three names of each type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecom_lake.engine.contracts.columns import Column


@dataclass(frozen=True)
class PowerBIType:
    """A contract's type in TMDL and in M."""

    tmdl: str
    m: str


TYPES: Mapping[str, PowerBIType] = {
    "text": PowerBIType("string", "type text"),
    "integer": PowerBIType("int64", "Int64.Type"),
    "money": PowerBIType("decimal", "Currency.Type"),
    "price": PowerBIType("decimal", "Currency.Type"),
    "number": PowerBIType("double", "type number"),
    "flag": PowerBIType("boolean", "type logical"),
    "date": PowerBIType("dateTime", "type date"),
    "timestamp": PowerBIType("dateTime", "type datetime"),
}
_UNITS = {
    "count": "#,##0",
    "share": "0.0%",
    "growth": "+0.0%;-0.0%;0.0%",
    "ratio": "0.00",
    "days": "#,##0.0",
    "hours": "#,##0.0",
    "score": "0.00",
    "points": "0",
}
_KINDS = {"integer": "0", "number": "#,##0.00", "date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:nn"}


def format_of(column: Column, currency: str | None) -> str:
    """The format of a column's values, or of a measure with its unit; empty for texts and flags."""
    if column.unit == "money":
        return f"{_escaped(currency)}#,##0.00"
    if column.first_of_month:
        return "mmm yyyy"
    return _UNITS.get(column.unit or "", "") or _KINDS.get(column.kind.name, "")


def _escaped(currency: str | None) -> str:
    """The currency sign, each character as a literal, and a space."""
    return "".join(f"\\{sign}" for sign in currency) + "\\ " if currency else ""
