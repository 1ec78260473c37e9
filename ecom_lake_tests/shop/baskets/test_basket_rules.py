from __future__ import annotations

import random
from math import comb
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.multiple_testing import benjamini_hochberg
from ecom_lake_tests.builders.basket_lines import FEW, sales
from ecom_lake_tests.builders.gold_table import make

EVERY = FEW.with_changes(min_lift=0.0)

Baskets = list[set[str]]


def rules(baskets: Baskets, folder: Path, settings: MiningSettings = EVERY) -> pl.DataFrame:
    with duckdb.connect() as con:
        sales(con, [(f"{n}", item, f"category of {item}", True) for n, basket in enumerate(baskets) for item in basket])
        make(con, "basket_itemsets", folder, settings)
        made = make(con, "basket_rules", folder, settings)
    return made.filter(level="product").drop("level")


def rule(made: pl.DataFrame, antecedent: str, consequent: str) -> dict[str, float]:
    return made.row(by_predicate=(pl.col("antecedent") == antecedent) & (pl.col("consequent") == consequent), named=True)


def test_rules_have_the_hand_computed_measures(tmp_path: Path) -> None:
    # Of 10 baskets 4 hold bread and 5 butter, 3 of them both.
    baskets: Baskets = [{"bread", "butter"}] * 3 + [{"bread"}] + [{"butter"}] * 2 + [{"milk"}] * 4
    made = rule(rules(baskets, tmp_path), "bread", "butter")
    assert made["orders"] == 3
    assert made["support"] == pytest.approx(0.3)
    assert made["confidence"] == pytest.approx(0.75)
    assert made["lift"] == pytest.approx(1.5)
    assert made["leverage"] == pytest.approx(0.3 - 0.4 * 0.5)
    assert made["conviction"] == pytest.approx((1 - 0.5) / (1 - 0.75))
    assert made["zhang"] == pytest.approx(0.1 / max(0.3 * 0.6, 0.4 * 0.2))
    assert made["p_value"] == pytest.approx((comb(4, 3) * comb(6, 2) + comb(4, 4) * comb(6, 1)) / comb(10, 5))
    assert made["rules_tested"] == 6  # bread, butter and milk: each with each other
    assert made["p_adjusted"] == pytest.approx(3 * made["p_value"])  # two of the 6 tested rules have this p-value: 6 / 2
    assert not made["is_significant"]


def test_an_undefined_measure_is_null(tmp_path: Path) -> None:
    made = rules([{"bag", "cup"}, {"bag", "cup"}, {"bag"}], tmp_path)
    certain = rule(made, "cup", "bag")
    assert certain["confidence"] == 1
    assert certain["conviction"] is None
    everywhere = rule(made, "bag", "cup")
    assert everywhere["zhang"] is None
    assert everywhere["lift"] == 1
    assert everywhere["leverage"] == 0


def test_the_most_frequent_of_many_random_pairs_are_not_significant(tmp_path: Path) -> None:
    """60 items in random pairs: each of the 1,770 pairs is in one basket on average, and a few pairs are in five or more.
    Corrected for these few alone, most are significant; corrected for all possible pairs, none is."""
    draw = random.Random(3)
    items = [f"item {i:02}" for i in range(60)]
    baskets = [set(draw.sample(items, 2)) for _ in range(1_770)]
    made = rules(baskets, tmp_path, EVERY.with_changes(product_min_orders=5))
    assert (benjamini_hochberg(made["p_value"].to_numpy()) <= 0.05).sum() >= 8
    assert set(made["rules_tested"]) == {60 * 59}
    assert not made["is_significant"].any()


def test_rules_with_larger_antecedents_are_a_separate_family(tmp_path: Path) -> None:
    """Five items and three frequent pairs: 5 · 4 rules with one antecedent item, 3 · 3 with two."""
    made = rules([{"a", "b", "c"}] * 6 + [{"d"}] * 5 + [{"e"}] * 5, tmp_path, EVERY.with_changes(product_min_orders=5))
    families = made.group_by("antecedent_size").agg(pl.col("rules_tested").unique(), pl.len()).sort("antecedent_size")
    assert families.rows() == [(1, [20], 6), (2, [9], 3)]
    sure = rule(made, "a + b", "c")
    assert sure["p_adjusted"] == pytest.approx(9 / 3 * sure["p_value"])


def test_the_correction_counts_rules_below_the_minimum_lift(tmp_path: Path) -> None:
    baskets: Baskets = [{"a", "b"}] * 6 + [{"a", "c"}] + [{"c"}] * 6 + [{"d"}] * 6
    every, gated = rules(baskets, tmp_path), rules(baskets, tmp_path, FEW)
    assert every.height == 4
    assert set(gated["rules_tested"]) == {12}
    assert gated.rows() == every.filter(pl.col("lift") > 1).rows()
    assert gated.height == 2


def test_a_random_rule_is_not_published(tmp_path: Path) -> None:
    independent: Baskets = [{"a", "b"}, {"a"}, {"b"}, {"other"}]
    assert rules(independent, tmp_path, FEW).is_empty()


def test_a_planted_bundle_is_significant_and_random_pairs_are_not(tmp_path: Path) -> None:
    draw = random.Random(5)
    baskets = [set(draw.sample("abcdefghij", 2)) for _ in range(3_000)] + [{"x", "y", "z"}] * 12
    made = rules(baskets, tmp_path, MiningSettings())
    planted = made.filter(pl.col("consequent").is_in(["x", "y", "z"]))
    assert planted["is_significant"].all()
    assert sorted(planted["antecedent_size"]) == [1] * 6 + [2] * 3
    assert not made.filter(~pl.col("consequent").is_in(["x", "y", "z"]))["is_significant"].any()


def test_agrees_with_mlxtend(tmp_path: Path) -> None:
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from pandas import DataFrame

    draw = random.Random(11)
    names = [f"item {i:02}" for i in range(25)]
    weights = [1 / (i + 2) for i in range(25)]
    baskets = [set(draw.choices(names, weights, k=draw.choice((1, 2, 3, 5)))) for _ in range(800)]
    table = DataFrame([[name in basket for name in names] for basket in baskets], columns=names)
    theirs = association_rules(fpgrowth(table, 8 / 800, use_colnames=True), metric="lift", min_threshold=0)
    measures = {"zhang": "zhangs_metric"} | {name: name for name in ("support", "confidence", "lift", "leverage", "conviction")}
    single = pl.DataFrame(
        {"antecedent": " + ".join(sorted(of.antecedents)), "consequent": next(iter(of.consequents))}
        | {ours: getattr(of, named) for ours, named in measures.items()}
        for of in theirs.itertuples()
        if len(of.consequents) == 1
    ).sort("antecedent", "consequent")
    ours = (
        rules(baskets, tmp_path, EVERY.with_changes(product_min_orders=8)).select(single.columns).sort("antecedent", "consequent")
    )
    assert single.height > 100
    assert ours.select("antecedent", "consequent").equals(single.select("antecedent", "consequent"))
    for measure in measures:
        np.testing.assert_allclose(ours[measure], single[measure], rtol=1e-9, atol=1e-12)


def test_without_itemsets_there_are_no_rules(tmp_path: Path) -> None:
    assert rules([], tmp_path).is_empty()
    assert rules([{"a"}, {"b"}], tmp_path).is_empty()
