"""An entry of the commit log as JSON: a checksum, then the entry. Its tables and landed files are in manifests.

`"gold/rfm":["9bac07d829e2977d","56f78bac538f62249a7ce5471af837cb"]` names the table's version and its manifest. Entries of older
versions hold the files themselves; they are read too.
The checksum is the hash of the rest, so that a flipped bit is found even where the JSON remains readable. What is intact and
cannot be decoded was written by a newer version.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import BuiltWith, Delivery, Entry, File, Landed, Parts
from ecom_lake.engine.store.manifests import Content, Record
from ecom_lake.engine.store.stored import Stored
from ecom_lake.errors import UserError

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""The errors of decoding a damaged entry."""
_SEAL = b'{"seal":"'
_SEAL_LENGTH = 32
_UNSEALED = b'{"number":'
"""The first bytes of entries that were written before there was a checksum."""
_FEW_FATES = 64
"""The largest number of fates in the record of their file; more are in records of their own, so that a delivery adds to one."""
_DELIVERIES = 512
"""The number of consecutive deliveries whose fates share a record."""
_FATES = " fates "
_Fate = tuple[str, int, str, int]


class NewerVersionError(UserError):
    """An entry or a manifest that is intact, and that this version cannot decode."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was written by a newer version of ecom-lake: update this installation.")


@contextmanager
def _intact(what: str) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise NewerVersionError(what) from error


# ------------------------------------------------------------------------------------------------------------- the entry


def encode(entry: Entry) -> bytes:
    """The bytes that `decode` reads; every table and the landed files must be in manifests."""
    content = {k: _plain(v) for k, v in vars(entry).items() if k != "_versions" and (k, v) not in _UNSET}
    body = json.dumps(content, separators=(",", ":")).encode()
    return _SEAL + _seal(body) + b'",' + body[1:]


_UNSET = (("built_with", None), ("definitions", ""), ("erasure", 0), ("texts_since", ""), ("identities_held", ""))


def _seal(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SEAL_LENGTH // 2).hexdigest().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Stored):
        return [value.version, value.manifest]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return asdict(value) if isinstance(value, BuiltWith) else value


@lru_cache(8)
def decode(data: bytes, parts: Callable[[str], Parts], landing: Callable[[str], Mapping[str, Landed]]) -> Entry:
    """An entry, whose tables `parts` loads when they are read, and whose landed files `landing` loads.

    Cached: a step reads the head several times, and an entry never changes."""
    if not data.startswith(_UNSEALED):
        seal, data = data[: len(_SEAL) + _SEAL_LENGTH], b"{" + data[len(_SEAL) + _SEAL_LENGTH + 2 :]
        if seal != _SEAL + _seal(data):
            raise ValueError("the seal is broken")
        raw = json.loads(data)
        with _intact(f"Entry {raw['number']} of the log"):
            return _entry(raw, parts, landing)
    return _entry(json.loads(data), parts, landing)


def _entry(raw: dict[str, Any], parts: Callable[[str], Parts], landing: Callable[[str], Mapping[str, Landed]]) -> Entry:
    raw["tables"] = {_table(table): _stored(found, parts, _parts_of_old) for table, found in raw["tables"].items()}
    raw["landing"] = _stored(raw["landing"], landing, _landing_of_old)
    if built_with := raw.get("built_with"):
        raw["built_with"] = BuiltWith(**built_with)
    return Entry(**raw)


def _stored(found: Any, load: Callable[[str], Mapping[Any, Any]], old: Callable[[Any], Mapping[Any, Any]]) -> Mapping[Any, Any]:
    """A mapping of an entry: its version and manifest or, in an older entry and where it is empty, the items themselves."""
    if not isinstance(found, list):
        return old(found)
    version, manifest = found
    return Stored(version, manifest, load)


def _parts_of_old(raw: Mapping[str, Any]) -> Parts:
    return {Part.parse(part): _file(file) for part, file in raw.items()}


def _landing_of_old(raw: Mapping[str, Any]) -> Mapping[str, Landed]:
    return {path: _landed(landed) for path, landed in raw.items()}


# --------------------------------------------------------------------------------------------------------- the manifests


def content_of_parts(parts: Parts) -> Content:
    """The content of a table's manifest. The inputs of most parts are stored once: every build changes them."""
    plain = {part: _plain_file(file) for part, file in parts.items()}
    counts = Counter(json.dumps(record.get("inputs", {}), sort_keys=True) for record in plain.values())
    usual: dict[str, str] = json.loads(max(sorted(counts), key=counts.__getitem__, default="{}"))
    records: dict[str, Record] = {}
    for part, record in plain.items():
        if record.get("inputs", {}) == usual:
            record.pop("inputs", None)
        else:
            record.setdefault("inputs", {})
        records[str(part)] = record
        if len(fates := record.get("fates", ())) > _FEW_FATES:
            del record["fates"]
            records |= {f"{part}{_FATES}{block:06d}": {"fates": some} for block, some in _blocks(fates).items()}
    return Content(records, {"inputs": usual} if usual else {})


