"""Who has bought this, what else do they buy? Rules from the itemsets, each with how far it is from chance.

A rule reaches the table because its items are often bought together, so its p-value is corrected for all rules that could have
reached it: every frequent antecedent with every other frequent item. docs/decisions/0020-proven-horizons.md gives the reason.
"""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.shop.baskets.itemsets import SEPARATOR
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.fisher_exact import fisher
from ecom_lake.statistics.multiple_testing import benjamini_hochberg

READS = ("basket_itemsets",)

_COUNTED = f"""
    with splits as (
        select *, string_split(items, '{SEPARATOR}') as members, unnest(members) as consequent
        from basket_itemsets
        where size >= 2
    ),

    rules as (
        select *, array_to_string(list_filter(members, lambda member: member <> consequent), '{SEPARATOR}') as antecedent
        from splits
    ),

    -- How many sets of each size are frequent; and with how many single items each of them can make a rule.
    frequent as (
        select level, size, count(*) as sets
        from basket_itemsets
        group by level, size
    ),

    possible as (
        select sets.level, sets.size as antecedent_size, sets.sets * (items.sets - sets.size) as rules_tested
        from frequent as sets
        join frequent as items on items.level = sets.level and items.size = 1
    ),

    -- Materialized, lest the optimizer pair all itemsets with all before it looks at the rules.
    given as materialized (
        select rules.*, s.orders as antecedent_orders
        from rules
        join basket_itemsets as s on s.level = rules.level and s.size = rules.size - 1 and s.items = rules.antecedent
    )

    select
        given.level,
        given.antecedent,
        given.consequent,
        given.size - 1 as antecedent_size,
        given.orders,
        given.baskets,
        given.antecedent_orders,
        s.orders as consequent_orders,
        possible.rules_tested
    from given
    join possible on possible.level = given.level and possible.antecedent_size = given.size - 1
    join basket_itemsets as s on s.level = given.level and s.size = 1 and s.items = given.consequent
    order by given.level, given.size, given.antecedent, given.consequent
"""


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    counted: pl.DataFrame = con.sql(_COUNTED).pl()
    families = counted.partition_by("level", "antecedent_size", maintain_order=True)
    tested = [_tested(family, family["rules_tested"][0], settings.alpha) for family in families]
    return _measured(pl.concat(tested) if tested else _tested(counted, 0, settings.alpha)).filter(
        pl.col("lift") > settings.min_lift
    )


def _tested(rules: pl.DataFrame, possible: int, alpha: float) -> pl.DataFrame:
    """The rules of one level and antecedent size, corrected for all that were possible: for those with a low lift too, and for
    those that stand in too few orders to be listed."""
    counts = ("orders", "antecedent_orders", "consequent_orders", "baskets")
    p_value = fisher(*(rules[count].to_numpy() for count in counts))
    return rules.with_columns(
        p_value=pl.Series(p_value), p_adjusted=pl.Series(benjamini_hochberg(p_value, possible))
    ).with_columns(is_significant=pl.col("p_adjusted") <= alpha)


def _measured(rules: pl.DataFrame) -> pl.DataFrame:
    """The measures of a rule, from counts: products of whole numbers are exact, so that chance itself is a lift of just 1."""
    both, given, follows, n = (pl.col(name) for name in ("orders", "antecedent_orders", "consequent_orders", "baskets"))
    beyond_chance = both * n - given * follows
    most = pl.max_horizontal(both * (n - given), given * (follows - both))
    return rules.with_columns(
        support=both / n,
        confidence=both / given,
        lift=(both * n) / (given * follows),
        leverage=beyond_chance / (n * n),
        conviction=pl.when(given > both).then((given * (n - follows)) / (n * (given - both))),
        zhang=pl.when(most > 0).then(beyond_chance / most),
    )
