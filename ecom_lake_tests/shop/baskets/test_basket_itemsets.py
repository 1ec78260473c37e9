from __future__ import annotations

from pathlib import Path

import duckdb

from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.basket_lines import FEW, Line, sales
from ecom_lake_tests.builders.gold_table import make


def itemsets(lines: list[Line], folder: Path, settings: MiningSettings = FEW) -> set[tuple[str, str, int, int]]:
    with duckdb.connect() as con:
        sales(con, lines)
        made = make(con, "basket_itemsets", folder, settings)
    assert (made["support"] == made["orders"] / made["baskets"]).all()
    return set(made.select("level", "items", "orders", "baskets").iter_rows())


def test_itemsets_have_the_hand_computed_counts(tmp_path: Path) -> None:
    lines = [
        ("1", "pen", "office", True),
        ("1", "ink", "office", True),
        ("2", "pen", "office", True),
        ("2", "cup", "kitchen", True),
        ("3", "cup", "kitchen", True),
        ("4", "unnamed", "unknown", True),
        ("5", "pen", "office", False),
        ("5", "cup", "kitchen", False),
    ]
    assert itemsets(lines, tmp_path) == {
        ("product", "pen", 2, 4),
        ("product", "ink", 1, 4),
        ("product", "cup", 2, 4),
        ("product", "unnamed", 1, 4),
        ("product", "ink + pen", 1, 4),
        ("product", "cup + pen", 1, 4),
        ("category", "office", 2, 4),
        ("category", "kitchen", 2, 4),
        ("category", "kitchen + office", 1, 4),
    }


def test_each_level_has_its_own_limits(tmp_path: Path) -> None:
    lines = [(order, product, category, True) for order in "12" for product, category in (("pen", "office"), ("cup", "kitchen"))]
    settings = FEW.with_changes(product_min_orders=3)
    assert {level for level, *_ in itemsets(lines, tmp_path, settings)} == {"category"}


def test_a_name_with_a_plus_is_one_item(tmp_path: Path) -> None:
    lines = [
        ("1", "a", "home + garden", True),
        ("1", "b", "garden", True),
        ("1", "c", "home", True),
        ("2", "c++", "canal +", True),
    ]
    made = {items for level, items, *_ in itemsets(lines, tmp_path) if level == "category"}
    assert made == {
        "home ＋ garden",
        "garden",
        "home",
        "garden + home",
        "garden + home ＋ garden",
        "home + home ＋ garden",
        "garden + home + home ＋ garden",
        "canal ＋",
    }


def test_without_sales_there_are_no_itemsets(tmp_path: Path) -> None:
    assert itemsets([], tmp_path) == set()
