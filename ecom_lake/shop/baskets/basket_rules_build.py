"""Association rules: orders with these items also contain that item, with the measures of each rule.

Rules are selected because their items are often bought together, so each p-value is corrected for all rules that could have been
selected: every frequent antecedent with every other frequent item. docs/decisions/0020-proven-horizons.md gives the reason.
"""

from __future__ import annotations

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.fisher_exact import fisher
from ecom_lake.statistics.multiple_testing import benjamini_hochberg

READS = ("basket_itemsets",)


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    counted: pl.DataFrame = con.sql(sql_file(__file__, "rule_counts.sql")).pl()
    families = counted.partition_by("level", "antecedent_size", maintain_order=True)
    tested = [_tested(family, family["rules_tested"][0], settings.alpha) for family in families]
    return _measured(pl.concat(tested) if tested else _tested(counted, 0, settings.alpha)).filter(
        pl.col("lift") > settings.min_lift
    )


def _tested(rules: pl.DataFrame, possible: int, alpha: float) -> pl.DataFrame:
    """The rules of one level and antecedent size, corrected for all possible rules: also for those with a low lift, and for those
    whose items are in too few orders to be listed."""
    counts = ("orders", "antecedent_orders", "consequent_orders", "baskets")
    p_value = fisher(*(rules[count].to_numpy() for count in counts))
    return rules.with_columns(
        p_value=pl.Series(p_value), p_adjusted=pl.Series(benjamini_hochberg(p_value, possible))
    ).with_columns(is_significant=pl.col("p_adjusted") <= alpha)


def _measured(rules: pl.DataFrame) -> pl.DataFrame:
    """The measures of the rules. Products of integers are exact, so that independent items have a lift of exactly 1."""
    both, antecedent, consequent, n = (pl.col(name) for name in ("orders", "antecedent_orders", "consequent_orders", "baskets"))
    excess = both * n - antecedent * consequent
    largest = pl.max_horizontal(both * (n - antecedent), antecedent * (consequent - both))
    return rules.with_columns(
        support=both / n,
        confidence=both / antecedent,
        lift=(both * n) / (antecedent * consequent),
        leverage=excess / (n * n),
        conviction=pl.when(antecedent > both).then((antecedent * (n - consequent)) / (n * (antecedent - both))),
        zhang=pl.when(largest > 0).then(excess / largest),
    )
