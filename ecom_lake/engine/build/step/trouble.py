"""The steps that were refused or failed, stored until they work again or the next release.

The reasons can be read without the history of runs. Not here: when a step is refused (the steps themselves).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UserError

_PLACE = f"{STORE}/trouble.json"
_TROUBLES, _WORKED = "troubles", "worked"
"""By step: its failure, the latest one last; and when it last worked again after a failure."""
WITHOUT_A_RELEASE = ("landing", "published/")
"""Steps that no release follows, whose stored failure ends when they work again. A release forgets the failures of all others,
which need not read what is stored: that costs a request each on a remote store."""


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
    """Store the failure. An error of the store is ignored, because the store itself may be the cause of the failure.

    Of other steps, failures of this run stay, and those whose end is recorded: any other step may have worked since."""
    with suppress(OSError, UserError), _alone(site):
        stored, worked = troubles(site), _worked(site)
        trouble = Trouble(
            table, kind, tuple(says), tuple(evidence), site.run, _now("seconds"), tuple(checks), worked.get(table, "")
        )
        others = [one for one in stored if one.run == site.run or one.table.startswith(WITHOUT_A_RELEASE)]
        _write(site, [*(one for one in others if one.table != table), trouble], worked)


def end(site: LandingSite, tables: Collection[str]) -> None:
    """These work again: forget their failures, and keep when, so that the next failure is another one."""
    with _alone(site):
        stored = troubles(site)
        if ended := {one.table for one in stored} & set(tables):
            worked = {**_worked(site), **dict.fromkeys(ended, _now("microseconds"))}
            _write(site, [one for one in stored if one.table not in ended], worked)


def troubles(site: LandingSite) -> list[Trouble]:
    """The failures since the last release that were not followed by a success of their step, the latest one last."""
    stored = _stored(site)
    found = stored[_TROUBLES].values() if isinstance(stored.get(_TROUBLES), dict) else [stored]  # one, until 2026-11-30
    return [trouble for one in found if (trouble := _trouble(one))]


def last(site: LandingSite) -> Trouble | None:
    """The latest of them; None if there is none."""
    return next(reversed(troubles(site)), None)


def last_worked(site: LandingSite) -> datetime | None:
    """When a step last worked again after a failure since the last release."""
    return max(map(datetime.fromisoformat, _worked(site).values()), default=None)


def forget(site: LandingSite) -> None:
    site.lake.store.delete(_path(site))


def _stored(site: LandingSite) -> dict[str, Any]:
    try:
        stored = json.loads(site.lake.store.read(_path(site)))
    except (FileNotFoundError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _trouble(stored: Mapping[str, Any]) -> Trouble | None:
    """None for what no version wrote."""
    found = {name: value for name, value in stored.items() if name != _WORKED}
    try:
        return Trouble(**{**found, **{name: tuple(found[name]) for name in ("says", "evidence")}})
    except (TypeError, KeyError):
        return None


def _worked(site: LandingSite) -> dict[str, str]:
    found = _stored(site).get(_WORKED)
    return found if isinstance(found, dict) else {}


def _write(site: LandingSite, troubles: Sequence[Trouble], worked: Mapping[str, str]) -> None:
    content = {_TROUBLES: {one.table: asdict(one) for one in troubles}, _WORKED: worked}
    site.lake.store.write(_path(site), json.dumps(content, default=str, indent=1).encode())


def _alone(site: LandingSite) -> AbstractContextManager[None]:
    """Steps of several processes may fail at once."""
    return site.lake.turn("trouble")


def _now(precision: str) -> str:
    return datetime.now(UTC).isoformat(timespec=precision)


def _path(site: LandingSite) -> str:
    return f"{site.shop.name}/{_PLACE}"
