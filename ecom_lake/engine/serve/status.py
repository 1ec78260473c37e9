"""The status of a shop: the release, waiting and refused files, pending rows, warnings, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ecom_lake.engine.build.bronze.ingest import landed_files, misnamed_check
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.gold.last_checks import listed_warnings
from ecom_lake.engine.build.gold.snapshots import OTHER_DEFINITION
from ecom_lake.engine.build.release.release import TABLE as RELEASE
from ecom_lake.engine.build.release.release import stale
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import CONFIRM, changes, in_words, why_refused
from ecom_lake.engine.build.step.trouble import Trouble, troubles
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.anomalies import deliveries, overdue, standing_out
from ecom_lake.engine.serve.disk import TOO_LITTLE, free_bytes
from ecom_lake.engine.serve.models import ages
from ecom_lake.engine.serve.released import built, command
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ErasureList


@dataclass(frozen=True)
class Status:
    shop: str
    folder: str
    release: int | None
    released_at: datetime | None
    newest: int
    """Number of the newest state; higher than `release` if a build was not released."""
    pinned: bool
    unreleased: tuple[str, ...]
    """Tables that are newer than the release."""
    stale: Mapping[str, str]
    """Tables that must be rebuilt, and why; without those whose code or settings changed."""
    waiting: tuple[str, ...]
    """Files in landing that no build has read."""
    refused: Mapping[str, str]
    """Files in landing that could not be read, and why."""
    pending: Mapping[str, int]
    """Rows whose order was not delivered yet, by delivered table."""
    quarantined: Mapping[str, int]
    """Rows that failed a rule, by delivered table."""
    rejected: Mapping[str, int]
    """Malformed records, by delivered table."""
    misnamed: tuple[str, ...]
    """Sentences about columns that no table reads and that are probably misnamed."""
    warnings: tuple[str, ...]
    """Sentences about rows of gold tables that fail a rule of severity `warn`, such as sales with an unknown status."""
    models: tuple[str, ...]
    """A sentence per as-of date of the released models: their age, and how much of their inputs has changed since."""
    anomalies: tuple[str, ...]
    """The anomalies in the shop's history, newest month first."""
    delivery: str | None
    """A sentence if the next delivery of a shop that still sells is overdue."""
    settings: str | None
    """How the settings in force differ from those of the release; None if they do not differ, or if the release recorded none."""
    outdated: tuple[str, ...]
    """Tables built with other code or settings than those in force; the next build rebuilds them."""
    troubles: tuple[Trouble, ...]
    """The unresolved failures, the latest one last: of a build, if something is due; of pulling or publishing, until it works."""
    free: int | None
    """Free bytes on the lake's disk; None for a remote store."""
    advice: tuple[str, ...]
    """What to do, most urgent first; empty if nothing needs attention."""

    @property
    def needs_attention(self) -> bool:
        return bool(self.advice)


def status_of(site: Site) -> Status:
    head = built(site)
    release = None if head.release is None else site.lake.log.entry(head.release)
    why = {str(table): reason for table, reason in stale(site, head).items() if OTHER_DEFINITION not in reason}
    waiting = _waiting(site, head)
    refused = {path: landed.refused for path, landed in head.landing.items() if landed.refused and path not in waiting}
    unreleased = tuple(str(table) for table in sorted(changed_tables(release, head))) if release else ()
    left = due(site)
    outdated = tuple(table for table in left if table not in why and table not in ("landing", str(RELEASE)))
    unresolved = tuple(one for one in troubles(site) if left or not one.is_of_build)
    free = free_bytes(site)
    return Status(
        shop=site.shop.name,
        folder=site.lake.url,
        release=head.release,
        released_at=datetime.fromisoformat(release.at) if release else None,
        newest=head.number,
        pinned=head.pinned,
        unreleased=unreleased,
        stale=why,
        waiting=waiting,
        refused=refused,
        pending=_rows(head, "pending"),
        quarantined=_rows(head, "quarantine"),
        rejected=_rows(head, "rejects"),
        misnamed=_misnamed(site, head),
        warnings=listed_warnings(site, head),
        models=ages(site, release) if release else (),
        anomalies=standing_out(site, head),
        delivery=None if site.shop.last_month else overdue(deliveries(head), datetime.now(UTC).replace(tzinfo=None)),
        settings=_settings(site, release),
        outdated=outdated,
        troubles=unresolved,
        free=free,
        advice=(
            *_about_settings(site, head),
            *_about_erasure(site, head),
            *(f"Fix your file, whose table is not built: {why}" for why in site.registry.invalid.values()),
            *_about_disk(free),
            *(_about_trouble(site, one) for one in unresolved),
            *_advice(site, head, why, waiting, refused, unreleased, is_stopped=any(one.is_of_build for one in unresolved)),
        ),
    )


