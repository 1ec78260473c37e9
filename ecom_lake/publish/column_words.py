"""The names of columns as people read them: `avg_lead_days` is "average lead days"."""

from __future__ import annotations

_WHOLE = {f"{end}_{level}": f"{level}% interval, {end}" for end in ("low", "high") for level in (80, 95)}
_WORDS = {
    "abc": "ABC",
    "aov": "average order value",
    "ari": "adjusted Rand index",
    "avg": "average",
    "ci": "interval",
    "cogs": "cost of goods sold",
    "gmv": "gross merchandise value",
    "id": "ID",
    "mom": "month over month",
    "nps": "NPS",
    "p90": "90th percentile of",
    "rfm": "RFM",
    "smd": "standardized mean difference",
    "yoy": "year over year",
}
"""What stands for a part of a name that is short for something."""


def in_words(column: str) -> str:
    """Within a sentence or a table."""
    return _WHOLE.get(column) or " ".join(_WORDS.get(part, part) for part in column.split("_"))


def as_heading(column: str) -> str:
    """The same with a capital, as the heading of a column."""
    words = in_words(column)
    return words[:1].upper() + words[1:]
