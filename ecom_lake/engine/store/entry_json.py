"""An entry of the commit log as JSON: a checksum, then the entry. Entries of older versions are read too.

The checksum is the hash of the rest, so that a flipped bit is found even where the JSON remains readable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import BuiltWith, Delivery, Entry, File, Landed

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""The errors of decoding a damaged entry."""
_SEAL = b'{"seal":"'
_SEAL_LENGTH = 32
_UNSEALED = b'{"number":'
"""The first bytes of entries that were written before there was a checksum."""


def encode(entry: Entry) -> bytes:
    """The bytes that `decode` reads."""
    content = {k: _plain(v) for k, v in vars(entry).items() if k != "_versions" and (k, v) != ("built_with", None)}
    body = json.dumps(content, separators=(",", ":")).encode()
    return _SEAL + _seal(body) + b'",' + body[1:]


def _seal(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SEAL_LENGTH // 2).hexdigest().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, File):
        filled = {key: _plain(item) for key, item in vars(value).items() if item not in ({}, (), None)}
        return filled | ({"delivery": _delivery(value.delivery)} if value.delivery else {})
    if isinstance(value, Landed):
        return {key: item for key, item in vars(value).items() if item != ()}
    if isinstance(value, date):
        return value.isoformat()
    return asdict(value) if isinstance(value, BuiltWith) else value


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {key: item for key, item in asdict(delivery).items() if (key, item) != ("misnamed_columns", ())}


@lru_cache(4)
def decode(data: bytes) -> Entry:
    """Cached: a step reads the head several times, and an entry never changes."""
    if not data.startswith(_UNSEALED):
        seal, data = data[: len(_SEAL) + _SEAL_LENGTH], b"{" + data[len(_SEAL) + _SEAL_LENGTH + 2 :]
        if seal != _SEAL + _seal(data):
            raise ValueError("the seal is broken")
    raw = json.loads(data)
    raw["tables"] = {
        _table(table): {Part.parse(part): _file(file) for part, file in parts.items()} for table, parts in raw["tables"].items()
    }
    raw["landing"] = {path: _landed(landed) for path, landed in raw["landing"].items()}
    if built_with := raw.get("built_with"):
        raw["built_with"] = BuiltWith(**built_with)
    return Entry(**raw)


_table = lru_cache(4096)(TableId.parse)


def _landed(raw: dict[str, Any]) -> Landed:
    return Landed(**raw | {"refused_tables": tuple(raw.get("refused_tables", ()))})


def _file(raw: dict[str, Any]) -> File:
    if delivery := raw.get("delivery"):
        misnamed = tuple((there, here) for there, here in delivery.get("misnamed_columns", ()))
        columns = {"extra_columns": tuple(delivery["extra_columns"]), "misnamed_columns": misnamed}
        raw["delivery"] = Delivery(**delivery | columns)
    if fates := raw.get("fates"):
        raw["fates"] = tuple((source, sequence, fate, rows) for source, sequence, fate, rows in fates)
    if inputs := raw.get("inputs"):
        raw["inputs"] = {_table(table): version for table, version in inputs.items()}
    if as_of := raw.get("as_of"):
        raw["as_of"] = date.fromisoformat(as_of)
    return File(**raw)
