"""The deliveries of a state: where each bronze file comes from. Not here: taking new ones (ingest.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ecom_lake.engine.landing.refused import shown
from ecom_lake.engine.store.entry import Delivery, Entry


def deliveries(entry: Entry) -> Iterator[Delivery]:
    bronze = (parts for table, parts in entry.tables.items() if table.layer == "bronze")
    return (file.delivery for parts in bronze for file in parts.values() if file.delivery)


def earlier_contents(entry: Entry) -> dict[str, str]:
    """The present content hash of each delivery that was changed by an erasure, by the HMAC of each that it had before."""
    return {was: delivery.content_hash for delivery in deliveries(entry) for was in delivery.was}


def contents(entry: Entry) -> set[str]:
    """The content hashes of all deliveries."""
    return {delivery.content_hash for delivery in deliveries(entry)}


class Held(NamedTuple):
    """A delivery, and the bronze table that holds its rows."""

    table: str
    delivery: Delivery


def held_contents(entry: Entry) -> dict[str, Held]:
    """Each delivery by its content hash."""
    return {
        file.delivery.content_hash: Held(table.name, file.delivery)
        for table, parts in entry.tables.items()
        if table.layer == "bronze"
        for file in parts.values()
        if file.delivery
    }


def newest_contents(entry: Entry) -> set[str]:
    """The content hash of the newest delivery of each table."""
    found: dict[str, Delivery] = {}
    for table, parts in entry.tables.items():
        for file in parts.values() if table.layer == "bronze" else ():
            if file.delivery and (table.name not in found or found[table.name].sequence < file.delivery.sequence):
                found[table.name] = file.delivery
    return {delivery.content_hash for delivery in found.values()}


def returned(entry: Entry) -> dict[str, str]:
    """The landed files that have the content of an earlier delivery again, where other content under the same name is the newest
    delivery of its table: file → a sentence. Nothing is delivered twice, so that the other content stays in force."""
    by_file: dict[str, list[Delivery]] = {}
    for delivery in deliveries(entry):
        by_file.setdefault(delivery.file, []).append(delivery)
    found, known, in_force = dict[str, str](), contents(entry), newest_contents(entry)
    for path, landed in entry.landing.items():
        newest = max(by_file.get(path, ()), key=lambda delivery: delivery.sequence, default=None)
        if newest and newest.content_hash in in_force and newest.content_hash != landed.hash and landed.hash in known:
            found[path] = (
                f"{shown(path)} has the content of an earlier delivery again, and other content came under its name since "
                f"(delivery {newest.sequence}), which stays in force: to deliver it again, run `ecom-lake land --again FILE`."
            )
    return found
