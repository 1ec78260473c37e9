"""The last step that was refused or failed, stored until the step works again or the next release.

The reason can be read without the history of runs. Not here: when a step is refused (the steps themselves).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UserError

_PLACE = f"{STORE}/trouble.json"
_WORKED = "worked"
"""By step: when it last worked again after a failure."""


@dataclass(frozen=True)
class Trouble:
    table: str
    kind: Literal["refused", "failed"]
    """Refused by a check, or failed with an error."""
    says: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...]
    run: str
    at: str
    checks: tuple[str, ...] = ()
    """The names of the checks that refused it."""
    worked_at: str = ""
    """When the step last worked again after an earlier failure since the release; empty if it did not."""


def keep(
    site: LandingSite,
    table: str,
    kind: Literal["refused", "failed"],
    says: list[str],
    evidence: list[Mapping[str, Any]],
    checks: Sequence[str] = (),
) -> None:
    """Store the failure. An error of the store is ignored, because the store itself may be the cause of the failure."""
    with suppress(OSError, UserError):
        worked = _worked(_stored(site))
        trouble = Trouble(
            table, kind, tuple(says), tuple(evidence), site.run, _now("seconds"), tuple(checks), worked.get(table, "")
        )
        _write(site, {**asdict(trouble), _WORKED: worked})


def end(site: LandingSite, tables: Collection[str]) -> None:
    """These work again: forget their failure, and keep when, so that the next failure is another one."""
    stored = _stored(site)
    if (table := stored.get("table")) in tables:
        _write(site, {_WORKED: {**_worked(stored), table: _now("microseconds")}})


def last(site: LandingSite) -> Trouble | None:
    """The last failure since the last release that was not followed by a success of its step; None if there is none."""
    stored = {name: value for name, value in _stored(site).items() if name != _WORKED}
    try:
        return Trouble(**{**stored, **{name: tuple(stored[name]) for name in ("says", "evidence")}})
    except (TypeError, KeyError):
        return None


def last_worked(site: LandingSite) -> datetime | None:
    """When a step last worked again after a failure since the last release."""
    return max(map(datetime.fromisoformat, _worked(_stored(site)).values()), default=None)


def forget(site: LandingSite) -> None:
    site.lake.store.delete(_path(site))


def _stored(site: LandingSite) -> dict[str, Any]:
    try:
        stored = json.loads(site.lake.store.read(_path(site)))
    except (FileNotFoundError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _worked(stored: Mapping[str, Any]) -> dict[str, str]:
    found = stored.get(_WORKED)
    return found if isinstance(found, dict) else {}


def _write(site: LandingSite, content: Mapping[str, Any]) -> None:
    site.lake.store.write(_path(site), json.dumps(content, default=str, indent=1).encode())


def _now(precision: str) -> str:
    return datetime.now(UTC).isoformat(timespec=precision)


def _path(site: LandingSite) -> str:
    return f"{site.shop.name}/{_PLACE}"
