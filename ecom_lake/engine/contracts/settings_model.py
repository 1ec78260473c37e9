"""The base class of settings: pydantic models that declare type, bounds and description on each field.

Here: `SettingsModel`, the validators that keep a number as it was written, and the sentence that explains an invalid value.
Not here: any setting (shop/settings/), and reading lake.toml (settings.py). docs/decisions/0026-pydantic-for-settings.md.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

_DURATION = re.compile(r"(\d{1,5}) (minute|hour|day|week)s?")
DECIMALS = 4
"""Decimal places of an amount or a share; SQL would round further ones."""


class SettingsModel(BaseModel, frozen=True, extra="forbid", strict=True, allow_inf_nan=False):
    """Settings with defaults. Strict: no text becomes a number, a bool is not a number and a datetime is not a date.

    Fingerprints and fitted models store a hash of the repr, so that a value keeps the form in which it was written.
    """

    def with_changes(self, **changes: Any) -> Self:
        """A validated copy; pydantic's own `model_copy` does not validate."""
        return type(self)(**{**dict(self), **changes})


def _exact(value: Any) -> Any:
    """TOML has no decimals: the float 0.1 becomes Decimal("0.1")."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else value


def _as_written(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate, but keep an int where pydantic would return a float: 1 and 1.0 have different hashes."""
    validate(value)
    return value


def _duration(value: Any, info: ValidationInfo) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'{info.field_name} must be a time such as "2 days", "12 hours" or "30 minutes", not {value!r}.')
    return timedelta(**{f"{found[2]}s": int(found[1])})


DURATION = BeforeValidator(_duration)
"""The annotation of a timedelta that is written as a text."""
EXACT = BeforeValidator(_exact)
"""The last annotation of a Decimal: after the bounds, so that they stay in the JSON schema."""
AS_WRITTEN = WrapValidator(_as_written)
"""The last annotation of a float, likewise."""


def sentence(error: ValidationError, model: type[SettingsModel]) -> str:
    """The first problem as one sentence: the setting, the bound and the value; an unknown setting before all others."""
    problems = error.errors(include_url=False)
    problem = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    name = ".".join(map(str, problem["loc"]))
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return unknown_setting(name, model.model_fields)
        case "missing":
            return f"{name} is missing."
        case "value_error":
            return str(context["error"])
        case kind if kind in _REQUIREMENTS:
            shown = problem["input"] if kind in _BOUNDS else repr(problem["input"])
            return f"{name} must {_REQUIREMENTS[kind].format(**context)}, not {shown}."
    return f"{name} is {problem['input']!r}: {problem['msg']}."


_BOUNDS = {
    "greater_than": "be above {gt:,.15g}",
    "greater_than_equal": "be at least {ge:,.15g}",
    "less_than": "be below {lt:,.15g}",
    "less_than_equal": "be at most {le:,.15g}",
    "decimal_max_places": "have at most {decimal_places} decimal places",
    "finite_number": "be a finite number",
}
_REQUIREMENTS = {
    **_BOUNDS,
    "int_type": "be a whole number",
    "bool_type": "be true or false",
    "float_type": "be a number",
    "is_instance_of": "be a number",
    "string_type": "be a text",
    "date_type": "be a date such as 2018-08-31",
    "literal_error": "be {expected}",
}
"""By pydantic's type of error. `is_instance_of` is its error for a Decimal, the only class of our own choice."""


def unknown_setting(name: str, known: Iterable[str]) -> str:
    """An unknown name is most likely a misspelling of the nearest known one."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"the settings are {', '.join(known)}."
    return f"there is no setting '{name}'; {hint}"
