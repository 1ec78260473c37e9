"""A mapping that is in a manifest of the store and is loaded when it is first read. Two of them are compared by their hashes."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item", covariant=True)


class Stored(Mapping[Key, Item]):
    """It has at least one item: an empty mapping has no manifest."""

    def __init__(self, version: str, manifest: str, load: Callable[[str], Mapping[Key, Item]]) -> None:
        self.version = version
        """Changes whenever the content that others depend on does; known without loading."""
        self.manifest = manifest
        """The hash of the manifest: equal mappings have equal hashes."""
        self._load = load

    def __getitem__(self, key: Key) -> Item:
        return self._load(self.manifest)[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._load(self.manifest))

    def values(self) -> ValuesView[Item]:
        return self._load(self.manifest).values()

    def items(self) -> ItemsView[Key, Item]:
        return self._load(self.manifest).items()

    def __len__(self) -> int:
        return len(self._load(self.manifest))

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self.manifest == other.manifest if isinstance(other, Stored) else super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of a dict

    def __repr__(self) -> str:
        return f"Stored({self.version}, {self.manifest})"
