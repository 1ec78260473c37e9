"""All that a release has of one customer, and of one model, gathered from the tables that are about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ecom_lake.engine.duckdb_engine import name
from ecom_lake.publish.api.catalogue import is_open
from ecom_lake.publish.api.formats import written
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease

CUSTOMER, ORDERS, MODEL, CARDS = "customer_id", "fct_orders", "model", "model_cards"
MOST_ORDERS = 1_000


def customer(release: ServedRelease, one: str) -> dict[str, Any]:
    """A customer: the row of each table that has one row for each customer, and the orders, the latest first."""
    profile = {table: _rows(release, table, CUSTOMER, one) for table in _tables_with_key(release, CUSTOMER)}
    if not any(profile.values()):
        raise ProblemError(404, f"Shop '{release.site.shop.name}' has no customer '{one}' in release {release.number}.")
    orders = _rows(release, ORDERS, CUSTOMER, one, "ordered_at desc nulls last, order_id", MOST_ORDERS)
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        "customer_id": one,
        "tables": {table: rows[0] if rows else None for table, rows in profile.items()},
        "orders": orders,
    }


def model(release: ServedRelease, one: str) -> dict[str, Any]:
    """A model: its card, and the rows of the tables that are about models. A refused model has its card, with the reason."""
    cards = _rows(release, CARDS, MODEL, one)
    if not cards:
        shop = release.site.shop.name
        raise ProblemError(404, f"Shop '{shop}' has no model '{one}'; /v1/shops/{shop}/models lists the models.")
    tables = [table for table, contract in release.site.registry.gold.items() if contract.key[0] == MODEL and table != CARDS]
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        "model": one,
        "card": cards[0],
        "tables": {table: _rows(release, table, MODEL, one) for table in tables if _is_readable(release, table)},
    }


def _tables_with_key(release: ServedRelease, column: str) -> Iterator[str]:
    gold = release.site.registry.gold
    return (table for table, contract in gold.items() if contract.key == (column,) and release.has(table))


def _is_readable(release: ServedRelease, table: str) -> bool:
    """Whether the release has the table, and anybody may read it."""
    contract = release.site.registry.table(table)
    return release.has(table) and is_open(release.site.lake, contract, release.entry.parts(contract.id).values())


def _rows(
    release: ServedRelease, table: str, column: str, value: str, order: str = "", limit: int | None = None
) -> list[dict[str, Any]]:
    by = order or ", ".join(map(name, release.site.registry.table(table).key))
    sql = f"select * from gold.{name(table)} where {name(column)} = $value order by {by}"
    frame = release.frame(Query(sql if limit is None else f"{sql} limit {limit}", {"value": value}))
    rows: list[dict[str, Any]] = json.loads(written(frame, "json"))
    return rows
