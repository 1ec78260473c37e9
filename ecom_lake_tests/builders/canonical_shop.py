"""A shop of canonical files: its folders, its lake.toml, and functions to build and query it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.config import Settings
from ecom_lake.settings import load
from ecom_lake_tests.builders.few_tables import with_few_tables


@dataclass(frozen=True)
class CanonicalShop:
    """The shop `mine` in a lake of its own."""

    folder: Path
    tables: tuple[str, ...] = ()
    """The gold tables that it gets, with those that they are made from; empty for all."""

    def say(self, without: Sequence[str] = (), first: str = "2024-01", last: str = "2024-03", **numbers: object) -> None:
        """Writes its lake.toml."""
        lacking = ", ".join(f'"{name}"' for name in without)
        set_to = "\n".join(f"{name} = {value}" for name, value in numbers.items())
        self.config.write_text(
            f'[shops.mine]\nconnector = "canonical"\nfirst_month = "{first}"\nlast_month = "{last}"\nwithout = [{lacking}]\n'
            f"[shops.mine.numbers]\n{set_to}\n",
            encoding="utf-8",
        )

    def land(self, name: str, text: str) -> None:
        self.landing.mkdir(parents=True, exist_ok=True)
        file = self.landing / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def build(self) -> list[Outcome]:
        """Builds the shop; asserts that no check fails."""
        made = build(self.site)
        assert [check.says for outcome in made for check in outcome.checks if check.blocks] == []
        return made

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / "mine" / "catalog.duckdb"), read_only=True) as con:
            return con.execute(query).fetchall()

    @property
    def config(self) -> Path:
        return self.folder / "lake.toml"

    @property
    def root(self) -> Path:
        return self.folder / "data"

    @property
    def landing(self) -> Path:
        return self.root / "mine" / "landing"

    @property
    def settings(self) -> Settings:
        return load(str(self.root), {"ECOM_LAKE_CONFIG": str(self.config)})

    @property
    def site(self) -> Site:
        return self.site_for()

    def site_for(self, full: bool = False, refit: bool = False, accept_settings: bool = False) -> Site:
        """A site with options of a build."""
        site = open_site(self.settings, "mine", full=full, refit=refit, accept_settings=accept_settings)
        return with_few_tables(site, self.tables) if self.tables else site
