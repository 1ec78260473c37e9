"""The types of the validated settings of a lake and of its shops.

Here: the types, and the months of a shop. Not here: reading the environment and lake.toml (settings.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ecom_lake.engine.alerts import Alerts
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.database import Database, Target
from ecom_lake.engine.store.access import Access, Secret
from ecom_lake.errors import UserError

if TYPE_CHECKING:
    from ecom_lake.engine.contracts.registry import Registry

CONFIG = "lake.toml"
NO_CONFIG = (
    "there is no lake.toml in {} or a folder above it. Start in a project folder, name one with --project or ECOM_LAKE_CONFIG, "
    "or create one with `ecom-lake init FOLDER`."
)
DEFAULT_FOLDER = "data"
"""The root of a lake, in the folder of its lake.toml."""
DEFAULT_MEMORY = "2GB"
DEFAULT_CONNECTOR = "olist"
DEFAULT_FIRST_MONTH = "2016-09"
ORDER_DATE = "orders.ordered_at"
PSEUDONYM_KEY = "ECOM_LAKE_PSEUDONYM_KEY"
"""The environment variable with the key of pseudonyms."""
UNDATED = date.min
"""The month of orders without a date. A shop has either real months or only this one; in silver rows it is NULL."""


@dataclass(frozen=True)
class Written:
    """The file of a shop's settings, and a digest of its content."""

    file: Path | None = None
    """The lake.toml; None if there is none and the defaults apply."""
    looked_for: Path = Path(CONFIG)
    """The path of the lake.toml, whether it exists or not."""
    digest: str = ""
    """A hash of the parsed section of the shop: comments and layout do not count."""


class Retention(SettingsModel, frozen=True):
    """How long delivered data stay, by layer. What is unset stays for ever."""

    landing_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    """Days since its last change after which a landed file is deleted, once all of it is in a release. `build` cannot read it
    again then, and `repair` cannot restore damaged bronze files."""
    rejects_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    """Days since its delivery after which the text of a malformed record is deleted. Its place and the reason stay, and older
    states hold the text until they are deleted."""
    texts_days: Annotated[int, Field(ge=62, le=36_500)] | None = None
    """Days since it was written that the text of a review stays, at most: the texts of a calendar month are emptied together, in
    landing, bronze and silver, so that one of its last day stays 30 days less. With 62, every text stays more than a month; with
    fewer than 31, it would go on the day on which it is written. Scores stay, and older states hold the text until they are
    deleted."""


@dataclass(frozen=True)
class Shop:
    """One shop: its connector or map, its months and its settings."""

    name: str
    connector: str
    """Empty for a shop with a map."""
    first_month: date
    last_month: date | None
    """None for a shop that is open."""
    numbers: Any
    """The settings that SQL reads in the one-row view `settings`. The domain defines its type, and that of `mining`."""
    mining: Any
    """The settings that are passed to the Python functions of gold tables."""
    nightly: str = "0 3 * * *"
    timezone: str = "UTC"
    landing: str | None = None
    """The folder or remote store of its exports; None for the shop's folder in the lake."""
    database: Database | None = None
    """Where `ecom-lake pull` reads its files from; None for a shop whose exports are landed by others."""
    publish: Mapping[str, Target] = field(default_factory=dict)
    """The databases that its releases are published into, by name."""
    alerts: Alerts = field(default_factory=Alerts)
    without: tuple[str, ...] = ()
    """Silver tables, and columns as `table.column`, that the shop does not have; its connector may lack others as well."""
    written: Written = field(default_factory=Written)
    max_failed_share: float = 0.5
    """The largest share of failed rows in a new delivery with which a build is released."""
    keep_days: int = 30
    """A release can be shown again by a rollback for this number of days after the next one."""
    keep_releases: int = 10
    """The number of releases that stay at least, at any age."""
    months_per_run: int | None = None
    """The most months that one run of a Dagster backfill makes; None for one run over all of its months."""
    retention: Retention = field(default_factory=Retention)
    """How long delivered data stay."""
    map: str = ""
    """The map of its exports: its name, or the path of its file in the project folder; empty for a shop with a connector."""

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


def defaults_in_force(config: Path) -> str:
    """The sentence that there is no lake.toml; empty if there is one."""
    return "" if config.exists() else f"The defaults are in force: {NO_CONFIG.format(config.parent)}"


def default_threads() -> int:
    return os.cpu_count() or 2


def month_name(month: date) -> str:
    """The name of a month in parts of tables, partitions and messages."""
    return "undated" if month == UNDATED else f"{month:%Y-%m}"


def named_month(name: str) -> date:
    return UNDATED if name == month_name(UNDATED) else date.fromisoformat(f"{name}-01")


