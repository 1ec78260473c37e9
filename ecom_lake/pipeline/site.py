"""Where a step works: the shop, its lake and connector, and how much of the machine it may use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from ecom_lake.connectors.connector import Connector
from ecom_lake.errors import UserError
from ecom_lake.lake.engine import engine
from ecom_lake.lake.lake import Lake
from ecom_lake.settings import Settings, Shop


@dataclass(frozen=True)
class Site:
    lake: Lake
    shop: Shop
    connector: Connector
    memory_limit: str = "1GB"
    threads: int = 2
    full: bool = False
    """Make everything anew, whatever the fingerprints say."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def months(self) -> list[date]:
        """The shop's months; only an open shop's last one depends on today."""
        return self.shop.months(datetime.now(UTC).date())

    @contextmanager
    def engine(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A SQL engine and its scratch folder, both gone afterwards."""
        with self.lake.scratch() as scratch, engine(scratch, self.memory_limit, self.threads) as con:
            yield con, scratch


def open_site(settings: Settings, shop: str, run: str | None = None, full: bool = False) -> Site:
    chosen = settings.shop(shop)
    lake = Lake(settings.root, chosen.name, settings.access, chosen.landing)
    connector = find_connector(chosen.connector, f"[shops.{shop}] in {settings.config}")
    return Site(lake, chosen, connector, settings.memory_limit, settings.threads, full, run or uuid.uuid4().hex[:12])


def find_connector(name: str, place: str) -> Connector:
    from ecom_lake.connectors.olist import OLIST

    known = {OLIST.name: OLIST}
    if name not in known:
        raise UserError(f"{place} names the connector '{name}', which is not there; known are: {', '.join(known)}.")
    return known[name]
