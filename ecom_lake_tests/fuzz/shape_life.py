"""The life of one lake with a map: a valid month, mutated deliveries, and then all valid files again, which give the truths.

    life(17, 8)

builds the lake of seed 17 with 8 mutated deliveries; the seed decides the shape. About every fourth lake is built up to a gold
release.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random

import polars as pl

from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.settings import load
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake_tests.fuzz.account import Tally
from ecom_lake_tests.fuzz.delivery import Dropped
from ecom_lake_tests.fuzz.life import (
    DELIVERIES,
    GOLD_EVERY,
    TIMES,
    DeliveryError,
    Lived,
    described,
    low_limits,
    put,
    sandbox,
    take_in,
)
from ecom_lake_tests.fuzz.shape_account import check
from ecom_lake_tests.fuzz.shape_delivery import clean_delivery, first_month, mutated_delivery
from ecom_lake_tests.fuzz.shape_export import FIRST, LAST, NAMES

SHOP = "mine"
TRUTHS = {
    "orders": ("order_id", "customer_id", "ordered_at", "status", "is_valid"),
    "order_items": ("order_id", "line", "product_id", "quantity", "unit_price", "gross_sales", "discount", "freight", "tax"),
    "payments": ("order_id", "sequence", "amount", "status"),
}
"""What must be as delivered last, whatever was delivered before: the columns that no other table has a part in."""


def life(seed: int, deliveries: int = DELIVERIES, gold: bool | None = None) -> Lived:
    dice, lived, shape = Random(f"mapped life {seed}"), Lived(seed), NAMES[seed % len(NAMES)]
    to_gold = seed // len(NAMES) % GOLD_EVERY == 0 if gold is None else gold
    expected = truths(shape)
    with sandbox(SHOP) as (root, watch), low_limits():
        site = mapped_site(root, shape)
        deliver(site, dice, first_month(shape))
        for number in range(1, deliveries + 1):
            last = number == deliveries
            mark = f"{number:03d}"
            dropped = clean_delivery(shape, mark) if last else mutated_delivery(dice, shape, mark)
            begun = time.perf_counter()
            try:
                tally = deliver(site, dice, dropped, gold=to_gold and last)
                watch()
                if last:
                    check_truths(site, expected)
            except Exception as error:
                raise DeliveryError(f"{shape}, {described(seed, number, dropped)}: {type(error).__name__}: {error}") from error
            lived.add(tally, time.perf_counter() - begun, f"{shape}, {described(seed, number, dropped)}")
            lived.released += to_gold and last
    return lived


def mapped_site(root: Path, shape: str) -> Site:
    months = f'first_month = "{FIRST}"\nlast_month = "{LAST}"' if SHAPES[shape].has_dates else 'without = ["orders.ordered_at"]'
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "lake.toml"
        config.write_text(
            f'[shops.{SHOP}]\nmap = "{shape}"\ntimezone = "{SHOP_ZONE}"\nmax_failed_share = 1.0\n{months}\n', encoding="utf-8"
        )
        environment = {"ECOM_LAKE_CONFIG": str(config), "ECOM_LAKE_PSEUDONYM_KEY": "a key of the fuzzer"}
        return open_site(load(str(root), environment), SHOP)


def deliver(site: Site, dice: Random, dropped: list[Dropped], gold: bool = False) -> Tally:
    before = site.lake.log.head()
    for file in dropped:
        put(site, file, dice.choice(TIMES))
    return check(site, before, take_in(site, gold), dropped)


@cache
def truths(shape: str) -> Mapping[str, pl.DataFrame]:
    """The silver rows of a lake with the valid files alone."""
    with sandbox(SHOP) as (root, _):
        site = mapped_site(root, shape)
        deliver(site, Random(0), clean_delivery(shape, "1"))
        found = {table: rows_of(site, table) for table in TRUTHS}
    assert len(found["orders"]) > 90 and len(found["order_items"]) > 90
    return found


def check_truths(site: Site, expected: Mapping[str, pl.DataFrame]) -> None:
    for table, rows in expected.items():
        lost = rows.join(rows_of(site, table), on=rows.columns, how="anti", nulls_equal=True)
        assert lost.is_empty(), f"{table}: {len(lost)} rows are not as they were delivered last, such as {lost.row(0)}"


def rows_of(site: Site, table: str) -> pl.DataFrame:
    silver = site.lake.silver(site.lake.log.head(), table)
    return pl.DataFrame(schema=TRUTHS[table]) if silver is None else silver.select(TRUTHS[table]).collect()
