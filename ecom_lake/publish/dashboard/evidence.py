"""What "Why this number?" shows of a figure or a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.view import View


@dataclass(frozen=True)
class Why:
    definition: str
    window: str
    """The months and filters."""
    query: Query
    identities: Sequence[str]
    """The guarantees of the tables that it was computed from."""


@dataclass(frozen=True)
class Shown:
    """A figure or chart of a page that has evidence, and the addresses of its files and of its evidence page."""

    id: str
    title: str
    why: Why
    file: str
    """The name of its files, without the kind: it carries the shop and the release."""
    csv: str
    xlsx: str
    evidence: str


def why(view: View, definition: str, query: Query, *tables: str) -> Why:
    """The evidence of a number that `query` computed from these gold tables, under the filters of the page."""
    return Why(definition, view.window, query, identities_of(view, *tables))


def identities_of(view: View, *tables: str) -> list[str]:
    registry = view.release.site.registry
    return [identity.meaning for table in tables for identity in registry.table(table).identities]
