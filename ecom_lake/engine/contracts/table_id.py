"""Which table of a lake, and which part of it.

Strings such as `gold/rfm` and `month=2018-08` are written in the log, in paths and in messages; they are parsed where the
log is read (engine/store/entry_json.py).
"""

from __future__ import annotations

from dataclasses import dataclass

_MONTH = "month="


@dataclass(frozen=True, order=True, slots=True)
class TableId:
    layer: str
    """bronze, rejects, mapped, silver, quarantine, pending or gold."""
    name: str

    def __str__(self) -> str:
        return f"{self.layer}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> TableId:
        layer, slash, name = text.partition("/")
        if not (layer and slash and name):
            raise ValueError(f"'{text}' is not the layer and the name of a table, such as gold/rfm")
        return cls(layer, name)


@dataclass(frozen=True, slots=True)
class Part:
    """A table is one part (both fields are empty), or one part per month, or one per batch of rows."""

    month: str = ""
    """2018-08, or `undated`."""
    batch: str = ""
    """The number of a delivery; or `unplaced`, for quarantined rows that belong to no month."""

    def __str__(self) -> str:
        return f"{_MONTH}{self.month}" if self.month else self.batch

    def __lt__(self, other: Part) -> bool:
        """The order of the strings, in which the version of a table is computed."""
        return str(self) < str(other)

    @classmethod
    def parse(cls, text: str) -> Part:
        return cls(month=text.removeprefix(_MONTH)) if text.startswith(_MONTH) else cls(batch=text)


WHOLE = Part()
"""The only part of a table that is one file."""