class ServerSettings(SettingsModel, frozen=True):
    """What `ecom-lake serve` answers in addition, and the limits of SQL over HTTP."""

    mcp: bool = False
    """Whether agents may ask over HTTP."""
    sql: bool = False
    """Whether keys with the scope sql may run queries."""
    sql_seconds: Annotated[int, Field(ge=1, le=3_600)] = 10
    sql_memory_mb: Annotated[int, Field(ge=64, le=1_000_000)] = 512
    """Megabytes of memory of a query. It writes no temporary files."""
    sql_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    sql_answer_mb: Annotated[int, Field(ge=1, le=1_000)] = 16
    """Megabytes of the largest answer."""
    sql_at_once: Annotated[int, Field(ge=1, le=64)] = 2
    """The queries that run at once; the others wait."""


class EngineSettings(SettingsModel, frozen=True):
    """What computes the SQL of gold. No value of a table depends on it, so that it is not recorded in the lake (0067)."""

    gold: Literal["duckdb", "spark"] = "duckdb"
    """DuckDB on this machine, or Spark ([how](how-to-run-gold-on-spark.md))."""
    master: str = "local[*]"
    """Where Spark runs: `local[*]` on this machine, `spark://HOST:PORT` on a standalone cluster, `sc://HOST:PORT` behind a server
    of Spark Connect."""
    memory: str | None = None
    """Memory of Spark on this machine, or of each executor of a cluster, such as `4g`; Spark's own default if it is not set. A
    server of Spark Connect has its own."""

    @field_validator("master")
    @classmethod
    def _is_master(cls, master: str) -> str:
        if ";token=" in master:
            raise ValueError(
                "master must not contain a token: set SPARK_CONNECT_AUTHENTICATE_TOKEN in the environment, and remove it here."
            )
        if not _MASTER.fullmatch(master):
            raise ValueError(f"master must be local[*], local[N], spark://HOST:PORT or sc://HOST:PORT, not '{master}'.")
        return master

    @field_validator("memory")
    @classmethod
    def _is_memory(cls, memory: str | None) -> str | None:
        found = _SPARK_MEMORY.fullmatch(memory or "")
        if not found or not LEAST_SPARK_MEMORY <= int(found[1]) * _MEGABYTES[found[2]] <= MOST_SPARK_MEMORY:
            raise ValueError(f"memory must look like 4g or 800m, and be from 512m to 4096g, not '{memory}'.")
        return memory

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for setting in sorted({"master", "memory"} & self.model_fields_set if self.gold != "spark" else ()):
            raise ValueError(f'{setting} is a setting of Spark: add gold = "spark", or remove {setting}.')
        if self.memory and self.master.startswith("sc://"):
            raise ValueError("memory has no effect on a server of Spark Connect: set it where the server starts, and remove it.")
        return self


_MASTER = re.compile(
    r"local\[(\*|[1-9][0-9]{0,3})\]"
    r"|spark://[^\s/:,]+:[0-9]{1,5}(,[^\s/:,]+:[0-9]{1,5})*"
    r"|sc://[^\s/:;]+(:[0-9]{1,5})?(/(;[^\s;=]+=[^\s;]*)*)?"
)
_SPARK_MEMORY = re.compile(r"([1-9][0-9]{0,6})([mg])")
_MEGABYTES = {"m": 1, "g": 1024}
LEAST_SPARK_MEMORY = 512
"""Megabytes. Spark does not start with less than 450."""
MOST_SPARK_MEMORY = 4096 * 1024


@dataclass(frozen=True)
class Settings:
    registry: Registry
    root: str
    config: Path
    shops: dict[str, Shop]
    default_shop: str
    """The shop that commands use when no shop is named: the first in lake.toml."""
    memory_limit: str
    threads: int
    query_timeout: int = 300
    """Seconds that a query of a SQL session may take."""
    plain_fact_files: bool = True
    """Whether the plain view also has each monthly gold table as one file."""
    keys_file: Path = Path("keys.toml")
    """The file of the keys of `ecom-lake serve`."""
    access: Access = field(default_factory=Access)
    """Credentials and options of remote stores."""
    pseudonym_key: Secret = field(default_factory=Secret)
    """The key of the pseudonyms that maps make of personal values."""
    erasure_key: Secret = field(default_factory=Secret)
    """The key of the erasure list (engine/store/erasure_list.py)."""
    former_erasure_key: Secret = field(default_factory=Secret)
    """The key that it had before."""
    dagster_home: Path | None = None
    """The folder of Dagster's run history; None if there is no dagster.yaml."""
    server: ServerSettings = field(default_factory=ServerSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    """What computes the SQL of gold."""
    invalid: Mapping[str, str] = field(default_factory=dict)
    """The shops with an invalid section in lake.toml, and the error of each."""

    def shop(self, name: str) -> Shop:
        if name in self.invalid:
            raise UserError(self.invalid[name])
        if name not in self.shops:
            if not self.config.exists():
                raise UserError(f"There is no shop '{name}': {NO_CONFIG.format(self.config.parent)}")
            known = ", ".join(sorted({*self.shops, *self.invalid}))
            raise UserError(f"There is no shop '{name}' in {self.config}; its shops are: {known}. Add [shops.{name}] to it.")
        return self.shops[name]
