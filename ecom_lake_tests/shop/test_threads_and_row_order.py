"""The marts are identical, to the last digit, for any number of threads and any order of silver's rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.engine.contracts.recipe import SETTINGS
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import MARTS, HandShop, Row, customer, item, order, payment, product, review
from ecom_lake_tests.catalog import recipe

ORDERS = 4_000
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def silver() -> Tables:
    """A shop with many ties, and with amounts and scores that are not exact binary fractions."""
    shop = HandShop(None, **_rows(Random(20180831)))
    return {name: shop.con.sql(f"select * from {name}").pl() for name in catalog.silver()}


@pytest.fixture(scope="module")
def expected(silver: Tables) -> Tables:
    return _marts(silver, threads=1)


@pytest.mark.parametrize("threads", [2, 4])
def test_the_marts_are_the_same(silver: Tables, expected: Tables, threads: int) -> None:
    shuffled = {name: rows.sample(fraction=1, shuffle=True, seed=threads) for name, rows in silver.items()}
    made = _marts(shuffled, threads)
    assert [name for name in MARTS if not made[name].equals(expected[name])] == []
    assert expected["rfm"].height > 500


def _marts(silver: Mapping[str, pl.DataFrame], threads: int) -> Tables:
    con = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    con.execute("pragma verify_parallelism")  # otherwise one thread would process so few rows
    for name, rows in {**silver, SETTINGS: settings_row(ShopSettings())}.items():
        con.register("_rows", rows.to_arrow())
        con.execute(f"create table {name} as select * from _rows")
    for name in MARTS:
        columns = ", ".join(
            f'"{column.name}"::{column.kind.duckdb} as "{column.name}"' for column in catalog.gold()[name].columns.values()
        )
        con.execute(f"create table {name} as select {columns} from ({recipe(name).sql})")
    return {name: con.sql(f"select * from {name} order by {', '.join(catalog.gold()[name].key)}").pl() for name in MARTS}


def _rows(dice: Random) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {"orders": [], "order_items": [], "payments": [], "reviews": []}
    for number in range(ORDERS):
        order_id = f"o{dice.randrange(10**6):06}{number}"
        placed = datetime(2017, 1, 1) + timedelta(days=dice.randrange(600), hours=dice.choice([9, 21]))
        status = dice.choice(["delivered"] * 6 + ["shipped", "returned", "canceled"])
        rows["orders"].append(
            order(
                order_id,
                str(placed),
                customer_id=f"c{int(1_500 * dice.random() ** 3)}",
                status=status,
                delivered_at=str(placed + timedelta(dice.randrange(30))),
                promised_at=str(placed + timedelta(14)),
                city=dice.choice(["rio", "natal"]),
            )
        )
        for line in range(1, dice.randrange(4) + 1):
            sold: dict[str, Any] = {
                "line": line,
                "product_id": f"p{dice.randrange(40)}",
                "freight": f"{dice.randrange(900) / 100:.2f}",
            }
            rows["order_items"].append(item(order_id, f"{dice.randrange(9_999) / 100:.2f}", **sold))
        rows["payments"] += [payment(order_id, f"{dice.randrange(9_999) / 100:.2f}", part) for part in range(dice.randrange(3))]
        for nth in range(dice.randrange(3)):
            answered = dice.choice([None, str(placed + timedelta(20))])
            score = dice.choice([1, 2.3, 3.7, 4.1, 5])
            rows["reviews"].append(review(order_id, score, f"{nth}{order_id}", answered_at=answered))
    products = [product(f"p{n}", f"category {n % 7}", unit_cost=f"{n / 7:.4f}") for n in range(40)]
    return {**rows, "products": products, "customers": [customer(f"c{n}", age=n % 77) for n in range(0, 1_500, 2)]}
