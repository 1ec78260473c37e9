"""Gold tables equal their recomputation from the delivered CSV files by plain pandas, in every row and value.

The recomputation was written from the definitions of the numbers and the interface of the tables alone, before anybody looked at
the queries: two independent readings of one definition that agree. Where the definitions leave a choice open, a comment names
what the table does. Not here: planted truths (end_to_end/test_full_shop.py), the tests of single tables.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.recomputed.comparison import differences
from ecom_lake_tests.recomputed.delivered_shop import canonical_shop, olist_shop
from ecom_lake_tests.recomputed.shop_facts import ShopFacts
from ecom_lake_tests.recomputed.tables import TABLES

OPTIONS = SynthOptions(
    orders=2_500, seed=3, first_month="2016-10", last_month="2018-03", repeat_share=0.15, thin_edges=True, full=True
)
"""A year and a half, so that there is growth against a year before, with few orders in the first and the last month."""
WORDS = {
    "kpi_summary": {"position", "unit", "definition"},
    "personas": {"rule"},
    "loyalty_tiers": {"rule"},
}
"""Columns that state a text or a position in a list, not a number of the shop."""
NOT_OF_OLIST = {"demographics", "subscription_value", "returns_leakage"}
"""Tables that are not built for a shop without profiles of its customers and without returns."""

Shop = tuple[Path, ShopFacts]
"""The folder of the gold tables, and the facts of the delivered files."""


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A synthetic shop with everything that the canonical files can contain."""
    shop = CanonicalShop(tmp_path_factory.mktemp("recomputed"))
    shop.say(first=OPTIONS.first_month, last=OPTIONS.last_month)
    shop.landing.parent.mkdir(parents=True)
    generate(shop.landing, OPTIONS)
    shop.build()
    return shop.root / "mine" / "gold", ShopFacts(canonical_shop(shop.landing))


@pytest.fixture(scope="module")
def real(olist: Path, released_olist: tuple[Path, list[Check]]) -> Shop:
    return released_olist[0], ShopFacts(olist_shop(olist))


@pytest.mark.parametrize("table", TABLES)
def test_every_value_of_a_synthetic_shop(synthetic: Shop, table: str) -> None:
    folder, facts = synthetic
    assert differing(table, folder, facts) == []


@pytest.mark.parametrize("table", [table for table in TABLES if table not in NOT_OF_OLIST])
def test_every_value_of_real_olist(real: Shop, table: str) -> None:
    folder, facts = real
    assert differing(table, folder, facts) == []


def differing(table: str, folder: Path, facts: ShopFacts) -> list[str]:
    gold, expected = released(table, folder), TABLES[table](facts)
    assert set(gold.columns) - set(expected.columns) == WORDS.get(table, set()), "every other column is recomputed"
    return differences(gold, expected, catalog.gold()[table].key)


def released(table: str, folder: Path) -> pl.DataFrame:
    file = folder / f"{table}.parquet"
    return pl.read_parquet(file if file.exists() else folder / table / "*.parquet", hive_partitioning=False)


def test_the_synthetic_shop_has_what_the_tables_are_about(synthetic: Shop) -> None:
    """A comparison of empty tables, or of tables without growth, lapsed customers or incomplete months, would show little."""
    folder, facts = synthetic
    assert [table for table in TABLES if released(table, folder).is_empty()] == []
    assert 12 < len(facts.complete_months) < len(facts.months)
    months = released("kpi_monthly", folder)
    assert months["net_sales_yoy"].drop_nulls().len() > 1 and months["gross_profit"].null_count() not in (0, len(months))
    assert set(released("customer_metrics", folder)["activity_status"]) == {"active", "at risk", "lapsed"}
    assert released("first_product_value", folder)["customers_365d"].sum() > 0


def test_a_wrong_value_a_missing_and_an_additional_row_are_reported() -> None:
    gold = pl.DataFrame({"key": ["a", "b", "c"], "rate": [0.5, None, 1.0]})
    expected = pl.DataFrame({"key": ["a", "b", "d"], "rate": [0.5 + 1e-8, None, 1.0]}).to_pandas()
    found = differences(gold, expected, ["key"])
    assert [sentence.partition(":")[0].partition(",")[0] for sentence in found] == [
        "1 rows are missing",
        "1 rows should not exist",
        "rate",
    ]
    assert differences(gold, gold.to_pandas(), ["key"]) == []
