"""The business that the engine builds tables for: where its definitions are, and which of its tables have a role.

Here: the one object that describes the business to the engine, so that no table is named in the engine. The online shop is
`ecom_lake.shop.domain.SHOP`. Not here: the definitions themselves, which registry.py finds.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.contracts.sql_tables import tables_in

BEFORE = "_before"
"""The ending of a table's name in `Snapshots.changes`, where the query reads it as the model did."""


@dataclass(frozen=True)
class Roles:
    """The gold tables that the engine itself reads."""

    kpis: str
    """One row per KPI: metric, unit, value. `diff` compares it."""
    kpis_by_month: str
    """One row per month."""
    compared_by_month: tuple[tuple[str, str], ...]
    """The columns of `kpis_by_month` that `diff` compares, each with its unit."""
    anomalies: str
    """One row per month and measure, with is_anomaly, score and sentence. `status` shows it."""
    models: str
    """One row per model, with as_of, age_days and the columns of `Snapshots.changes`. `status` shows it."""


@dataclass(frozen=True)
class Snapshots:
    """The as-of date for which models run, and what counts as a change of their inputs since then."""

    table: str
    """The gold table whose file records the as-of date."""
    as_of: str
    """A query for that date. It reads this table and the tables that it is made from; NULL where no date is known."""
    changes: str
    """A query for the changes since a model ran, in one row: it compares `x_before`, a gold table as the model read it, with `x`.

    Of a table that it reads in both versions, only the parts that differ are there, so that it costs what has changed.
    """

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that `changes` reads, in either version."""
        return tuple(sorted({read.removesuffix(BEFORE) for read in tables_in(self.changes)}))


@dataclass(frozen=True)
class Domain:
    package: str
    """Its sub-packages hold contracts with their SQL, `connectors`, `questions`, `maps` and `settings`."""
    roles: Roles
    numbers: type[SettingsModel]
    """The settings in `[shops.NAME.numbers]` of lake.toml, which SQL reads in the one-row view `settings`."""
    mining: type[SettingsModel]
    """The same of `[shops.NAME.mining]`, which tables made by Python get. It has `refit_days`."""
    question_groups: tuple[str, ...]
    """The headings of questions, in the order in which they are listed."""
    table_groups: tuple[str, ...]
    """The areas of tables, in the order in which they are listed."""
    personal: frozenset[str]
    """Names of columns whose values are personal; `impersonal` are those of text columns whose values are not."""
    impersonal: frozenset[str]
    pages: tuple[str, ...] = ()
    """Modules of the pages of a release: PAGE (the file name), `render(site, entry)` and `definition_fingerprint(site)`."""
    snapshots: Snapshots | None = None
    """Without it, models run whenever their inputs change."""
    maps_read_as: str = ""
    """The connector whose delivered tables maps make. Maps that ship are in the folder `maps` of the package."""
