"""A record of what was made from a lake outside of it: spreadsheets, exports, lists of customers, published databases.

Each target is recorded once, by creating `made/<hash>.json` in the shop's folder; a record never changes. It states kind, target
and day, and nothing of the content. Whoever may only read the lake records nothing.
Not here: what is done about them when a person is erased (engine/forget/outside.py).
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ecom_lake import logs
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

MADE = "made"
DATABASE = "database"


@dataclass(frozen=True)
class Made:
    kind: str
    """What was made: Excel workbook, Delta tables, audience, query result, or a database."""
    target: str
    """The path of the file or folder, or the name of the database in lake.toml."""
    on: str
    """The day on which it was made first."""


def record_made(store: Store, shop: str, kind: str, target: str) -> None:
    """A failure is logged: the file has been made, and a reader may have no right to write into the lake."""
    name = hashlib.blake2b(f"{kind}\n{target}".encode(), digest_size=8).hexdigest()
    data = json.dumps(asdict(Made(kind, target, f"{datetime.now(UTC):%Y-%m-%d}"))).encode()
    try:
        store.create(f"{shop}/{MADE}/{name}.json", data)
    except (OSError, UserError) as error:
        logs.log_event("not recorded", logging.WARNING, kind=kind, why=type(error).__name__)


def made_files(store: Store, shop: str) -> list[Made]:
    """All records, by target."""
    names = [name for name in store.names(f"{shop}/{MADE}") if name.endswith(".json") and not name.startswith(".")]
    found = [Made(**json.loads(store.read(f"{shop}/{MADE}/{name}"))) for name in names]
    return sorted(found, key=lambda made: (made.target, made.kind))
