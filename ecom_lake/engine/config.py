"""What the engine works with: the settings of a lake and of its shops, as they were read and checked.

Here: the types, and what months a shop has. Not here: reading the environment and lake.toml (settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.store.access import Access
from ecom_lake.errors import UserError

CONFIG = "lake.toml"
ORDER_DATE = "orders.ordered_at"
UNDATED = date.min
"""Stands for the month of orders without a date. A shop has months or it has this one; in silver's rows it is NULL."""


@dataclass(frozen=True)
class Written:
    """Where a shop's settings are written, and what is written there."""

    file: Path | None = None
    """The lake.toml; None where there is none and the defaults are in force."""
    looked_for: Path = Path(CONFIG)
    """The place of the lake.toml, whether it is there or not."""
    digest: str = ""
    """Of the shop's section as it was parsed: comments and layout do not count."""


@dataclass(frozen=True)
class Shop:
    """One selling business: its connector, its months and what its numbers depend on."""

    name: str
    connector: str
    first_month: date
    last_month: date | None
    """None for a shop that still sells."""
    numbers: Any
    """The settings that SQL reads in the one-row view `settings`; of the type that the domain names. So is `mining`."""
    mining: Any
    """The settings that tables made by Python get."""
    nightly: str = "0 3 * * *"
    timezone: str = "UTC"
    landing: str | None = None
    """Where its exports are dropped: a folder or a remote store; None for the shop's own folder of the lake."""
    without: tuple[str, ...] = ()
    """Silver tables, and columns as `table.column`, that it does not have, beside what its kind of export never has."""
    written: Written = field(default_factory=Written)
    max_failed_share: float = 0.5
    """No build is released with a new delivery of which a larger share of the rows failed."""

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
    registry: Registry
    root: str
    config: Path
    shops: dict[str, Shop]
    default_shop: str
    """The shop that is meant where none is named: the first in lake.toml."""
    memory_limit: str
    threads: int
    query_timeout: int = 300
    """Seconds that a query of a SQL session may take."""
    access: Access = field(default_factory=Access)
    """How remote stores are reached."""
    dagster_home: Path | None = None
    """Where Dagster keeps its history; None where there is no dagster.yaml."""
    invalid: Mapping[str, str] = field(default_factory=dict)
    """The shops of lake.toml whose section is wrong, and what is wrong with it."""

    def shop(self, name: str) -> Shop:
        if name in self.invalid:
            raise UserError(self.invalid[name])
        if name not in self.shops:
            known = ", ".join(sorted({*self.shops, *self.invalid}))
            raise UserError(f"There is no shop '{name}' in {self.config}; it holds: {known}. Add [shops.{name}] to it.")
        return self.shops[name]
