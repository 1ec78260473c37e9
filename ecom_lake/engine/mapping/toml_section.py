"""One section of a map file: its entries by type, and a sentence for every entry that is missing, unknown or of another type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecom_lake.engine.landing.similar_names import nearest
from ecom_lake.engine.mapping.definitions import MapError

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class Section:
    """A table of a TOML file with its name, such as [files.orders]. `close` refuses the entries that were not read."""

    def __init__(self, where: str, name: str, entries: Any) -> None:
        self.where, self.name = where, name
        if not isinstance(entries, dict):
            raise MapError(where, f"{name} must be a table, such as [{name}], not {entries!r}.")
        self._entries: Mapping[str, Any] = entries
        self._known: list[str] = []

    def wrong(self, sentence: str) -> MapError:
        return MapError(self.where, f"[{self.name}] {sentence}" if self.name else sentence)

    def text(self, key: str, default: str | None = None) -> str | None:
        value = self._value(key, default)
        if value is not None and not isinstance(value, str):
            raise self.wrong(f"{key} must be a text, not {value!r}.")
        return value

    def needed(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise self.wrong(f"needs {key}.")
        return value

    def flag(self, key: str) -> bool:
        value = self._value(key, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} must be true or false, not {value!r}.")
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str | None) -> str | None:
        value = self.text(key, default)
        if value is not None and value not in allowed:
            raise self.wrong(f"{key} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise self.wrong(f"{key} must be a list of texts, not {value!r}.")
        return tuple(listed)

    def section(self, key: str) -> Section:
        return Section(self.where, f"{self.name}.{key}" if self.name else key, self._value(key, {}))

    def sections(self, key: str) -> list[Section]:
        """The sections [key], or each [[key]]."""
        value = self._value(key, [])
        listed = value if isinstance(value, list) else [value]
        return [Section(self.where, f"{self.name}.{key}" if self.name else key, one) for one in listed]

    def has(self, key: str) -> bool:
        return key in self._entries

    def cell(self, key: str) -> str | None:
        """An expression: a text, or a number, true or false, which may be written without quotes."""
        value = self._value(key, None)
        if isinstance(value, bool):
            return str(value).lower()
        if value is None or isinstance(value, str):
            return value
        if not isinstance(value, int | float) or not _NUMBER.fullmatch(str(value)):
            raise self.wrong(f"{key} must be an expression in quotes, not {value!r}.")
        return str(value)

    def names(self) -> list[str]:
        return list(self._entries)

    def close(self, known: Iterable[str] = ()) -> None:
        """Refuse the entries that nobody read."""
        everything = list(dict.fromkeys([*self._known, *known]))
        for name in self._entries:
            if name not in everything:
                near = nearest(name, everything)
                hint = f"did you mean {near}?" if near else f"it may have {', '.join(everything)}."
                raise self.wrong(f"has no entry {name}; {hint}" if self.name else f"There is no [{name}] in a map; {hint}")

    def _value(self, key: str, default: Any) -> Any:
        self._known.append(key)
        return self._entries.get(key, default)
