"""Reading and validating the environment variables and lake.toml.

Here: the root of the lake, its shops, memory and threads. All other code receives a `Settings`. A shop with an invalid section
is left out, with an error message; the other shops are not affected (docs/decisions/0017).
Not here: whether a lake may be built with these settings (engine/build/step/built_with.py); the settings of tables and methods
(shop/settings/numbers.py, shop/settings/mining.py).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ecom_lake.engine.alerts import KINDS, RULES, Alerts, Channel, KpiRule, Mail, Rule, ScheduledReport
from ecom_lake.engine.config import (
    CONFIG,
    DEFAULT_CONNECTOR,
    DEFAULT_FIRST_MONTH,
    DEFAULT_FOLDER,
    DEFAULT_MEMORY,
    ORDER_DATE,
    PSEUDONYM_KEY,
    EngineSettings,
    Retention,
    ServerSettings,
    Settings,
    Shop,
    Written,
    default_threads,
)
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.recipe import Recipe
from ecom_lake.engine.contracts.registry import Registry, WhyRefused
from ecom_lake.engine.contracts.settings_model import SettingsModel, sentence, unknown_setting
from ecom_lake.engine.database import Database, PulledTable, Target
from ecom_lake.engine.store.access import Access, Secret
from ecom_lake.engine.store.erasure_list import ERASURE_KEY, FORMER_KEY
from ecom_lake.errors import UserError
from ecom_lake.extras import why_missing
from ecom_lake.schedules import cron_problem, timezone_problem
from ecom_lake.shop.domain import SHOP
from ecom_lake.user_path import user_path

DEFAULT_SHOP = "olist"
"""The shop of a lake without a lake.toml."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:(?=/|$)")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://[^/]")
LONGEST_QUERY = 86_400
"""Seconds: the largest query_timeout."""
LEAST_MEMORY = 100
"""Megabytes of DuckDB."""
_MEGABYTES = {"MB": 1.0, "MiB": 1.048576, "GB": 1e3, "GiB": 1073.741824}
MOST_THREADS = 1_024
FEWEST_RELEASES = 2
"""`ecom-lake diff` compares the last two."""
LARGEST_COUNT = 36_500
Section = TypeVar("Section", bound=SettingsModel)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_PULLED_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_FIRST_MONTH, _LAST_MONTH = date(1970, 1, 1), date(2199, 12, 1)


def load(root: str | None = None, environment: Mapping[str, str] | None = None, project: str | None = None) -> Settings:
    """The current settings: arguments override the environment, and the environment overrides lake.toml."""
    env = os.environ if environment is None else environment
    config = _config(project, env)
    given = _read(config)
    written = given.pop("root", None)
    if written is not None and not isinstance(written, str):
        raise UserError(f"root in {config} must be a folder or a URL, not {written!r}.")
    readers = _readers(given.pop("readers", ""), config)
    plain_fact_files = _plain_fact_files(given.pop("plain_fact_files", Settings.plain_fact_files), config)
    server = _section(ServerSettings, given.pop("server", {}), f"[server] in {config}")
    engine = _section(EngineSettings, given.pop("engine", {}), f"[engine] in {config}")
    channels = _channels(given.pop("channels", {}), config, env)
    shops = given.pop("shops", None)
    if not isinstance(shops, dict | None):
        raise UserError(f"shops in {config} must be tables, one for each shop: [shops.NAME].")
    memory = env.get("ECOM_LAKE_MEMORY") or given.pop("memory_limit", DEFAULT_MEMORY)
    threads = env.get("ECOM_LAKE_THREADS") or given.pop("threads", default_threads())
    timeout = env.get("ECOM_LAKE_QUERY_TIMEOUT") or given.pop("query_timeout", Settings.query_timeout)
    _refuse_unknown(set(given) - {"memory_limit", "threads", "query_timeout"}, LAKE_SETTINGS, str(config))
    registry = Registry(SHOP, config.parent if config.exists() else None, why_refused=_translation_check(engine))
    shops = shops or {DEFAULT_SHOP: {}}
    valid, invalid = _shops(shops, config, registry, env, channels)
    return Settings(
        registry=registry,
        root=_root(root or env.get("ECOM_LAKE_ROOT"), written, config),
        config=config,
        shops=valid,
        default_shop=next(iter(shops)),
        invalid=invalid,
        memory_limit=_memory(memory, config),
        threads=_threads(threads, config),
        query_timeout=_query_timeout(timeout, config),
        plain_fact_files=plain_fact_files,
        keys_file=_keys_file(env, config),
        access=replace(_access(env), readers=readers),
        pseudonym_key=Secret(env.get(PSEUDONYM_KEY, "")),
        erasure_key=Secret(env.get(ERASURE_KEY, "")),
        former_erasure_key=Secret(env.get(FORMER_KEY, "")),
        dagster_home=_dagster_home(env, project, config),
        server=server,
        engine=engine,
    )


