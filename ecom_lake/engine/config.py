"""The types of the validated settings of a lake and of its shops.

Here: the types, and the months of a shop. Not here: reading the environment and lake.toml (settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

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
    dagster_home: Path | None = None
    """The folder of Dagster's run history; None if there is no dagster.yaml."""
    server: ServerSettings = field(default_factory=ServerSettings)
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
