"""The last step that was refused or failed, stored until the next release.

The reason can be read without the history of runs. Not here: when a step is refused (the steps themselves).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ecom_lake.engine.build.landing_site import LandingSite
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


def keep(
    site: LandingSite, table: str, kind: Literal["refused", "failed"], says: list[str], evidence: list[Mapping[str, Any]]
) -> None:
    """Store the failure. An error of the store is ignored, because the store itself may be the cause of the failure."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    trouble = Trouble(table, kind, tuple(says), tuple(evidence), site.run, now)
    with suppress(OSError, UserError):
        site.lake.store.write(_path(site), json.dumps(asdict(trouble), default=str, indent=1).encode())


def last(site: LandingSite) -> Trouble | None:
    """The last failure since the last release; None if there is none."""
    try:
        stored = json.loads(site.lake.store.read(_path(site)))
        return Trouble(**{**stored, "says": tuple(stored["says"]), "evidence": tuple(stored["evidence"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def forget(site: LandingSite) -> None:
    site.lake.store.delete(_path(site))


def _path(site: LandingSite) -> str:
    return f"{site.shop.name}/{_PLACE}"