def parts_of_content(content: Content) -> Parts:
    usual, records = content.shared.get("inputs", {}), dict(content.records)
    fates: dict[str, list[Any]] = {}
    with _intact("A manifest of a table"):
        for key in sorted(key for key in records if _FATES in key):
            fates.setdefault(key.partition(_FATES)[0], []).extend(records.pop(key)["fates"])
        return {
            Part.parse(part): _file({"inputs": usual, **record} | ({"fates": fates[part]} if part in fates else {}))
            for part, record in records.items()
        }


def content_of_landing(landing: Mapping[str, Landed]) -> Content:
    return Content({path: {key: item for key, item in vars(one).items() if item != ()} for path, one in landing.items()})


def landing_of_content(content: Content) -> Mapping[str, Landed]:
    with _intact("A manifest of the landed files"):
        return _landing_of_old(content.records)


def _blocks(fates: Iterable[_Fate]) -> dict[int, list[_Fate]]:
    """Fates by range of delivery numbers."""
    blocks: dict[int, list[_Fate]] = {}
    for fate in fates:
        blocks.setdefault(fate[1] // _DELIVERIES, []).append(fate)
    return blocks


# -------------------------------------------------------------------------------------------------------------- the files


def _plain_file(file: File) -> dict[str, Any]:
    plain = {key: item for key, item in vars(file).items() if item not in ({}, (), None) and (key, item) != ("first_hash", "")}
    if file.inputs:
        plain["inputs"] = {str(table): version for table, version in file.inputs.items()}
    if file.delivery:
        plain["delivery"] = _delivery(file.delivery)
    if file.as_of:
        plain["as_of"] = file.as_of.isoformat()
    return plain


def _delivery(delivery: Delivery) -> dict[str, Any]:
    unset = (("misnamed_columns", ()), ("erased", 0), ("was", ()))
    return {key: item for key, item in asdict(delivery).items() if (key, item) not in unset}


_table = lru_cache(4096)(TableId.parse)


def _landed(raw: Mapping[str, Any]) -> Landed:
    return Landed(**{**raw, "refused_tables": tuple(raw.get("refused_tables", ()))})


def _file(raw: Mapping[str, Any]) -> File:
    changed: dict[str, Any] = {}
    if delivery := raw.get("delivery"):
        misnamed = tuple((there, here) for there, here in delivery.get("misnamed_columns", ()))
        several = {"extra_columns": tuple(delivery["extra_columns"]), "misnamed_columns": misnamed}
        changed["delivery"] = Delivery(**delivery | several | {"was": tuple(delivery.get("was", ()))})
    if fates := raw.get("fates"):
        changed["fates"] = tuple((source, sequence, fate, rows) for source, sequence, fate, rows in fates)
    if inputs := raw.get("inputs"):
        changed["inputs"] = {_table(table): version for table, version in inputs.items()}
    if as_of := raw.get("as_of"):
        changed["as_of"] = date.fromisoformat(as_of)
    return File(**{**raw, **changed})
