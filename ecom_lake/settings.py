"""What the environment and lake.toml say, read in one place and checked.

Here: where the lake is, which shops it holds, how much of the machine to use. Everybody else gets a `Settings`.
Not here: what a table or a method needs to know beyond that (contracts/shop_settings.py, contracts/mining_settings.py).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from ecom_lake.contracts import catalog
from ecom_lake.contracts.delivered import LINEAGE
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.contracts.shop_settings import ShopSettings
from ecom_lake.errors import UserError
from ecom_lake.lake.access import Access, Secret

DEFAULT_SHOP = "olist"
CONFIG = "lake.toml"
ORDER_DATE = "orders.ordered_at"
UNDATED = date.min
"""Stands for the month of orders without a date. A shop has months or it has this one; in silver's rows it is NULL."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Shop:
    """One selling business: its connector, its months and what its numbers depend on."""

    name: str
    connector: str
    first_month: date
    last_month: date | None
    """None for a shop that still sells."""
    numbers: ShopSettings
    mining: MiningSettings
    nightly: str = "0 3 * * *"
    timezone: str = "UTC"
    landing: str | None = None
    """Where its exports are dropped: a folder or a remote store; None for the shop's own folder of the lake."""
    without: tuple[str, ...] = ()
    """Silver tables, and columns as `table.column`, that it does not have, beside what its kind of export never has."""

    @property
    def is_undated(self) -> bool:
        return ORDER_DATE in self.without

    def months(self, today: date) -> list[date]:
        """Every month of the shop, oldest first; an open shop's last one is today's."""
        if self.is_undated:
            return [UNDATED]
        last = self.last_month or today.replace(day=1)
        count = (last.year - self.first_month.year) * 12 + last.month - self.first_month.month + 1
        start = self.first_month.year * 12 + self.first_month.month - 1
        return [date((start + i) // 12, (start + i) % 12 + 1, 1) for i in range(max(count, 0))]


def month_name(month: date) -> str:
    """As parts of tables, partitions and people call it."""
    return "undated" if month == UNDATED else f"{month:%Y-%m}"


def named_month(name: str) -> date:
    return UNDATED if name == month_name(UNDATED) else date.fromisoformat(f"{name}-01")


@dataclass(frozen=True)
class Settings:
    root: str
    config: Path
    shops: dict[str, Shop]
    memory_limit: str
    threads: int
    access: Access = field(default_factory=Access)
    """How remote stores are reached."""
    dagster_home: Path | None = None
    """Where Dagster keeps its history; None where there is no dagster.yaml."""

    def shop(self, name: str) -> Shop:
        if name not in self.shops:
            known = ", ".join(sorted(self.shops))
            raise UserError(f"There is no shop '{name}' in {self.config}; it holds: {known}. Add [shops.{name}] to it.")
        return self.shops[name]


def load(root: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force: arguments win over the environment, the environment over lake.toml."""
    env = os.environ if environment is None else environment
    config = Path(env.get("ECOM_LAKE_CONFIG", CONFIG)).absolute()
    given = _read(config)
    where = root or env.get("ECOM_LAKE_ROOT") or given.pop("root", None)
    given.pop("root", None)
    readers = _readers(given.pop("readers", ""), config)
    shops = given.pop("shops", None) or {DEFAULT_SHOP: {}}
    memory = env.get("ECOM_LAKE_MEMORY") or given.pop("memory_limit", "2GB")
    threads = env.get("ECOM_LAKE_THREADS") or given.pop("threads", os.cpu_count() or 2)
    if unknown := sorted(set(given) - {"memory_limit", "threads"}):
        raise UserError(
            f"{config} has a setting that nobody reads: '{unknown[0]}'. Known are root, memory_limit, threads, "
            "readers and [shops.NAME]."
        )
    return Settings(
        root=_root(where, config),
        config=config,
        shops={name: _shop(name, values, config) for name, values in shops.items()},
        memory_limit=_memory(memory, config),
        threads=_threads(threads, config),
        access=replace(_access(env), readers=readers),
        dagster_home=_dagster_home(env),
    )


def wants_traces(environment: Mapping[str, str] | None = None) -> bool:
    """Whether an error that nobody foresaw is to be shown with its trace: ECOM_LAKE_DEBUG says so."""
    env = os.environ if environment is None else environment
    return env.get("ECOM_LAKE_DEBUG", "") not in ("", "0")


def log_to(environment: Mapping[str, str] | None = None) -> str:
    """Where lines of the log go: ECOM_LAKE_LOG is json, text or a file; nowhere without it."""
    env = os.environ if environment is None else environment
    return env.get("ECOM_LAKE_LOG", "")


def _access(env: Mapping[str, str]) -> Access:
    """By the names that Azure's own tools use, the older ones too."""
    default = Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecom-lake"
    return Access(
        account=env.get("AZURE_STORAGE_ACCOUNT_NAME") or env.get("AZURE_STORAGE_ACCOUNT", ""),
        connection_string=Secret(env.get("AZURE_STORAGE_CONNECTION_STRING", "")),
        key=Secret(env.get("AZURE_STORAGE_ACCOUNT_KEY") or env.get("AZURE_STORAGE_KEY", "")),
        sas=Secret(env.get("AZURE_STORAGE_SAS_TOKEN", "")),
        endpoint=env.get("AZURE_STORAGE_SERVICE_ENDPOINT", "").rstrip("/"),
        retries=_retries(env.get("ECOM_LAKE_RETRIES", "4")),
        cache=Path(env.get("ECOM_LAKE_CACHE") or default).expanduser().absolute(),
        cache_limit=_bytes(env.get("ECOM_LAKE_CACHE_LIMIT", "10GB")),
    )


def _retries(value: str) -> int:
    if not value.isdigit():
        raise UserError(f"ECOM_LAKE_RETRIES says how often a request is tried again: a whole number from 0, not '{value}'.")
    return int(value)


def _bytes(value: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB|TB)", value)
    if not found:
        raise UserError(f"ECOM_LAKE_CACHE_LIMIT must look like 10GB or 500MB, not '{value}'.")
    return int(float(found[1]) * {"MB": 1e6, "GB": 1e9, "TB": 1e12}[found[2]])


def _dagster_home(env: Mapping[str, str]) -> Path | None:
    """As `dagster dev` finds it: the environment's, else the working folder where that holds a dagster.yaml."""
    home = Path(env.get("DAGSTER_HOME") or Path.cwd()).absolute()
    return home if (home / "dagster.yaml").exists() else None


def _read(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{config} cannot be read as TOML: {error}. Mend that line and run again.") from None
    except OSError as error:
        raise UserError(f"{config} cannot be read: {error.strerror}.") from None


def _root(where: str | None, config: Path) -> str:
    return _place(where) if where else str(config.parent / "data")


def _place(where: str) -> str:
    """A URL as it is, a folder in full."""
    return where.rstrip("/") if "://" in where else str(Path(where).expanduser().absolute())


def _shop(name: str, values: Any, config: Path) -> Shop:
    place = f"[shops.{name}] in {config}"
    if not _NAME.fullmatch(name):
        raise UserError(f"{place}: a shop's name is a folder's name: small letters, digits and _, starting with a letter.")
    if not isinstance(values, dict):
        raise UserError(f"{place} must be a table of settings.")
    rest = dict(values)
    first = _month(rest.pop("first_month", "2016-09"), "first_month", place)
    last = rest.pop("last_month", None)
    last_month = _month(last, "last_month", place) if last is not None else None
    if last_month and last_month < first:
        raise UserError(f"{place}: last_month lies before first_month; swap them.")
    shop = Shop(
        name=name,
        connector=str(rest.pop("connector", "olist")),
        first_month=first,
        last_month=last_month,
        nightly=str(rest.pop("nightly", "0 3 * * *")),
        timezone=str(rest.pop("timezone", "UTC")),
        landing=_place(str(landing)) if (landing := rest.pop("landing", None)) else None,
        without=_without(rest.pop("without", []), place),
        numbers=_section(ShopSettings, rest.pop("numbers", {}), f"[shops.{name}.numbers] in {config}"),
        mining=_section(MiningSettings, rest.pop("mining", {}), f"[shops.{name}.mining] in {config}"),
    )
    if rest:
        known = "connector, first_month, last_month, landing, nightly, timezone, without, numbers, mining"
        raise UserError(f"{place} has a setting that nobody reads: '{sorted(rest)[0]}'. Known are {known}.")
    return shop


def _without(values: Any, place: str) -> tuple[str, ...]:
    """Names of what a shop may do without: any table but orders, any column that is no part of a key."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UserError(f'{place}: without must be a list of tables and columns, such as ["payments", "products.unit_cost"].')
    known = _spareable()
    for value in values:
        if value not in known:
            near = difflib.get_close_matches(value, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else "docs/canonical.md lists the tables and columns."
            raise UserError(f"{place}: without names '{value}', which is nothing that a shop may do without; {hint}")
    return tuple(values)


def _spareable() -> list[str]:
    tables = {name: table for name, table in catalog.silver().items() if name != "order_index"}
    never = {"month", "is_timeline_sound", *LINEAGE}
    columns = [
        f"{name}.{c.name}" for name, table in tables.items() for c in table.columns.values() if not c.key and c.name not in never
    ]
    return [*(name for name in tables if name != "orders"), *columns]


def _section(kind: type[Any], values: Any, place: str) -> Any:
    known = [f.name for f in fields(kind)]
    for name in values:
        if name not in known:
            raise UserError(f"{place} has a setting that nobody reads: '{name}'. Known are {', '.join(known)}.")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise UserError(f"{place}: {error}.") from None


def _month(value: Any, setting: str, place: str) -> date:
    found = _MONTH.fullmatch(str(value))
    if not found:
        raise UserError(f"{place}: {setting} must look like 2017-10, not '{value}'.")
    return date(int(found[1]), int(found[2]), 1)


def _memory(value: Any, config: Path) -> str:
    if not re.fullmatch(r"\d+(\.\d+)? ?(MB|GB|MiB|GiB)", str(value)):
        raise UserError(f"memory_limit (in {config} or ECOM_LAKE_MEMORY) must look like 1GB, not '{value}'.")
    return str(value)


def _readers(value: Any, config: Path) -> str:
    if not isinstance(value, str):
        raise UserError(f'readers in {config} must be the name of a group of this machine, such as "analysts", not {value!r}.')
    return value


def _threads(value: Any, config: Path) -> int:
    if not str(value).isdigit() or int(value) < 1:
        raise UserError(f"threads (in {config} or ECOM_LAKE_THREADS) must be a whole number from 1, not '{value}'.")
    return int(value)
