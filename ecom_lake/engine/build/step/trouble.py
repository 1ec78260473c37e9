"""The last step that was refused or failed: kept in the store until the next release, for who comes at night.

So that the reason is there without the history of runs. Not here: what is a reason to refuse (the steps themselves).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UserError

_PLACE = f"{STORE}/trouble.json"


@dataclass(frozen=True)
class Trouble:
    table: str
    kind: Literal["refused", "failed"]
    """Refused by a check, or failed with an error."""
    says: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...]
    run: str
    at: str


def keep(site: Site, table: str, kind: Literal["refused", "failed"], says: list[str], evidence: list[Mapping[str, Any]]) -> None:
    """Nothing happens where it cannot be kept: the store itself may be the trouble."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    trouble = Trouble(table, kind, tuple(says), tuple(evidence), site.run, now)
    with suppress(OSError, UserError):
        site.lake.store.write(_path(site), json.dumps(asdict(trouble), default=str, indent=1).encode())


def last(site: Site) -> Trouble | None:
    """What went wrong since the last release, if anything did."""
    try:
        said = json.loads(site.lake.store.read(_path(site)))
        return Trouble(**{**said, "says": tuple(said["says"]), "evidence": tuple(said["evidence"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def forget(site: Site) -> None:
    site.lake.store.delete(_path(site))


def _path(site: Site) -> str:
    return f"{site.shop.name}/{_PLACE}"