def _settings(site: Site, release: Entry | None) -> str | None:
    differing = changes(site.shop, release.built_with) if release else []
    return f"not those of the release: {in_words(differing)}" if differing else None


def _about_settings(site: Site, head: Entry) -> list[str]:
    return [f"{why} A build stops at this. {CONFIRM}"] if (why := why_refused(site, head)) else []


def _about_erasure(site: Site, head: Entry) -> list[str]:
    if not ErasureList(site.lake.store, site.shop.name, b"").unfinished:
        return []
    return [f"Run {command(site, 'forget --continue')}: an erasure is not finished, and older states may hold the persons."]


def changed_tables(before: Entry, after: Entry) -> set[TableId]:
    """The silver and gold tables whose content differs."""
    tables = {table for table in {*before.tables, *after.tables} if table.layer in ("silver", "gold")}
    return {table for table in tables if before.version(table) != after.version(table)}


def _waiting(site: Site, head: Entry) -> tuple[str, ...]:
    """The landed files that are new, or that changed since the log recorded them."""
    found = {info.path: info.stamp for info in landed_files(site)}
    return tuple(path for path, stamp in found.items() if path not in head.landing or head.landing[path].stamp != stamp)


def _rows(entry: Entry, layer: str) -> dict[str, int]:
    counts = {
        table.name: sum(file.rows for file in parts.values())
        for table, parts in sorted(entry.tables.items())
        if table.layer == layer
    }
    return {table: rows for table, rows in counts.items() if rows}


def _misnamed(site: Site, head: Entry) -> tuple[str, ...]:
    checks = (misnamed_check(site, delivered, head) for delivered in site.connector.delivered)
    return tuple(check.says for check in checks if not check.passed)


def _about_disk(free: int | None) -> list[str]:
    if free is None or free >= TOO_LITTLE:
        return []
    return [f"Make room on the lake's disk: {free / 1e6:,.0f} MB are free, and a build needs more."]


def _about_trouble(site: Site, trouble: Trouble) -> str:
    what = f"The last build stopped at {trouble.table}" if trouble.is_of_build else f"{trouble.table} failed"
    how = "Fix that" if trouble.kind == "refused" else "Remove the cause"
    return f"{what}: {' '.join(trouble.says)} {how}; then run {command(site, trouble.command)}."


def _advice(
    site: Site,
    head: Entry,
    why: Mapping[str, str],
    waiting: tuple[str, ...],
    refused: Mapping[str, str],
    unreleased: tuple[str, ...],
    is_stopped: bool,
) -> list[str]:
    build = command(site, "build")
    advice = []
    if refused:
        advice.append(f"Fix or remove the refused files in {site.lake.landing.url}; then run {build}.")
    if waiting:
        advice.append(f"Run {build}: files are waiting in landing.")
    if head.pinned:
        advice.append(
            f"Release {head.release} is pinned; {command(site, 'unpin')}, then {build}, shows readers the newest state."
        )
    elif waiting or is_stopped:
        pass  # the advice to run a build is in the list already
    elif why:
        advice.append(f"Run {build}: some tables are older than their inputs.")
    elif unreleased or head.release is None:
        advice.append(f"Run {build}: the newest state is not released.")
    return advice