LAKE_SETTINGS = (
    "root",
    "memory_limit",
    "threads",
    "query_timeout",
    "readers",
    "plain_fact_files",
    "server",
    "engine",
    "channels",
    "shops",
)


def _translation_check(engine: EngineSettings) -> WhyRefused | None:
    """The check that a table runs on Spark, where Spark makes gold. A machine without the extra only reads what was built."""
    if engine.gold != "spark" or why_missing("spark"):
        return None

    def why_refused(registry: Registry, recipe: Recipe) -> str | None:
        from ecom_lake.engine.build.sql.spark_tables import why_not_on_spark

        return why_not_on_spark(registry, recipe)

    return why_refused


def wants_traces(environment: Mapping[str, str] | None = None) -> bool:
    """Whether unexpected errors are shown with a stack trace, which ECOM_LAKE_DEBUG switches on."""
    env = os.environ if environment is None else environment
    return env.get("ECOM_LAKE_DEBUG", "") not in ("", "0")


def log_to(environment: Mapping[str, str] | None = None) -> str:
    """The target of log lines: ECOM_LAKE_LOG is json, text or a file; without it, nothing is logged."""
    env = os.environ if environment is None else environment
    return env.get("ECOM_LAKE_LOG", "")


def _keys_file(env: Mapping[str, str], config: Path) -> Path:
    """The file of the server's keys: ECOM_LAKE_KEYS, else keys.toml next to lake.toml."""
    named = env.get("ECOM_LAKE_KEYS")
    return user_path(named, "ECOM_LAKE_KEYS").absolute() if named else config.with_name("keys.toml")


def _access(env: Mapping[str, str]) -> Access:
    """Access to Azure, read from the environment variables of Azure's own tools, including their older names."""
    cache = env.get("ECOM_LAKE_CACHE") or f"{env.get('XDG_CACHE_HOME') or '~/.cache'}/ecom-lake"
    return Access(
        account=env.get("AZURE_STORAGE_ACCOUNT_NAME") or env.get("AZURE_STORAGE_ACCOUNT", ""),
        connection_string=Secret(env.get("AZURE_STORAGE_CONNECTION_STRING", "")),
        key=Secret(env.get("AZURE_STORAGE_ACCOUNT_KEY") or env.get("AZURE_STORAGE_KEY", "")),
        sas=Secret(env.get("AZURE_STORAGE_SAS_TOKEN", "")),
        endpoint=env.get("AZURE_STORAGE_SERVICE_ENDPOINT", "").rstrip("/"),
        retries=_retries(env.get("ECOM_LAKE_RETRIES", "4")),
        cache=user_path(cache, "ECOM_LAKE_CACHE").absolute(),
        cache_limit=_bytes(env.get("ECOM_LAKE_CACHE_LIMIT", "10GB")),
    )


