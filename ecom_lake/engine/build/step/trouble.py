"""The steps that were refused or failed, stored until they work again: those of a build, until a build works.

The reasons can be read without the history of runs. Not here: when a step is refused (the steps themselves).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
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
"""Steps that no release follows, whose stored failure ends when they work again. The failures of all others end with a build that
works: its steps need not read what is stored, which costs a request each on a remote store."""


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
    """When the step last worked again after an earlier failure; empty if it did not."""

    @property
    def is_of_build(self) -> bool:
        return not self.table.startswith(WITHOUT_A_RELEASE)

    @property
    def command(self) -> Literal["build", "pull", "publish"]:
        """The command that runs the step."""
        if self.is_of_build:
            return "build"
        return "pull" if self.table.startswith("landing") else "publish"


def keep(
    site: LandingSite,
    table: str,
    kind: Literal["refused", "failed"],
    says: list[str],
    evidence: list[Mapping[str, Any]],
    checks: Sequence[str] = (),
) -> None:
    """Store the failure. An error of the store is ignored, because the store itself may be the cause of the failure.

    Of other steps, failures of this run stay, and those whose end is recorded. A failure of a build replaces those of earlier
    builds, whose steps may have worked since; one of pulling or publishing says nothing about those steps."""
    with suppress(OSError, UserError), _alone(site):
        stored, worked = troubles(site), _worked(site)
        trouble = Trouble(
            table, kind, tuple(says), tuple(evidence), site.run, _now("seconds"), tuple(checks), worked.get(table, "")
        )
        others = [one for one in stored if one.run == site.run or not (one.is_of_build and trouble.is_of_build)]
        _write(site, [*(one for one in others if one.table != table), trouble], worked)


def end(site: LandingSite, tables: Collection[str]) -> None:
    """These steps work again."""
    _end(site, lambda trouble: trouble.table in tables)


def end_build(site: LandingSite) -> None:
    """All steps of a build work. What failed of a database that lake.toml no longer names ends, too."""
    _end(site, lambda trouble: trouble.is_of_build or not _is_configured(site, trouble.table))


def _is_configured(site: LandingSite, table: str) -> bool:
    layer, _, name = table.partition("/")
    return site.shop.database is not None if layer == "landing" else name in site.shop.publish


def _end(site: LandingSite, has_ended: Callable[[Trouble], bool]) -> None:
    """Forget failures, and keep when, so that the next failure is another one. An error of the store is ignored: the steps have
    succeeded."""
    with suppress(OSError, UserError):
        if not any(map(has_ended, troubles(site))):
            return  # without a turn, which would make a folder of the cache
    with suppress(OSError, UserError), _alone(site):
        stored = troubles(site)
        if ended := {one.table for one in stored if has_ended(one)}:
            worked = {**_worked(site), **dict.fromkeys(ended, _now("microseconds"))}
            _write(site, [one for one in stored if one.table not in ended], worked)


def troubles(site: LandingSite) -> list[Trouble]:
    """The failures that were not followed by a success of their step, or of a build, the latest one last."""
    stored = _stored(site)
    found = stored[_TROUBLES].values() if isinstance(stored.get(_TROUBLES), dict) else [stored]  # one, until 2026-11-30
    return [trouble for one in found if (trouble := _trouble(one))]


def last_worked(site: LandingSite) -> datetime | None:
    """When a step last worked again after a failure."""
    return max(map(datetime.fromisoformat, _worked(site).values()), default=None)


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
