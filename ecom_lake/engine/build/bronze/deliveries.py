"""The deliveries of a state: where each bronze file comes from. Not here: taking new ones (ingest.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ecom_lake.engine.landing.refused import shown
from ecom_lake.engine.store.entry import Delivery, Entry
from ecom_lake.engine.store.landed_files import delivery_order

_IN_ARCHIVE = re.compile(r"(?<=\.zip)/", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")


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
    rows: int
    rows_hash: str
    """Equal for deliveries with the same rows, such as those of a file that was landed again with an empty line."""


def held_deliveries(entry: Entry) -> Iterator[Held]:
    for table, parts in entry.tables.items():
        if table.layer == "bronze":
            yield from (Held(table.name, one.delivery, one.rows, one.content) for one in parts.values() if one.delivery)


def held_contents(entry: Entry) -> dict[str, Held]:
    """Each delivery by its content hash."""
    return {held.delivery.content_hash: held for held in held_deliveries(entry)}


def newest_contents(entry: Entry) -> set[str]:
    """The content hash of the newest delivery of each table."""
    newest = {held.table: held.delivery for held in _in_order(held_contents(entry))}
    return {delivery.content_hash for delivery in newest.values()}


def _in_order(contents: Mapping[str, Held]) -> list[Held]:
    return sorted(contents.values(), key=lambda held: held.delivery.sequence)


def returned(entry: Entry) -> dict[str, str]:
    """The landed files with the content of an earlier delivery again, where other content of their series came since under the
    same name, or under one that comes before theirs: file → a sentence. Nothing is delivered twice, so that the other content
    stays in force."""
    known, found = held_contents(entry), dict[str, str]()
    newest = {(held.table, _series(held.delivery.file)): held.delivery for held in _in_order(known)}
    last_came = {(held.table, held.rows_hash): held.delivery.sequence for held in _in_order(known)}
    for path, landed in entry.landing.items():
        contents = landed.hash.split("+")
        for held in (known[content] for content in contents if content in known):
            in_force = newest.get((held.table, _series(path)))
            if in_force is None or last_came[held.table, held.rows_hash] > in_force.sequence:
                continue
            if in_force.content_hash not in contents and _came_again(path, held, in_force):
                found[path] = (
                    f"{shown(path)} has the content of an earlier delivery again (delivery {held.delivery.sequence}), and other "
                    f"content of {held.table} came since (delivery {in_force.sequence}), which stays in force: to deliver it "
                    "again, run `ecom-lake land --again FILE`."
                )
    return found


def _series(path: str) -> str:
    """The letters of a landed file's path, which the files of one series share: of `1/rome.csv` and `2/rome.csv`, `rome csv`. A
    file in an archive is of the series of the archive."""
    landed = _IN_ARCHIVE.split(path, maxsplit=1)[0]
    return " ".join(_LETTERS.findall(landed))


def _came_again(path: str, held: Held, in_force: Delivery) -> bool:
    """Whether a landed file with delivered content is newer than the delivery in force. Files without rows are often equal."""
    if _is_from(in_force, path):
        return True
    is_first = _is_from(held.delivery, path)
    return not is_first and held.rows > 0 and delivery_order(path) > delivery_order(in_force.file)


def _is_from(delivery: Delivery, path: str) -> bool:
    """Whether a delivery is a landed file, or a file in it."""
    return delivery.file == path or delivery.file.startswith(f"{path}/")
