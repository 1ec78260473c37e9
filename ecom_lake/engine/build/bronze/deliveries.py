"""The deliveries of a state: where each bronze file comes from. Not here: taking new ones (ingest.py)."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.store.entry import Delivery, Entry


def deliveries(entry: Entry) -> Iterator[Delivery]:
    bronze = (parts for table, parts in entry.tables.items() if table.layer == "bronze")
    return (file.delivery for parts in bronze for file in parts.values() if file.delivery)


def contents(entry: Entry) -> set[str]:
    """The content hashes of all deliveries."""
    return {delivery.content_hash for delivery in deliveries(entry)}
