"""Shops at the edge, from their files to their pages: a few of the covering design; `make tiny-shops` builds all of it.

Slow: a build makes every table of a shop and takes about 5 s of CPU.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.tiny_shops.built import build_and_hold, hold, run
from ecom_lake_tests.tiny_shops.export import export_of
from ecom_lake_tests.tiny_shops.shape import LEVELS, Shape, all_pairs, covering_design, pairs_of

SEED = 33
DESIGN = tuple(covering_design(SEED))
BUILT = DESIGN[:8]
"""As many as the suite has time for: every value of every dimension, and 40% of the pairs."""


def test_the_design_covers_every_pair_and_what_is_built_here_covers_every_value() -> None:
    assert set().union(*map(pairs_of, DESIGN)) == all_pairs()
    for name, values in LEVELS.items():
        assert {asdict(shape)[name] for shape in BUILT} == set(values), name


@pytest.mark.parametrize("shape", BUILT, ids=str)
def test_a_shop_at_the_edge_is_released_and_every_command_works(shape: Shape, tmp_path: Path) -> None:
    build_and_hold(export_of(shape), tmp_path)


def test_what_is_not_as_it_must_be_is_noticed(tmp_path: Path) -> None:
    shape = Shape(dates="undated")
    shop = build_and_hold(export_of(shape), tmp_path)
    with pytest.raises(AssertionError, match="ledger"):
        hold(shop, export_of(replace(shape, payments="no file")))
    with pytest.raises(AssertionError, match="net_sales"):
        hold(shop, export_of(replace(shape, money="maximum")))
    summary = tmp_path / "data/mine/gold/kpi_summary.parquet"
    numbers = pl.read_parquet(summary).with_columns(value=pl.lit(float("nan")))
    summary.unlink()
    numbers.write_parquet(summary)
    with pytest.raises(AssertionError, match=r"kpi_summary has numbers that are not finite in \['value'\]"):
        hold(shop, export_of(shape))


def test_a_shop_to_which_no_order_came_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Exit code 1 of `status`, with what is wrong and what to do; readers have nothing to read, which is 2."""
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
