"""Who has bought this, what else do they buy? Rules from the itemsets, each with how far it is from chance."""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.baskets.itemsets import SEPARATOR
from ecom_lake.models.significance import benjamini_hochberg, fisher

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
        s.orders as consequent_orders
    from given
    join basket_itemsets as s on s.level = given.level and s.size = 1 and s.items = given.consequent
    order by given.level, antecedent_size, given.antecedent, given.consequent
"""


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    counted: pl.DataFrame = con.sql(_COUNTED).pl()
    levels = [_tested(level, settings.alpha) for level in counted.partition_by("level", maintain_order=True)]
    return _measured(pl.concat(levels) if levels else _tested(counted, settings.alpha)).filter(pl.col("lift") > settings.min_lift)


def _tested(rules: pl.DataFrame, alpha: float) -> pl.DataFrame:
    """Every rule of a level is tested and counts in the correction, those too that the gate on lift will not let through."""
    counts = ("orders", "antecedent_orders", "consequent_orders", "baskets")
    p_value = fisher(*(rules[count].to_numpy() for count in counts))
    return rules.with_columns(
        p_value=pl.Series(p_value),
        p_adjusted=pl.Series(benjamini_hochberg(p_value)),
        rules_tested=pl.lit(rules.height, pl.Int64),
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
