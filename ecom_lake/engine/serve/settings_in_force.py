"""Every setting of lake.toml with the value in force, whether a file, the environment or a default gave it.

Here: from validated settings to a list of names and values, without secrets: only the names of their variables are settings.
Not here: reading and validating them (settings.py), their meaning (the page of settings in the documentation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ecom_lake.engine.alerts import RULES, Alerts, Rule
from ecom_lake.engine.config import (
    DEFAULT_CONNECTOR,
    DEFAULT_FIRST_MONTH,
    DEFAULT_FOLDER,
    DEFAULT_MEMORY,
    Settings,
    Shop,
    default_threads,
)
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.database import Database, Target


@dataclass(frozen=True)
class Setting:
    name: str
    """As lake.toml writes it, with its section: shops.demo.keep_days."""
    value: Any
    default: Any = None
    """None for a setting that is not set by default, or has to be set where its section is."""

    @property
    def is_default(self) -> bool:
        return bool(self.value == self.default)


def settings_in_force(settings: Settings, shops: Iterable[str]) -> list[Setting]:
    """The settings of the lake and of these shops. None and empty texts are settings that are not set."""
    found = [*_of_lake(settings), *(one for name in shops for one in _of_shop(settings.shops[name]))]
    return [Setting(one.name, _plain(one.value), _plain(one.default)) for one in found]


def as_written(value: Any) -> str:
    """A value as lake.toml writes it; empty if it is not set."""
    match value:
        case None | "":
            return ""
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(map(as_written, value))}]"
    return str(value)


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    match value:
        case timedelta():
            return _duration(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
    return float(value)


def _duration(value: timedelta) -> str:
    minutes = int(value.total_seconds() // 60)
    number, unit = next(
        (minutes // size, unit) for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % size == 0
    )
    return f"{number} {unit}{'s' * (number != 1)}"


def _of_lake(settings: Settings) -> Iterator[Setting]:
    yield Setting("root", settings.root, str((settings.config.parent / DEFAULT_FOLDER).absolute()))
    yield Setting("memory_limit", settings.memory_limit, DEFAULT_MEMORY)
    yield Setting("threads", settings.threads, default_threads())
    yield Setting("query_timeout", settings.query_timeout, Settings.query_timeout)
    yield Setting("readers", settings.access.readers, "")
    yield Setting("plain_fact_files", settings.plain_fact_files, Settings.plain_fact_files)
    yield from _of_model("server", settings.server)
    yield from _of_model("engine", settings.engine)
    channels = next((shop.alerts.channels for shop in settings.shops.values()), {})  # each shop has all of the lake
    for name, channel in channels.items():
        yield from _of_model(f"channels.{name}", channel.settings)


def _of_model(section: str, model: SettingsModel) -> Iterator[Setting]:
    for name, field in type(model).model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        yield Setting(f"{section}.{name}", getattr(model, name), default)


def _of_shop(shop: Shop) -> Iterator[Setting]:
    section = f"shops.{shop.name}"
    if shop.map:
        yield Setting(f"{section}.map", shop.map)
    else:
        yield Setting(f"{section}.connector", shop.connector, DEFAULT_CONNECTOR)
    yield Setting(f"{section}.first_month", f"{shop.first_month:%Y-%m}", DEFAULT_FIRST_MONTH)
    yield Setting(f"{section}.last_month", shop.last_month and f"{shop.last_month:%Y-%m}")
    for name in ("nightly", "timezone", "landing", "without", "max_failed_share"):
        yield Setting(f"{section}.{name}", getattr(shop, name), getattr(Shop, name))
    for name in ("keep_days", "keep_releases", "months_per_run"):
        yield Setting(f"{section}.{name}", getattr(shop, name), getattr(Shop, name))
    if shop.database:
        yield from _of_database(f"{section}.database", shop.database)
    for name, target in shop.publish.items():
        yield from _of_target(f"{section}.publish.{name}", target)
    yield from _of_alerts(section, shop.alerts)
    yield from _of_model(f"{section}.retention", shop.retention)
    yield from _of_model(f"{section}.numbers", shop.numbers)
    yield from _of_model(f"{section}.mining", shop.mining)


def _of_database(section: str, database: Database) -> Iterator[Setting]:
    yield Setting(f"{section}.url_env", database.url_env)
    for name, table in database.tables.items():
        yield from _of_model(f"{section}.tables.{name}", table)


def _of_target(section: str, target: Target) -> Iterator[Setting]:
    yield Setting(f"{section}.url_env", target.url_env)
    yield Setting(f"{section}.schema", target.schema, "")
    yield Setting(f"{section}.tables", target.tables, ())
    yield Setting(f"{section}.personal", target.personal, default=False)


def _of_alerts(shop: str, alerts: Alerts) -> Iterator[Setting]:
    yield Setting(f"{shop}.alerts.channels", alerts.default, tuple(alerts.channels))
    for name in RULES:
        yield from _of_rule(f"{shop}.alerts.{name}", alerts.rules.get(name))
    for name, kpi in alerts.kpis.items():
        yield from _of_model(f"{shop}.alerts.kpi.{name}", kpi)
    if alerts.report:
        yield from _of_model(f"{shop}.scheduled_report", alerts.report)


def _of_rule(section: str, rule: Rule | None) -> Iterator[Setting]:
    """A rule is on or off; where it is on, its options that are set follow."""
    yield Setting(section, rule is not None, default=True)
    yield from (one for one in _of_model(section, rule) if not one.is_default) if rule else ()
