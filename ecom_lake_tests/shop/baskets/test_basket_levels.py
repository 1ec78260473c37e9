"""The basket levels that have enough data for association rules, from hand-written lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.basket_lines import FEW, Line, sales
from ecom_lake_tests.builders.gold_table import make


def levels(baskets: dict[str, str], folder: Path, mining: MiningSettings = FEW) -> dict[str, dict[str, Any]]:
    """The rows by level. Products a, b, c … have a category each; the category of x is unknown."""
    lines: list[Line] = [
        (name, held, "unknown" if held == "x" else f"of {held}", True) for name, things in baskets.items() for held in things
    ]
    with duckdb.connect() as con:
        sales(con, lines)
        con.register("settings", settings_row(ShopSettings()).to_arrow())
        con.execute(
            "create table fct_orders as select order_id, true as is_valid, count(*) as items from fct_sales group by order_id"
        )
        con.execute("insert into fct_orders values ('of nothing', true, 0)")
        for table in ("basket_itemsets", "basket_rules"):
            make(con, table, folder, mining)
        return {row["level"]: row for row in make(con, "basket_levels", folder).to_dicts()}


def test_levels_have_the_hand_computed_values(tmp_path: Path) -> None:
    made = levels({"1": "ab", "2": "ab", "3": "bb", "4": "ax", "5": "c", "6": "c"}, tmp_path)
    names = ("baskets", "baskets_of_several", "share_of_several", "itemsets", "rules_tested", "published_rules", "is_thin")
    assert {level: tuple(row[name] for name in names) for level, row in made.items()} == {
        "product": (6, 3, 3 / 6, 2, 12, 4, False),  # a + b and a + x, two rules each; a, b, c and x have 4 · 3 possible rules
        "category": (6, 2, 2 / 6, 1, 6, 2, False),
    }
    assert made["category"]["statement"] == (
        "2 of 6 baskets hold several categories: 0 rules are significant, "
        "corrected within each rule length (6 possible rules of items that are as frequent in all)."
    )


def test_the_statement_has_thousands_separators(tmp_path: Path) -> None:
    made = levels({f"{n}": "ab" for n in range(1_000)} | {f"{n}": "c" for n in range(1_000, 1_234)}, tmp_path)["category"]
    assert made["statement"].startswith("1,000 of 1,234 baskets hold several categories: 2 rules are significant")


@pytest.mark.parametrize(("alone", "is_thin"), [(19, True), (18, False)], ids=["1 of 20", "1 of 19"])
def test_a_shop_with_one_item_per_basket_is_thin(tmp_path: Path, alone: int, is_thin: bool) -> None:
    made = levels({"both": "ab"} | {f"alone {n}": "c" for n in range(alone)}, tmp_path)["product"]
    assert made["is_thin"] == is_thin
    assert ("few of the shop's orders" in made["statement"]) == is_thin


def test_pairs_below_the_minimum_count_give_no_rules(tmp_path: Path) -> None:
    made = levels({"1": "ab", "2": "ac"}, tmp_path, MiningSettings())["product"]
    assert (made["itemsets"], made["rules_tested"], made["is_thin"]) == (0, 0, True)
    assert made["statement"] == (
        "2 of 2 baskets hold several products, and no two are bought together often enough: there are no rules."
    )


def test_a_shop_without_sales_has_both_levels(tmp_path: Path) -> None:
    made = levels({}, tmp_path)
    assert {level: (row["baskets"], row["share_of_several"], row["is_thin"]) for level, row in made.items()} == {
        "product": (0, None, True),
        "category": (0, None, True),
    }
