"""Where a lake and its surroundings keep bytes: the places that a proof reads, and what is kept beyond their reach.

Here: the folders and stores, and sentences about copies that only their owner can delete. Not here: reading them (proof.py), what
the lake has made elsewhere (engine/store/made.py), Dagster's history (engine/dagster/history.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.config import Settings
from ecom_lake.engine.forget.proof import Place
from ecom_lake.engine.store.made import DATABASE, made_files
from ecom_lake.engine.store.remote import RemoteStore
from ecom_lake.engine.store.store import Store

DAGSTER_FOLDERS = (".dagster", "history", "storage", "schedules", "logs", "artifacts", "compute_logs")
"""Where Dagster writes below DAGSTER_HOME: with the dagster.yaml of this package, and without its own settings."""


@dataclass(frozen=True)
class Kept:
    """Something that may hold a person, and that no command of the lake reads or deletes."""

    what: str
    remedy: str
    """What to do, or the day on which it ends."""


def places_to_prove(settings: Settings, site: LandingSite, log: Path | None) -> list[Place]:
    """The root of the lake, landing, Dagster's history, the cache of remote stores, the log, and the files made from releases."""
    places: list[Place] = [_place(site.lake.store)]
    if not _is_inside(site.lake.landing, site.lake.store):
        places.append(_place(site.lake.landing))
    local = [*_dagster(settings), settings.access.cache, *([log] if log else [])]
    local += [Path(one.target) for one in made_files(site.lake.store, site.shop.name) if one.kind != DATABASE]
    return places + [path for path in dict.fromkeys(local) if path.exists()]


def kept_outside(settings: Settings, site: LandingSite) -> list[Kept]:
    """What a proof cannot read: old versions of a storage account, databases, and files that have moved."""
    return [*_versions(site.lake.store), *_versions(site.lake.landing), *_made(site), *_history(settings)]


def _place(store: Store) -> Place:
    return Path(store.url) if store.is_local else store


def _is_inside(landing: Store, root: Store) -> bool:
    return landing.url == root.url or landing.url.startswith(f"{root.url}/")


def _dagster(settings: Settings) -> Iterator[Path]:
    """DAGSTER_HOME as a whole, or Dagster's folders in it where it is the project folder, which holds programs, too."""
    if home := settings.dagster_home:
        yield from [home / name for name in DAGSTER_FOLDERS] if home == settings.config.parent else [home]


def _versions(store: Store) -> Iterator[Kept]:
    if isinstance(store, RemoteStore):
        yield from (Kept(what, remedy) for what, remedy in store.kept_versions())


def _made(site: LandingSite) -> Iterator[Kept]:
    for one in made_files(site.lake.store, site.shop.name):
        if one.kind == DATABASE:
            yield Kept(f"the database {one.target}", "publish again: `ecom-lake publish` replaces its tables.")
        elif "://" in one.target:
            yield Kept(f"{one.target} ({one.kind} of {one.on})", "write it again, and delete its old versions.")
        elif not Path(one.target).exists():
            yield Kept(f"{one.target} ({one.kind} of {one.on})", "it is no longer there: find where it was moved or copied.")


def _history(settings: Settings) -> Sequence[Kept]:
    home = settings.dagster_home
    configured = (home / "dagster.yaml").read_text(encoding="utf-8", errors="replace") if home else ""
    if "postgres" not in configured:
        return []
    return [Kept("Dagster's history in PostgreSQL", "delete its runs in the UI, then run VACUUM FULL in that database.")]
