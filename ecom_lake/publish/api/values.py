"""Values in an address: text that becomes a value of a column's type, and back.

A value is bound to the query, never inserted into its text. Not here: reading delivered files, which is more lenient
(engine/contracts/reading.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ecom_lake.engine.contracts.columns import Column
from ecom_lake.publish.api.problem import ProblemError

_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,9})?", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?", re.ASCII)


def value_of(column: Column, text: str) -> Any:
    """The value of a column in a text. Raises `ProblemError` where the text is not one."""
    known, read, example = _READERS[column.kind.name]
    try:
        if known.fullmatch(text):
            return read(text)
    except ValueError:
        pass
    raise ProblemError(422, f"{column.name} must be {example}, not '{text}'.")


def text_of(value: Any) -> str | None:
    """A value as a text that `value_of` reads back, exactly; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _day(text: str) -> date:
    return date.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)


_Reader = tuple[re.Pattern[str], Callable[[str], Any], str]
_READERS: Mapping[str, _Reader] = {
    "text": (re.compile(r".*", re.DOTALL), str, "a text"),
    "integer": (_WHOLE, int, "a whole number"),
    "money": (_DECIMAL, Decimal, "an amount such as 19.90"),
    "price": (_DECIMAL, Decimal, "an amount such as 19.90"),
    "number": (re.compile(r"[-+0-9.eE]{1,40}", re.ASCII), _number, "a number such as 0.25"),
    "flag": (re.compile("true|false"), "true".__eq__, "true or false"),
    "date": (
        re.compile(f"{_MONTH.pattern}|{_DAY.pattern}", re.ASCII),
        _day,
        "a date such as 2018-08-31, or a month such as 2018-08",
    ),
    "timestamp": (_TIME, datetime.fromisoformat, "a time such as 2018-08-31T14:00:00"),
}
