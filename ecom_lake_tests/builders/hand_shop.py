"""A shop of hand-written rows, with the marts that are defined by SQL only: see ecom_lake/testing.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from ecom_lake import testing
from ecom_lake.engine.contracts.recipe import SETTINGS
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake.testing import (
    CENT,
    Row,
    customer,
    event,
    item,
    order,
    payment,
    product,
    refund,
    review,
    seller,
    silver_rows,
    target,
)
from ecom_lake_tests import catalog
from ecom_lake_tests.catalog import in_order, recipe

__all__ = [
    "CENT",
    "JANUARY",
    "MARTS",
    "HandShop",
    "Row",
    "customer",
    "event",
    "item",
    "monthly",
    "order",
    "payment",
    "product",
    "refund",
    "review",
    "seller",
    "silver_rows",
    "some",
    "target",
]

JANUARY = date(2018, 1, 1)
"""The month of an order if the test does not state its date."""


def some(row: Row, *columns: str) -> dict[str, Any]:
    """A row with only these columns."""
    return {name: row[name] for name in columns}


def monthly(first: str, *counts: int) -> list[Row]:
    """These numbers of orders in the months from `first` on: one on the 1st, the others on the 28th, by different customers."""
    year, month = (int(part) for part in first.split("-"))
    starts = [date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1) for i in range(len(counts))]
    return [
        order(f"{start:%Y-%m} no. {number}", f"{start.replace(day=28 if number else 1)} 12:00:00")
        for start, count in zip(starts, counts, strict=True)
        for number in range(count)
    ]


def _makeable() -> tuple[str, ...]:
    """The gold tables that are computed by SQL only, from silver and settings."""
    known = {SETTINGS, *catalog.silver()}
    made: list[str] = []
    for table in in_order():
        if recipe(table).sql is not None and set(recipe(table).reads) <= known:
            known.add(table)
            made.append(table)
    return tuple(made)


MARTS = _makeable()


class HandShop(testing.HandShop):
    """A hand-written shop with the shared registry; `broken` checks the identities of all marts by default."""

    def __init__(self, numbers: ShopSettings | None = None, **silver: Iterable[Row]) -> None:
        super().__init__(None, numbers, None, catalog.registry(), **silver)

    def broken(self, *tables: str) -> set[str]:
        return super().broken(*(tables or MARTS))
