"""A page's own query parameters, such as the measure that a chart shows. Each has a few values, the first of which is the
default, or takes any text and is empty by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ecom_lake.errors import UsageError


@dataclass(frozen=True)
class Options:
    allowed: Mapping[str, Sequence[str]]
    """The values of each, as the page declares them; none where it takes any text."""
    given: Mapping[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return (self.given or {}).get(name) or self._default(name)

    def having(self, values: Mapping[str, str]) -> Options:
        return replace(self, given={**(self.given or {}), **values})

    @property
    def changed(self) -> Mapping[str, str]:
        """What differs from the defaults."""
        return {name: self[name] for name in self.allowed if self[name] != self._default(name)}

    def query(self) -> str:
        """What differs from the defaults, as a part of a URL's query."""
        return urlencode(self.changed)

    def _default(self, name: str) -> str:
        return next(iter(self.allowed[name]), "")


NO_OPTIONS = Options({})


def read_options(allowed: Mapping[str, Sequence[str]], query: Mapping[str, str]) -> Options:
    """Raises `UsageError`, one sentence, for a value that a parameter does not take."""
    given = {name: value for name in allowed if (value := query.get(name))}
    for name, value in given.items():
        if allowed[name] and value not in allowed[name]:
            raise UsageError(f"{name} must be {', '.join(allowed[name][:-1])} or {allowed[name][-1]}, not '{value}'.")
    return Options(allowed, given)
