"""The database that a shop pulls its files from, and the databases that its releases are published into.

Here: what `[shops.NAME.database]` and `[shops.NAME.publish.TARGET]` contain. Not here: reading lake.toml and the environment
(settings.py), pulling (engine/build/pull/), publishing (engine/build/publish/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ecom_lake.engine.contracts.settings_model import DURATION, SettingsModel
from ecom_lake.engine.store.access import Secret


def _names(value: Any) -> Any:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise ValueError(f'columns must be a list of the names of columns, such as ["id", "updated_at"], not {value!r}.')
    return tuple(value)


class PulledTable(SettingsModel, frozen=True):
    """One table of the database. Without `since`, every pull reads the whole table."""

    table: Annotated[str, Field(description="Its name in the database, also SCHEMA.TABLE; default: the name of the setting.")] = (
        ""
    )
    since: Annotated[str, Field(description="The column with the time of a row's last change: only changed rows are read.")] = ""
    overlap: Annotated[
        timedelta,
        Field(description="How far before the latest time that was read a pull starts, for transactions that commit late."),
        DURATION,
    ] = timedelta(days=1)
    columns: Annotated[
        tuple[str, ...], Field(description="The only columns that are read; default: all."), BeforeValidator(_names)
    ] = ()
    where: Annotated[str, Field(description="A condition in the SQL of the database: only these rows are read.")] = ""


@dataclass(frozen=True)
class Database:
    url: Secret
    url_env: str
    """The environment variable that holds the URL. Messages name it, and never the URL or its parts."""
    tables: Mapping[str, PulledTable]
    """By the name that their files get."""


@dataclass(frozen=True)
class Target:
    """A database that the gold tables of each release are published into."""

    name: str
    url: Secret
    url_env: str
    """As in `Database`."""
    schema: str
    """Empty for the default of the database."""
    tables: tuple[str, ...]
    """Empty for all gold tables."""
    personal: bool
