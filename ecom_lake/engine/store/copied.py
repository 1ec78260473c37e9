"""The record of a copy: which states of a log were copied there, and not built there.

`_store/log/copied.json` holds a hash of each state that the latest copy wrote, and of the one before them. The next copy
continues from such a state, also where the source has deleted it since. Not here: copying (engine/build/maintenance/copying.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ecom_lake.engine.store.log import LOG
from ecom_lake.engine.store.store import Store


def record_copied(store: Store, shop: str, states: Mapping[int, bytes]) -> None:
    """Record the bytes of states, by number, before they are written; replaces the record of the copy before."""
    hashes = {number: _hash(data) for number, data in states.items()}
    store.write(_path(shop), json.dumps(hashes, indent=1).encode())


def was_copied(store: Store, shop: str, number: int, data: bytes) -> bool:
    """Whether a state with these bytes was copied; False where an older version copied it, which kept no record."""
    try:
        recorded = json.loads(store.read(_path(shop)))
    except (FileNotFoundError, ValueError):
        return False
    return isinstance(recorded, dict) and recorded.get(str(number)) == _hash(data)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _path(shop: str) -> str:
    return f"{shop}/{LOG}/copied.json"