def _retries(value: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", value):
        raise UserError(
            f"ECOM_LAKE_RETRIES is the number of retries of a request: it must be a whole number from 0 to 999, not '{value}'."
        )
    return int(value)


def _bytes(value: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?) ?(MB|GB|TB)", value)
    if not found:
        raise UserError(f"ECOM_LAKE_CACHE_LIMIT must look like 10GB or 500MB, not '{value}'.")
    return int(float(found[1]) * {"MB": 1e6, "GB": 1e9, "TB": 1e12}[found[2]])


def _dagster_home(env: Mapping[str, str], project: str | None, config: Path) -> Path | None:
    """The folder that `dagster dev` uses: DAGSTER_HOME, else the project folder if it has a dagster.yaml.

    Without --project, the working folder is tried if the project folder has no dagster.yaml."""
    if home := env.get("DAGSTER_HOME"):
        places = [Path(home).absolute()]
    else:
        places = [config.parent] if project else [config.parent, Path.cwd()]
    return next((place for place in places if (place / "dagster.yaml").exists()), None)


def _config(project: str | None, env: Mapping[str, str]) -> Path:
    """The path of the lake.toml: in the folder of --project, else ECOM_LAKE_CONFIG, else in the working folder or above it.

    Only where it is searched it may be missing; it is then expected in the working folder."""
    if project:
        config = user_path(project, "--project").absolute() / CONFIG
        if not config.exists():
            raise UserError(f"--project {project}: there is no {config}. Name the folder that holds the lake.toml.")
        return config
    if named := env.get("ECOM_LAKE_CONFIG"):
        config = user_path(named, "ECOM_LAKE_CONFIG").absolute()
        if not config.exists():
            raise UserError(
                f"ECOM_LAKE_CONFIG is {config}, which does not exist. Set it to the path of a lake.toml, or unset it."
            )
        return config
    here = Path.cwd()
    return next((folder / CONFIG for folder in (here, *here.parents) if (folder / CONFIG).is_file()), here / CONFIG)


def _read(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise UserError(f"{config} is not UTF-8 text: save it as UTF-8 and run again.") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{config} cannot be read as TOML: {error}. Fix that line and run again.") from None
    except OSError as error:
        raise UserError(f"{config} cannot be read: {error.strerror}.") from None


def _root(asked: str | None, written: str | None, config: Path) -> str:
    if asked:
        return _place(asked, Path.cwd(), "root (--root or ECOM_LAKE_ROOT)")
    return _place(written or DEFAULT_FOLDER, config.parent, f"root in {config}")


def _place(where: str, folder: Path, setting: str) -> str:
    """A URL unchanged, or the absolute path of a folder; a relative path starts at `folder`."""
    scheme = _SCHEME.match(where)
    if scheme is None:
        return str((folder / user_path(where, setting)).absolute())
    if not _URL.match(where):
        hint = "a folder, or a URL such as az://CONTAINER/PREFIX"
        raise UserError(f"{setting} must be {hint}, not '{where}': write // and the address after '{scheme[0]}'.")
    return where.rstrip("/")


def _shops(
    sections: Mapping[str, Any], config: Path, registry: Registry, env: Mapping[str, str], channels: Mapping[str, Channel]
) -> tuple[dict[str, Shop], dict[str, str]]:
    """The shops with a valid section, and the errors of the other shops."""
    valid: dict[str, Shop] = {}
    invalid: dict[str, str] = {}
    for name, values in sections.items():
        try:
            valid[name] = _shop(name, values, config, registry, env, channels)
        except UserError as error:
            invalid[name] = str(error)
    return valid, invalid


def _shop(
    name: str, values: Any, config: Path, registry: Registry, env: Mapping[str, str], channels: Mapping[str, Channel]
) -> Shop:
    place = f"[shops.{name}] in {config}"
    if not _NAME.fullmatch(name):
        raise UserError(f"{place}: a shop's name is a folder's name: small letters, digits and _, starting with a letter.")
    if not isinstance(values, dict):
        raise UserError(f"{place} must be a table of settings.")
    _refuse_unknown(values, SHOP_SETTINGS, place)
    without = _without(values.get("without", []), place, registry)
    first, last = _months(values, ORDER_DATE in without, place)
    map_ = _text(values, "map", "", place)
    if map_ and "connector" in values:
        raise UserError(f"{place} has both a connector and a map: remove one of them.")
    return Shop(
        name=name,
        connector="" if map_ else _text(values, "connector", DEFAULT_CONNECTOR, place),
        map=map_,
        first_month=first,
        last_month=last,
        nightly=_nightly(values, place),
        timezone=_timezone(values, place),
        landing=_landing(values, config, place),
        database=_database(values["database"], name, config, env) if "database" in values else None,
        publish=_targets(values.get("publish", {}), name, config, env, registry),
        alerts=_alerts(values, name, config, registry, channels),
        without=without,
        max_failed_share=_max_failed_share(values.get("max_failed_share", Shop.max_failed_share), place),
        keep_days=_count(values, "keep_days", Shop.keep_days, 1, place),
        keep_releases=_count(values, "keep_releases", Shop.keep_releases, FEWEST_RELEASES, place),
        months_per_run=_count(values, "months_per_run", 1, 1, place) if "months_per_run" in values else None,
        retention=_retention(values, name, config),
        numbers=_section(registry.domain.numbers, values.get("numbers", {}), f"[shops.{name}.numbers] in {config}"),
        mining=_section(registry.domain.mining, values.get("mining", {}), f"[shops.{name}.mining] in {config}"),
        written=Written(config.resolve() if config.exists() else None, config, _digest(values)),
    )


SHOP_SETTINGS = (
    "alerts",
    "connector",
    "database",
    "first_month",
    "last_month",
    "keep_days",
    "keep_releases",
    "landing",
    "map",
    "months_per_run",
    "max_failed_share",
    "nightly",
    "publish",
    "retention",
    "scheduled_report",
    "timezone",
    "without",
    "numbers",
    "mining",
)


def _digest(section: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(section, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()


def _refuse_unknown(names: Iterable[str], known: Sequence[str], place: str) -> None:
    if unknown := sorted(set(names) - set(known)):
        raise UserError(f"{place}: {unknown_setting(unknown[0], known)}")


def _text(values: Mapping[str, Any], setting: str, default: str, place: str) -> str:
    value = values.get(setting, default)
    if not isinstance(value, str) or (setting in values and not value.strip()):
        raise UserError(f"{place}: {setting} must be a text, not {value!r}.")
    return value


def _landing(values: Mapping[str, Any], config: Path, place: str) -> str | None:
    landing = _text(values, "landing", "", place)
    return _place(landing, config.parent, f"{place}: landing") if landing else None


def _database(values: Any, shop: str, config: Path, env: Mapping[str, str]) -> Database:
    """The database of a shop. Whether its variable is set matters to a pull only; no message shows a value of `url_env`."""
    section = f"shops.{shop}.database"
    place = f"[{section}] in {config}"
    if not isinstance(values, dict):
        raise UserError(f"{place} must be a table of settings.")
    _refuse_unknown(values, ("url_env", "tables"), place)
    variable, tables = _url_env(values, place, "SHOP_DATABASE_URL"), values.get("tables")
    if not isinstance(tables, dict) or not tables:
        raise UserError(f"{place} needs the tables to pull, one line for each: add [{section}.tables] with orders = {{}}.")
    for name in tables:
        if not _PULLED_TABLE.fullmatch(name):
            raise UserError(
                f"[{section}.tables] in {config}: '{name}' becomes the name of files: letters, digits and _, starting with a "
                f'letter. Choose such a name, and write table = "{name}" for its name in the database.'
            )
    pulled = {name: _section(PulledTable, one, f"[{section}.tables.{name}] in {config}") for name, one in tables.items()}
    return Database(Secret(env.get(variable, "")), variable, pulled)


def _url_env(values: Mapping[str, Any], place: str, example: str) -> str:
    variable = values.get("url_env")
    if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
        raise UserError(
            f"{place}: url_env must be the name of an environment variable that holds the URL, such as {example}; "
            "the URL itself does not belong into a file."
        )
    return variable


def _targets(sections: Any, shop: str, config: Path, env: Mapping[str, str], registry: Registry) -> dict[str, Target]:
    """The databases that releases are published into. No message shows a value of `url_env`."""
    if not isinstance(sections, dict):
        raise UserError(f"[shops.{shop}.publish] in {config} must be tables, one for each database: [shops.{shop}.publish.NAME].")
    return {name: _target(name, values, f"shops.{shop}.publish", config, env, registry) for name, values in sections.items()}


def _target(name: str, values: Any, section: str, config: Path, env: Mapping[str, str], registry: Registry) -> Target:
    place = f"[{section}.{name}] in {config}"
    if not isinstance(values, dict):
        raise UserError(f"{place} must be a table of settings: name each database, as in [{section}.warehouse].")
    if not _NAME.fullmatch(name):
        raise UserError(f"{place}: the name of a target has small letters, digits and _, and starts with a letter.")
    _refuse_unknown(values, ("url_env", "schema", "tables", "personal"), place)
    variable = _url_env(values, place, "WAREHOUSE_URL")
    schema, personal, tables = _text(values, "schema", "", place), values.get("personal", False), values.get("tables", [])
    if schema and not _SCHEMA.fullmatch(schema):
        raise UserError(f"{place}: schema has letters, digits and _, and does not start with a digit, unlike '{schema}'.")
    if not isinstance(personal, bool):
        raise UserError(f"{place}: personal must be true or false, not {personal!r}.")
    if not isinstance(tables, list) or ("tables" in values and not tables) or not all(isinstance(one, str) for one in tables):
        raise UserError(f'{place}: tables must be a list of gold tables, such as ["kpi_monthly", "rfm"], not {tables!r}.')
    for table in tables:
        if table not in registry.gold:
            near = difflib.get_close_matches(table, registry.gold, 1)
            hint = f"did you mean '{near[0]}'?" if near else "`ecom-lake tables` lists them."
            raise UserError(f"{place}: tables contains {table!r}, which is not a gold table; {hint}")
    return Target(name, Secret(env.get(variable, "")), variable, schema, tuple(tables), personal)


def _channels(sections: Any, config: Path, env: Mapping[str, str]) -> dict[str, Channel]:
    """The channels of alerts. No message shows a value that the environment holds."""
    if not isinstance(sections, dict):
        raise UserError(f"[channels] in {config} must be tables, one for each channel: [channels.NAME].")
    return {name: _channel(name, values, config, env) for name, values in sections.items()}


def _channel(name: str, values: Any, config: Path, env: Mapping[str, str]) -> Channel:
    place = f"[channels.{name}] in {config}"
    if not _NAME.fullmatch(name):
        raise UserError(f"{place}: the name of a channel has small letters, digits and _, and starts with a letter.")
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise UserError(f"{place}: kind must be {', '.join(KINDS)}: what the messages are sent with.")
    settings = _section(KINDS[kind], values, place)
    return Channel(name, settings, Secret(env.get(settings.variable, "") if settings.variable else ""))


def _alerts(values: Mapping[str, Any], shop: str, config: Path, registry: Registry, channels: Mapping[str, Channel]) -> Alerts:
    """A rule is on unless it is false; `[shops.NAME.alerts.RULE]` sets its options."""
    section, place = values.get("alerts", {}), f"[shops.{shop}.alerts] in {config}"
    if not isinstance(section, dict):
        raise UserError(f"{place} must be a table of settings.")
    _refuse_unknown(section, ("channels", *RULES, "kpi"), place)
    switched = {rule: section.get(rule, True) for rule in RULES}
    rules = {
        rule: _section(RULES[rule], {} if options is True else options, f"[shops.{shop}.alerts.{rule}] in {config}")
        for rule, options in switched.items()
        if options is not False
    }
    named = {key: section[key] for key in ("channels",) if key in section}
    alerts = Alerts(
        channels,
        _section(Rule, named, place).channels or tuple(channels),
        rules,
        _kpi_rules(section.get("kpi", {}), shop, config, registry),
        _scheduled_report(values, shop, config, channels),
    )
    for name in (*alerts.default, *(name for rule in (*rules.values(), *alerts.kpis.values()) for name in rule.channels)):
        _refuse_unknown_channel(name, channels, place)
    return alerts


def _refuse_unknown_channel(name: str, channels: Mapping[str, Channel], place: str) -> None:
    if name not in channels:
        known = f"the channels are {', '.join(channels)}" if channels else "there are none: add [channels.NAME]"
        raise UserError(f"{place} names the channel '{name}', which is not in lake.toml; {known}.")


def _kpi_rules(sections: Any, shop: str, config: Path, registry: Registry) -> dict[str, KpiRule]:
    """Each KPI is a number of the table by month."""
    place = f"[shops.{shop}.alerts.kpi] in {config}"
    if not isinstance(sections, dict):
        raise UserError(f"{place} must be tables, one for each KPI: [shops.{shop}.alerts.kpi.late_rate].")
    if not sections:
        return {}
    columns = registry.gold[registry.domain.roles.kpis_by_month].columns
    known = [name for name, column in columns.items() if column.kind.is_numeric]
    for name in sections:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"the numbers are {', '.join(known)}."
            raise UserError(f"{place}: '{name}' is not a number of {registry.domain.roles.kpis_by_month}; {hint}")
    return {name: _section(KpiRule, values, f"[shops.{shop}.alerts.kpi.{name}] in {config}") for name, values in sections.items()}


def _scheduled_report(
    values: Mapping[str, Any], shop: str, config: Path, channels: Mapping[str, Channel]
) -> ScheduledReport | None:
    if "scheduled_report" not in values:
        return None
    place = f"[shops.{shop}.scheduled_report] in {config}"
    report = _section(ScheduledReport, values["scheduled_report"], place)
    if problem := cron_problem(report.schedule):
        raise UserError(f"{place}: schedule {problem}.")
    for name in report.channels:
        _refuse_unknown_channel(name, channels, place)
        if not isinstance(channels[name].settings, Mail):
            raise UserError(f"{place} names the channel '{name}', which is not a mail: a report is sent by mail only.")
    return report


def _retention(values: Mapping[str, Any], shop: str, config: Path) -> Retention:
    place = f"[shops.{shop}.retention] in {config}"
    retention = _section(Retention, values.get("retention", {}), place)
    if retention.texts_days is not None and "map" in values:
        raise UserError(
            f"{place}: texts_days cannot be set for a shop with a map, whose files have texts in any column; list the columns "
            "in `drop` in the map, so that no text is stored, and remove texts_days."
        )
    return retention


def _nightly(values: Mapping[str, Any], place: str) -> str:
    nightly = _text(values, "nightly", Shop.nightly, place)
    if problem := cron_problem(nightly):
        raise UserError(f"{place}: nightly {problem}.")
    return nightly


def _timezone(values: Mapping[str, Any], place: str) -> str:
    timezone = _text(values, "timezone", Shop.timezone, place)
    if problem := timezone_problem(timezone):
        raise UserError(f"{place}: timezone {problem}")
    return timezone


def _months(values: Mapping[str, Any], is_undated: bool, place: str) -> tuple[date, date | None]:
    """The first month of the shop, and its last month if it is closed."""
    first = _month(values.get("first_month", DEFAULT_FIRST_MONTH), "first_month", place)
    if "last_month" in values:
        last = _month(values["last_month"], "last_month", place)
        if last < first:
            raise UserError(f"{place}: last_month ({last:%Y-%m}) is before first_month ({first:%Y-%m}); swap them.")
        return first, last
    if first > datetime.now(UTC).date() and not is_undated:
        raise UserError(
            f"{place}: first_month ({first:%Y-%m}) is in the future, so the shop has no months; set an earlier month."
        )
    return first, None


def _max_failed_share(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{place}: max_failed_share must be a number from 0 to 1, not {value!r}.")
    return float(value)


def _count(values: Mapping[str, Any], setting: str, default: int, at_least: int, place: str) -> int:
    value = values.get(setting, default)
    if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= LARGEST_COUNT:
        raise UserError(f"{place}: {setting} must be a whole number from {at_least} to {LARGEST_COUNT:,}, not {value!r}.")
    return value


def _without(values: Any, place: str, registry: Registry) -> tuple[str, ...]:
    """The tables and columns in `without`: any table except orders, any column that is not part of a key."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UserError(f'{place}: without must be a list of tables and columns, such as ["payments", "products.unit_cost"].')
    known = _optional_names(registry)
    for value in values:
        if value not in known:
            near = difflib.get_close_matches(value, known, 1)
            tables = ", ".join(name for name in known if "." not in name)
            hint = f"did you mean '{near[0]}'?" if near else f"the tables are {tables}, and a column is TABLE.COLUMN."
            raise UserError(f"{place}: without contains '{value}', which is not an optional table or column; {hint}")
    return tuple(values)


def _optional_names(registry: Registry) -> list[str]:
    tables = {name: table for name, table in registry.silver.items() if name != "order_index"}
    never = {"month", "is_timeline_sound", *LINEAGE}
    columns = [
        f"{name}.{c.name}" for name, table in tables.items() for c in table.columns.values() if not c.key and c.name not in never
    ]
    return [*(name for name in tables if name != "orders"), *columns]


def _section(kind: type[Section], values: Any, place: str) -> Section:
    if not isinstance(values, dict):
        raise UserError(f"{place} must be a table of settings.")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{place}: {sentence(error, kind)}") from None


def _month(value: Any, setting: str, place: str) -> date:
    found = _MONTH.fullmatch(str(value))
    month = date(int(found[1]), int(found[2]), 1) if found and int(found[1]) else None
    if month is None or not _FIRST_MONTH <= month <= _LAST_MONTH:
        bounds = f"{_FIRST_MONTH:%Y-%m} to {_LAST_MONTH:%Y-%m}"
        raise UserError(f"{place}: {setting} must be a month such as 2017-10, within {bounds}, not '{value}'.")
    return month


def _memory(value: Any, config: Path) -> str:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]+)?) ?(MB|GB|MiB|GiB)", str(value))
    if not found or float(found[1]) * _MEGABYTES[found[2]] < LEAST_MEMORY:
        raise UserError(
            f"memory_limit (in {config} or ECOM_LAKE_MEMORY) must look like 1GB, and be at least {LEAST_MEMORY}MB, not '{value}'."
        )
    return str(value)


def _readers(value: Any, config: Path) -> str:
    if not isinstance(value, str):
        raise UserError(f'readers in {config} must be the name of a group of this machine, such as "analysts", not {value!r}.')
    return value


def _plain_fact_files(value: Any, config: Path) -> bool:
    if not isinstance(value, bool):
        raise UserError(f"plain_fact_files in {config} must be true or false, not {value!r}.")
    return value


def _threads(value: Any, config: Path) -> int:
    if not re.fullmatch("[0-9]{1,4}", str(value)) or not 1 <= int(value) <= MOST_THREADS:
        raise UserError(
            f"threads (in {config} or ECOM_LAKE_THREADS) must be a whole number from 1 to {MOST_THREADS:,}, not '{value}'."
        )
    return int(value)


def _query_timeout(value: Any, config: Path) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(value) <= LONGEST_QUERY:
        raise UserError(
            f"query_timeout (in {config} or ECOM_LAKE_QUERY_TIMEOUT) is the seconds that a query of `ecom-lake sql` may take: "
            f"a whole number from 1 to {LONGEST_QUERY:,}, not '{value}'."
        )
    return int(value)
