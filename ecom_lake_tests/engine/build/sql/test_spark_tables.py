"""The user's tables that Spark cannot make or check are left out with a sentence, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.build.sql.spark_tables import overrides, why_not_on_spark
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.shop.domain import SHOP

CONTRACT = '''from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class Monthly(Gold):
    """One row per month."""

    month = vocabulary.month.replace(key=True)
    orders = Count("Number of valid orders.")
'''
SQL = "select month, count(*) as orders from fct_orders where is_valid group by month\n"
MEDIAN = "select month, median(units)::bigint as orders from fct_orders group by month\n"
RULE = '\n    rules = (Rule("orders_have_digits", "regexp_matches(orders::varchar, \'[0-9]\')", "They do."),)\n'
IDENTITY = '\n    identities = (Identity("no_median", "select median(orders) as m from monthly having m < 0", "It is."),)\n'


def registry(project: Path, sql: str = SQL, more: str = "", spark: str = "", is_checked: bool = True) -> Registry:
    (project / "tables").mkdir(parents=True)
    (project / "tables/monthly.py").write_text(CONTRACT + more, encoding="utf-8")
    (project / "tables/monthly.sql").write_text(sql, encoding="utf-8")
    if spark:
        (project / "tables/monthly.spark.sql").write_text(spark, encoding="utf-8")
    return Registry(SHOP, project, why_refused=why_not_on_spark if is_checked else None)


def test_a_table_that_spark_computes_equally_is_registered(tmp_path: Path) -> None:
    found = registry(tmp_path)
    assert found.invalid == {}
    assert "monthly" in found.gold


@pytest.mark.parametrize(
    ("sql", "more", "says"),
    [
        (MEDIAN, "", "monthly.sql: median(…) has no proven translation to Spark: write quantile_cont(x::double, 0.5)."),
        (SQL, RULE, "monthly.py: Spark cannot check the rule orders_have_digits of monthly: "),
        (SQL, IDENTITY, "monthly.py: Spark cannot check the identity no_median of monthly: median(…) has no proven"),
    ],
)
def test_a_table_without_a_proven_translation_is_left_out_in_one_sentence(tmp_path: Path, sql: str, more: str, says: str) -> None:
    found = registry(tmp_path, sql, more)
    assert [*found.invalid] == ["monthly"]
    assert f"{tmp_path / 'tables'}/{says}" in found.invalid["monthly"]
    assert "\n" not in found.invalid["monthly"]
    assert "monthly" not in found.gold and "kpi_daily" in found.gold


@pytest.mark.parametrize(("sql", "more"), [(MEDIAN, ""), (SQL, RULE), (SQL, IDENTITY)])
def test_nothing_of_it_is_refused_where_duckdb_makes_gold(tmp_path: Path, sql: str, more: str) -> None:
    assert registry(tmp_path, sql, more, is_checked=False).invalid == {}


def test_a_query_in_sparks_own_sql_replaces_the_translation(tmp_path: Path) -> None:
    own = "with o as (select month, units from fct_orders) select month, percentile(units, 0.5) as orders from o group by month"
    found = registry(tmp_path, MEDIAN, spark=own)
    assert found.invalid == {}
    assert overrides(found) == {MEDIAN: own}


@pytest.mark.parametrize(
    ("spark", "says"),
    [
        ("select month from where", "its SQL cannot be parsed"),
        ("select 1; select 2", "it must contain one SELECT and nothing else."),
        ("drop table fct_orders", "it must contain one SELECT and nothing else."),
        ("select month, orders from kpi_monthly", "it reads kpi_monthly, which the query that it replaces does not read"),
    ],
)
def test_a_wrong_query_in_sparks_own_sql_is_left_out_in_one_sentence(tmp_path: Path, spark: str, says: str) -> None:
    why = registry(tmp_path, spark=spark).invalid["monthly"]
    assert why.startswith(f"{tmp_path / 'tables/monthly.spark.sql'}: {says}")
    assert "\n" not in why


def test_a_query_for_spark_alone_is_an_error(tmp_path: Path) -> None:
    registry(tmp_path, spark=SQL, is_checked=False)
    (tmp_path / "tables/monthly.sql").unlink()
    why = Registry(SHOP, tmp_path).invalid["monthly"]
    assert "monthly.spark.sql: it overrides the translation of monthly.sql, which does not exist: write monthly.sql." in why
