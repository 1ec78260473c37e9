"""The context of a step: the shop, its lake and connector, and the memory and threads that it may use.

Not here: what landing and pulling need of a shop (landing_site.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ecom_lake.engine.build.landing_site import LandingSite, open_landing_site, place_of, read_map_of, why_draft
from ecom_lake.engine.build.mapped.connector import mapped_connector
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.sql.sql_engine import SqlEngine
from ecom_lake.engine.config import ORDER_DATE, EngineSettings, Settings, Shop
from ecom_lake.engine.contracts.column_in_words import column_in_words
from ecom_lake.engine.contracts.connector import Connector
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.duckdb_engine import engine, workspace
from ecom_lake.engine.mapping.definitions import Map
from ecom_lake.errors import UserError
from ecom_lake.extras import require


@dataclass(frozen=True)
class Site(LandingSite):
    connector: Connector
    memory_limit: str = "1GB"
    threads: int = 2
    query_timeout: int = 300
    """Seconds that a query of a SQL session may take."""
    plain_fact_files: bool = True
    """Whether the plain view also has each monthly gold table as one file."""
    gold_engine: EngineSettings = field(default_factory=EngineSettings)
    full: bool = False
    """Rebuild every table, even where its fingerprint is unchanged."""
    refit: bool = False
    """Refit every model without its last fit: labels may change."""
    accept_settings: bool = False
    """Build with the current settings, even where they differ from those of the last build (built_with.py)."""
    is_default_shop: bool = False
    """Whether commands use this shop when no shop is named."""
    map: Map | None = None
    """The map that makes the tables that silver reads; None for a shop with a connector of its own."""
    pseudonym_key: bytes = field(default=b"", repr=False)
    """The key of the map's pseudonyms; empty if the environment has none."""
    remembered: dict[object, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What was computed already and does not change as long as the site exists (once_per_site.py)."""

    @cached_property
    def today(self) -> date:
        """The day in the shop's time zone, as its orders have it; the same as long as the site exists."""
        return datetime.now(ZoneInfo(self.shop.timezone)).date()

    def months(self) -> list[date]:
        """The shop's months; only an open shop's last one depends on today."""
        return self.shop.months(self.today)

    @cached_property
    def absent(self) -> Mapping[str, str]:
        """The silver tables and columns that the shop does not have: `table` or `table.column` → why, in a sentence."""
        return {**{name: self._why_without(name) for name in self.shop.without}, **self.connector.absent}

    def _why_without(self, name: str) -> str:
        if words := column_in_words(name, self.registry.silver):
            return f"Shop '{self.shop.name}' does not state {words}: lake.toml lists {name} in `without`."
        return f"lake.toml states that shop '{self.shop.name}' has no {name}."

    def lacks(self, need: str) -> str | None:
        """Why the shop does not have a silver column or table, or any of several such as `a or b`; None if it has one."""
        absent = self.absent
        reasons = [absent.get(name) or absent.get(name.split(".")[0]) for name in alternatives(need)]
        return None if None in reasons else " ".join(dict.fromkeys(filter(None, reasons)))

    @contextmanager
    def engine(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A SQL engine and its scratch folder; both are removed on exit."""
        with self.lake.scratch() as scratch, engine(scratch, self.memory_limit, self.threads) as con:
            yield con, scratch

    def require_engine(self) -> None:
        """Raises where the engine of gold is not installed."""
        if self.gold_engine.gold == "spark":
            require("spark", 'gold = "spark" in [engine] of lake.toml')

    @contextmanager
    def sql_engine(self) -> Iterator[tuple[SqlEngine, Path]]:
        """The SQL engine of a step, and a scratch folder; both are removed on exit."""
        with self.workspace() as (con, scratch):
            if self.gold_engine.gold == "duckdb":
                yield OnDuckDB(con), scratch
                return
            self.require_engine()
            from ecom_lake.engine.build.sql.open_spark import spark_engine
            from ecom_lake.engine.build.sql.spark_tables import overrides

            with spark_engine(self.gold_engine, con, scratch, overrides(self.registry)) as spark:
                yield spark, scratch

    @contextmanager
    def workspace(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """An empty database in an engine that is reused for the next table, and a scratch folder."""
        spill = f"spill-{os.getpid()}"
        with (
            self.lake.scratch() as scratch,
            workspace(scratch.parent / spill, self.memory_limit, self.threads) as con,
        ):
            yield con, scratch


def alternatives(need: str) -> list[str]:
    """The columns or tables of a need such as `a or b`: one of them is enough."""
    return need.split(" or ")


def open_site(
    settings: Settings,
    shop: str,
    run: str | None = None,
    full: bool = False,
    refit: bool = False,
    accept_settings: bool = False,
) -> Site:
    chosen = settings.shop(shop)
    map_ = read_map_of(settings.registry, chosen)
    connector = _connector_of(settings.registry, chosen, map_)
    if why := why_draft(settings.registry, chosen):
        raise UserError(why)
    landing = open_landing_site(settings, shop, run)
    return Site(
        landing.registry,
        landing.lake,
        landing.shop,
        connector,
        settings.memory_limit,
        settings.threads,
        settings.query_timeout,
        plain_fact_files=settings.plain_fact_files,
        gold_engine=settings.engine,
        full=full,
        refit=refit,
        accept_settings=accept_settings,
        is_default_shop=shop == settings.default_shop,
        map=map_,
        pseudonym_key=settings.pseudonym_key.reveal().encode(),
        erasure_key=settings.erasure_key.reveal().encode(),
        former_erasure_key=settings.former_erasure_key.reveal().encode(),
        run=landing.run,
    )


def invalid_shops(settings: Settings) -> dict[str, str]:
    """The shops of lake.toml that cannot be built, and why. Connectors and stores are opened to find their errors."""
    invalid = dict(settings.invalid)
    for shop in settings.shops:
        try:
            open_site(settings, shop)
        except UserError as error:
            invalid[shop] = str(error)
    return invalid


def _connector_of(registry: Registry, shop: Shop, map_: Map | None) -> Connector:
    if map_:
        connector = mapped_connector(map_, _canonical(registry, shop), registry.silver)
    else:
        connector = _for_dates(registry.connector(shop.connector, place_of(shop)), shop)
    return connector.of_shop(connector, shop.numbers) if connector.of_shop else connector


def _for_dates(connector: Connector, shop: Shop) -> Connector:
    if not shop.is_undated:
        return connector
    if connector.undated is None:
        raise UserError(
            f"{place_of(shop)} is without {ORDER_DATE}, but the connector '{shop.connector}' needs it; remove it from without."
        )
    return connector.undated


def _canonical(registry: Registry, shop: Shop) -> Connector:
    """The connector whose delivered tables maps make."""
    connector = registry.connector(registry.domain.maps_read_as, "The domain")
    return connector.undated if shop.is_undated and connector.undated else connector
