"""Validation of the nightly schedule of a shop: its cron expression and its time zone.

Here: one sentence for an error. Dagster accepts every schedule that is accepted here (a test compares the two); importing Dagster
takes about a second, which is too long for a command that only reads settings.
Not here: the schedule (engine/dagster/jobs.py).
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from dataclasses import dataclass

ALIASES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_LOOKS = "must be a cron expression of five fields (minute, hour, day, month, weekday), such as '0 3 * * *'"
_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """The names of its numbers, from the lowest."""


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


def cron_problem(expression: str) -> str | None:
    """The error in a cron expression; None if it is valid."""
    if expression in ALIASES:
        return None
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        return f"{_LOOKS}, not '{expression}'"
    values: dict[str, set[int]] = {}
    for field, text in zip(_FIELDS, texts, strict=True):
        found = _values(field, text)
        if found is None:
            return f"{_LOOKS}; its {field.name} '{text}' is not within {field.low} to {field.high}"
        values[field.name] = found
    if min(values["day"]) > max(_DAYS[month - 1] for month in values["month"]):
        return f"names a date that does not exist: day '{texts[2]}' of month '{texts[3]}'"
    return None


def _values(field: _Field, text: str) -> set[int] | None:
    """The numbers of a field; None if it is invalid."""
    values: set[int] = set()
    for item in text.lower().split(","):
        found = _ITEM.fullmatch(item)
        if not found:
            return None
        first, last, step = found.groups()
        if first and step and not last:
            return None  # cron implementations differ on what 5/10 means
        low = _number(field, first) if first else field.low
        high = _number(field, last) if last else low if first else field.high
        every = int(step or 1)
        if low is None or high is None or not field.low <= low <= high <= field.high or not 1 <= every <= field.high:
            return None
        values |= set(range(low, high + 1, every))
    return values


def _number(field: _Field, word: str) -> int | None:
    if word in field.names:
        return field.names.index(word) + field.low
    return int(word) if word.isdecimal() and len(word) <= 2 else None


def timezone_problem(name: str) -> str | None:
    """The error in the name of a time zone; None if it is valid."""
    if name in ("Factory", "localtime", "posixrules") or name.startswith(("posix/", "right/")):
        return f"'{name}' is not the name of a time zone; use a name such as 'UTC' or 'America/Sao_Paulo'."
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = {zone.lower(): zone for zone in zoneinfo.available_timezones()}
        near = difflib.get_close_matches(name.lower(), known, 1)
        hint = f"did you mean '{known[near[0]]}'?" if near else "use a name such as 'UTC' or 'America/Sao_Paulo'."
        return f"'{name}' is not a time zone; {hint}"
    return None
