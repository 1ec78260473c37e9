"""How remote stores are reached, where copies of what they hold are kept, and who reads a local one. Read by settings.py.

A secret shows itself only to who asks for it by name: not in messages, logs, reprs or run metadata.
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
    """Where the account's blobs are served, where that is not the public cloud."""
    retries: int = 4
    """How often a request is tried again."""
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "ecom-lake")
    readers: str = ""
    """The group of this machine that may read the plain gold of a local lake."""
    cache_limit: int = 10_000_000_000
    """Bytes that the copies may take, but for those in use."""
