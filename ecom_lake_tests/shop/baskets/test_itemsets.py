from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.shop.baskets.itemsets import Limits, frequent_itemsets

EVERY = Limits(min_orders=1, min_support=0, max_basket_size=100, max_itemsets=1_000_000, max_candidates=1_000_000)

Baskets = list[set[str]]


def mined(baskets: Baskets, limits: Limits = EVERY, threads: int = 2) -> pl.DataFrame:
    lines: list[tuple[str, str | None]] = [(f"order {number}", item) for number, basket in enumerate(baskets) for item in basket]
    lines += [(f"order {number}", None) for number, basket in enumerate(baskets) if not basket]
    return mined_lines(lines, limits, threads)


def mined_lines(lines: list[tuple[str, str | None]], limits: Limits = EVERY, threads: int = 2) -> pl.DataFrame:
    with duckdb.connect() as con:
        con.execute(f"set threads = {threads}")
        con.register("lines", pl.DataFrame(lines, {"basket": pl.String, "item": pl.String}, orient="row").to_arrow())
        made = frequent_itemsets(con, "select basket, item from lines", limits)
        assert con.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]
        return made


def counts(made: pl.DataFrame) -> dict[str, int]:
    return dict(made.select("items", "orders").iter_rows())


def test_itemsets_have_the_hand_computed_counts() -> None:
    made = mined([{"a", "b"}, {"a", "b", "c"}, {"a"}, {"c"}], replace(EVERY, min_orders=2))
    assert set(made.rows()) == {(1, "a", 3, 4), (1, "b", 2, 4), (1, "c", 2, 4), (2, "a + b", 2, 4)}


def test_repeated_lines_count_once_and_empty_baskets_count() -> None:
    made = mined_lines([("1", "a"), ("1", "a"), ("2", "b"), ("2", "a"), ("2", "b"), ("3", None), ("4", None), ("4", "a")])
    assert set(made.rows()) == {(1, "a", 3, 4), (1, "b", 1, 4), (2, "a + b", 1, 4)}


def test_a_basket_above_the_maximum_size_is_left_out() -> None:
    made = mined([{"a", "b"}, {"a", "b", "c"}, {"c"}], replace(EVERY, max_basket_size=2))
    assert set(made.rows()) == {(1, "a", 1, 2), (1, "b", 1, 2), (1, "c", 1, 2), (2, "a + b", 1, 2)}


def test_the_minimum_support_is_rounded_up_to_whole_baskets() -> None:
    baskets: Baskets = [{"a"}] * 3 + [{"b"}] * 4 + [{"c"}] * 26
    assert counts(mined(baskets, replace(EVERY, min_support=0.1))) == {"b": 4, "c": 26}  # a tenth of 33 is 3.3


def test_a_bundle_of_any_size_is_one_itemset() -> None:
    bundle = set("abcdefg")
    made = mined([bundle, bundle, {"a", "z"}], replace(EVERY, min_orders=2))
    wanted = {" + ".join(items) for size in range(1, 8) for items in combinations("abcdefg", size)}
    assert set(made["items"]) == wanted


def test_mining_stops_before_a_size_with_too_many_itemsets_but_never_before_pairs() -> None:
    bundle = set("abcdef")  # 6 single items, 15 pairs, 20 triples
    assert mined([bundle], replace(EVERY, max_itemsets=1))["size"].max() == 2
    assert mined([bundle], replace(EVERY, max_itemsets=6 + 15 + 19))["size"].max() == 2
    assert mined([bundle], replace(EVERY, max_itemsets=6 + 15 + 20))["size"].max() == 3


def test_mining_stops_before_a_size_with_too_many_candidates() -> None:
    baskets: Baskets = [set("abcdef")] * 2  # 20 triples and 15 sets of four in each
    assert mined(baskets, replace(EVERY, max_candidates=1))["size"].max() == 2
    assert mined(baskets, replace(EVERY, max_candidates=39))["size"].max() == 2
    assert mined(baskets, replace(EVERY, max_candidates=40))["size"].max() == 6


@pytest.mark.parametrize("baskets", [[], [set()], [{"a"}], [{"a", "b"}]])
def test_tiny_inputs_are_mined(baskets: Baskets) -> None:
    made = mined(baskets, replace(EVERY, min_orders=2))
    assert made.rows() == []
    assert made.columns == ["size", "items", "orders", "baskets"]


@settings(max_examples=30)
@given(st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=6), max_size=30), st.integers(1, 4))
def test_exactly_the_frequent_itemsets_are_found(baskets: Baskets, min_orders: int) -> None:
    wanted = {}
    for size in range(1, 9):
        for items in combinations("abcdefgh", size):
            orders = sum(set(items) <= basket for basket in baskets)
            if orders >= min_orders:
                wanted[" + ".join(items)] = orders
    assert counts(mined(baskets, replace(EVERY, min_orders=min_orders))) == wanted


def synthetic_baskets(number: int, items: int) -> Baskets:
    """Long-tailed items, most baskets small: many sets of two to five items recur."""
    draw = random.Random(7)
    names = [f"item {i:03}" for i in range(items)]
    weights = [1 / (i + 3) for i in range(items)]
    return [set(draw.choices(names, weights, k=draw.choice((1, 1, 1, 2, 3, 5, 8, 13)))) for _ in range(number)]


def test_agrees_with_fpgrowth() -> None:
    from mlxtend.frequent_patterns import fpgrowth
    from pandas import DataFrame

    baskets = synthetic_baskets(2_000, 120)
    names = sorted(set().union(*baskets))
    table = DataFrame([[name in basket for name in names] for basket in baskets], columns=names)
    theirs = fpgrowth(table, min_support=10 / len(baskets), use_colnames=True)
    wanted = {" + ".join(sorted(items)): round(share * len(baskets)) for share, items in theirs.itertuples(index=False)}
    ours = counts(mined(baskets, replace(EVERY, min_orders=10)))
    assert max(items.count(" + ") for items in wanted) >= 3
    assert ours == wanted


def test_same_rows_on_any_threads_and_in_any_order() -> None:
    baskets = synthetic_baskets(500, 40)
    one = mined(baskets, replace(EVERY, min_orders=5), threads=1)
    shuffled = random.Random(1).sample(baskets, len(baskets))
    other = mined(shuffled, replace(EVERY, min_orders=5), threads=4)
    assert one.sort("size", "items").equals(other.sort("size", "items"))


@pytest.mark.parametrize(("support", "confidence", "itemsets", "rules"), [(0.001, 0.5, 13_492, 5_668), (0.006, 0.25, 747, 463)])
def test_groceries_have_the_counts_of_arules(support: float, confidence: float, itemsets: int, rules: int) -> None:
    """The 9,835 baskets of R's arules, which we may not redistribute: one basket per line, items separated by commas."""
    file = os.environ.get("ECOM_LAKE_GROCERIES")
    if not file:
        pytest.skip("set ECOM_LAKE_GROCERIES to a file of arules' groceries, one basket per line")
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    found = counts(mined([set(line.split(",")) for line in lines], replace(EVERY, min_support=support)))
    assert len(found) == itemsets
    sets = {frozenset(items.split(" + ")): orders for items, orders in found.items()}
    sure = [
        1 for items, orders in sets.items() for item in items if len(items) > 1 and orders >= confidence * sets[items - {item}]
    ]
    assert len(sure) == rules
