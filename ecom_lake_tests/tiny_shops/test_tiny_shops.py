"""Tiny shops with edge cases, from their files to their pages: the first of the covering design; `make tiny-shops` builds all.

Slow: a build makes every table of a shop and takes about 5 s of CPU.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.tiny_shops.built import build_and_check, check, run
from ecom_lake_tests.tiny_shops.export import export_of
from ecom_lake_tests.tiny_shops.shape import LEVELS, Shape, all_pairs, covering_design, pairs_of

SEED = 211
DESIGN = tuple(covering_design(SEED))
BUILT = DESIGN[:8]
"""The first shapes of the design: they contain every value of every dimension, and 36% of the pairs."""

ALMOST_ALL_ANONYMOUS = Shape(orders="48", customers="one and anonymous", dates="every 15 days")
"""Large enough for the models."""


def test_the_design_covers_every_pair_and_the_built_shapes_cover_every_value() -> None:
    assert set().union(*map(pairs_of, DESIGN)) == all_pairs()
    for name, values in LEVELS.items():
        assert {asdict(shape)[name] for shape in BUILT} == set(values), name


@pytest.mark.parametrize("shape", (*BUILT, ALMOST_ALL_ANONYMOUS), ids=str)
def test_a_tiny_shop_is_released_and_every_command_works(shape: Shape, tmp_path: Path) -> None:
    build_and_check(export_of(shape), tmp_path)


def test_the_checks_find_wrong_numbers(tmp_path: Path) -> None:
    shape = Shape(dates="undated")
    shop = build_and_check(export_of(shape), tmp_path)
    with pytest.raises(AssertionError, match="ledger"):
        check(shop, export_of(replace(shape, payments="no file")))
    with pytest.raises(AssertionError, match="net_sales"):
        check(shop, export_of(replace(shape, money="maximum")))
    summary = tmp_path / "data/mine/gold/kpi_summary.parquet"
    numbers = pl.read_parquet(summary).with_columns(value=pl.lit(float("nan")))
    summary.unlink()
    numbers.write_parquet(summary)
    with pytest.raises(AssertionError, match=r"kpi_summary has numbers that are not finite in \['value'\]"):
        check(shop, export_of(shape))


def test_a_shop_without_orders_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """`status` exits with code 1 and states the problem and its fix; commands that read a release exit with 2."""
    shop = CanonicalShop(tmp_path)
    shop.say(without=["orders.ordered_at"])
    shop.land("orders.csv", "order_id,customer_id\n")
    [refused] = [check for outcome in build(shop.site) for check in outcome.checks if check.blocks]
    assert refused.says.startswith("No order was ever delivered: orders.csv has no rows. Put the orders into ")
    code, printed = run(shop, "status")
    assert code == 1 and refused.says in " ".join(printed.split())
    for words in (("tables",), ("ask", "this-month"), ("report", "--out", str(tmp_path / "report.html")), ("quality",)):
        code, printed = run(shop, *words)
        assert code == 2 and "was built but never released" in " ".join(printed.split()), words
