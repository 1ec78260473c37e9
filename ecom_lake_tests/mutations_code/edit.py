"""A wrong edit of the code: one that a careless colleague could make, and that the tests near it must detect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecom_lake_tests.project import PROJECT


@dataclass(frozen=True)
class Edit:
    file: str
    """The path in the package, such as `engine/store/log.py`."""
    what: str
    old: str
    """A text that occurs exactly once in the file."""
    new: str
    tests: tuple[str, ...]
    """The files of tests near it, the first to fail first; paths in `ecom_lake_tests`."""

    @property
    def path(self) -> str:
        return f"ecom_lake/{self.file}"

    def applied(self) -> str:
        """The text of the file with the edit."""
        text = (PROJECT / self.path).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise LookupError(f"{self.path}: '{self.old}' occurs {text.count(self.old)} times, and not once: '{self.what}'.")
        return text.replace(self.old, self.new)


def edits_of(file: str, tests: Iterable[str], *edits: tuple[str, str, str]) -> tuple[Edit, ...]:
    return tuple(Edit(file, what, old, new, tuple(tests)) for what, old, new in edits)
