"""The settings that a shop was built with, and whether a build may continue with the current settings.

Every state of the log records them, so that they move with the lake: to another folder, to Azure, through a rollback.
A build continues if the settings are the same, or if their file was edited. It stops if the file is missing or is another file
(docs/decisions/0017-settings-belong-to-the-lake.md).
Not here: what the settings mean (settings.py, contracts/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ecom_lake import logs
from ecom_lake.engine.build.once_per_site import once_per_site
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Shop, Written
from ecom_lake.engine.store.entry import BuiltWith, Entry
from ecom_lake.errors import UsageError
from ecom_lake.extras import why_missing
from ecom_lake.words import counted

_WITHOUT_EFFECT = (
    "alerts",
    "database",
    "keep_days",
    "keep_releases",
    "max_failed_share",
    "months_per_run",
    "name",
    "nightly",
    "publish",
    "retention",
    "written",
)
"""Settings that change no table."""
_FILES = 8
"""The number of settings files that are recorded: the last ones that a shop was built with."""
_SHOWN = 5


class MissingExtraError(UsageError):
    """A build on a machine without an extra of the package, which would remove released tables."""


class OtherSettingsError(UsageError):
    """A build with other settings than the lake's, which do not come from an edit of the same file."""


@dataclass(frozen=True)
class Change:
    """A changed setting; None means unset."""

    setting: str
    before: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.setting} {_shown(self.before)} → {_shown(self.now)}"


def state_to_build_on(site: Site) -> Entry:
    """The newest state; raises an error if the current settings may not be used for a build."""
    head = site.lake.log.head()
    refuse_other_settings(site, head)
    return head


def commit_made(site: Site, change: Callable[[Entry], Entry], message: str, release: bool = False) -> Entry:
    """Append the result of a step to the log, together with the settings that it was built with."""
    before: BuiltWith | None = None

    def with_settings(head: Entry) -> Entry:
        nonlocal before
        refuse_other_settings(site, head)
        before, changed = head.built_with, change(head)
        return changed if changed is head else replace(changed, built_with=_recorded(site.shop, before))

    entry = site.lake.log.commit(with_settings, site.run, message, release)
    if entry.built_with and (before is None or entry.built_with.values != before.values):
        logs.log_event("settings recorded", file=source(entry.built_with), changed=len(changes(site.shop, before)))
    return entry


CONFIRM = (
    "Work in the lake's project folder, or name it with --project; to build with these settings after all, "
    "run `ecom-lake build --accept-settings`."
)


def refuse_other_settings(site: Site, head: Entry) -> None:
    if site.accept_settings:
        return
    if why := why_refused(site, head):
        raise OtherSettingsError(f"{why} {CONFIRM}")
    if why := _why_tables_would_be_lost(site, head):
        raise MissingExtraError(f"{why} To build without these tables from now on, run `ecom-lake build --accept-settings`.")


def _why_tables_would_be_lost(site: Site, head: Entry) -> str | None:
    """Why tables of the state cannot be built on this machine: an extra of the package is not installed."""
    missing = _missing_extras(site)
    built = [table for table in site.registry.gold.values() if table.extra in missing and head.parts(table.id)]
    lost = {table.name: missing[table.extra] for table in built}
    return f"The lake has {', '.join(sorted(lost))}. {' '.join(dict.fromkeys(lost.values()))}" if lost else None


@once_per_site
def _missing_extras(site: Site) -> Mapping[str, str]:
    """The extras of the package that a table needs and this machine lacks, with a sentence each."""
    extras = sorted({table.extra for table in site.registry.gold.values() if table.extra})
    return {extra: why for extra in extras if (why := why_missing(extra, "This build"))}


def why_refused(site: Site, head: Entry) -> str | None:
    """Why a build may not continue with the current settings; None if it may."""
    recorded, written = head.built_with, site.shop.written
    if recorded is None or written.digest == recorded.written or _is_edited(written, recorded):
        return None  # before the settings are compared, because each step asks twice
    if not (differing := changes(site.shop, recorded)):
        return None
    lakes = f"Shop '{site.shop.name}' was last built with the settings of {source(recorded)}"
    return f"{lakes}, and {_why_other(written, recorded)}. It would change {in_words(differing)}."


def _is_edited(written: Written, recorded: BuiltWith) -> bool:
    """Whether the shop was built with this file before, and the file has changed since then."""
    return recorded.files.get(str(written.file), written.digest) != written.digest


def _why_other(written: Written, recorded: BuiltWith) -> str:
    if written.file is None:
        return f"there is no {written.looked_for}, so that the defaults are in force"
    if str(written.file) in recorded.files:
        return f"{written.file} has not changed since this shop was last built with it"
    return f"{written.file} is another file"


def changes(shop: Shop, recorded: BuiltWith | None) -> list[Change]:
    """The current settings that differ from the recorded ones. A setting without a record is compared with its default."""
    if recorded is None:
        return []
    now, defaults = values(shop), values(Shop(shop.name, "", date.min, None, type(shop.numbers)(), type(shop.mining)()))
    return [
        Change(name, before, value)
        for name, value in now.items()
        if (before := recorded.values.get(name, defaults[name])) != value
    ]


def values(shop: Shop) -> dict[str, Any]:
    """Every setting that can change a table, by its name in lake.toml, as JSON values."""
    own = {f.name: getattr(shop, f.name) for f in fields(shop) if f.name not in _WITHOUT_EFFECT}
    sections = {name: own.pop(name) for name in ("numbers", "mining")}
    below = {f"{name}.{setting}": value for name, section in sections.items() for setting, value in section}
    return {name: _as_json(name, value) for name, value in (own | below).items()}


def _as_json(name: str, value: Any) -> Any:
    if isinstance(value, date):
        return f"{value:%Y-%m}" if name.endswith("_month") else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return sorted(value) if isinstance(value, tuple) else value


def in_words(differing: Iterable[Change]) -> str:
    shown = [str(change) for change in differing]
    more = len(shown) - _SHOWN
    return "; ".join([*shown[:_SHOWN], *([counted(more, "more setting")] if more > 0 else [])])


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "unset"
    return "unset" if value is None else str(value)


def _recorded(shop: Shop, before: BuiltWith | None) -> BuiltWith:
    """The current settings, and the files that this shop was built with, the latest one last."""
    written = shop.written
    files: Mapping[str, str] = before.files if before else {}
    if written.file:
        others = {file: digest for file, digest in files.items() if file != str(written.file)}
        files = dict([*others.items(), (str(written.file), written.digest)][-_FILES:])
    return BuiltWith(values(shop), written.digest, str(written.file or ""), files)


def source(recorded: BuiltWith) -> str:
    return recorded.file or "no lake.toml, the defaults"
