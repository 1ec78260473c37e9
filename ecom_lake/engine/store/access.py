"""How remote stores are reached, where local copies of their files are kept, and who may read a local lake. Set by settings.py.

A secret is shown only by `reveal`: not in messages, logs, reprs or run metadata.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

NO_SECRET = "not given"


class Secret:
    """A text that prints as stars."""

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "***" if self else NO_SECRET

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True)
class Access:
    account: str = ""
    """The storage account that key and SAS belong to, and that az:// means."""
    connection_string: Secret = field(default_factory=Secret)
    key: Secret = field(default_factory=Secret)
    sas: Secret = field(default_factory=Secret)
    endpoint: str = ""
    """The URL that serves the account's blobs, if it is not the public cloud's."""
    retries: int = 4
    """How often a failed request is retried."""
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "ecom-lake")
    readers: str = ""
    """The group of this machine that may read the plain gold tables of a local lake."""
    cache_limit: int = 10_000_000_000
    """Bytes that the local copies may take, those in use not counted."""
