from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class BasketLevels(Gold):
    """One row per level of basket rules: whether the shop has enough baskets for rules."""

    level = vocabulary.level.replace(key=True)
    baskets = vocabulary.baskets
    baskets_of_several = Count("Baskets with two or more items; an unknown category is no item.")
    share_of_several = Share("baskets_of_several / baskets.", nullable=True)
    itemsets = Count("Itemsets of two items or more in basket_itemsets.")
    rules_tested = vocabulary.rules_tested
    published_rules = Count("Rules published in basket_rules.")
    significant_rules = Count("Published rules that are significant after the correction.")
    is_thin = Flag(
        "Whether the data are too thin for rules: no itemset of several items, or the share of baskets with "
        "several items is at most the setting thin_basket_share (5%)."
    )
    statement = vocabulary.statement

    rules = (
        Rule("several_within_baskets", "baskets_of_several <= baskets", "Baskets with several items are among all baskets."),
        Rule(
            "rules_within_tested",
            "significant_rules <= published_rules AND published_rules <= rules_tested",
            "Published rules are among the tested ones, and significant rules among the published.",
        ),
        Rule("no_itemsets_is_thin", "is_thin OR itemsets > 0", "A level without itemsets of several items is thin."),
        ratio("share_of_several_is_of_the_baskets", "share_of_several", "baskets_of_several", "baskets"),
    )
    identities = (
        agree(
            "levels_count_their_rules",
            "Both levels are present, each with the number of rules that basket_rules has.",
            "select level, published_rules, significant_rules from basket_levels",
            "select l.level, count(r.level), count(*) filter (where r.is_significant)"
            " from (values ('product'), ('category')) as l (level) left join basket_rules as r on r.level = l.level"
            " group by l.level",
        ),
        Identity(
            "levels_count_what_rules_are_corrected_for",
            "select l.level, l.rules_tested, r.rules_tested as of_rules from basket_levels as l"
            " join (select level, sum(rules_tested) as rules_tested from"
            " (select distinct level, antecedent_size, rules_tested from basket_rules) as families group by level) as r"
            " on r.level = l.level where l.rules_tested < r.rules_tested",
            "The number of tested rules is at least the number that published rules are corrected for.",
        ),
        Identity(
            "levels_count_their_baskets",
            "select l.level, l.baskets, i.baskets as of_itemsets from basket_levels as l left join"
            " (select level, max(baskets) as baskets from basket_itemsets group by level) as i on i.level = l.level"
            " where l.baskets < i.baskets or l.baskets <> (select count(*) from fct_orders where is_valid and items > 0)",
            "A level's baskets are the valid orders with a line: at least as many as basket_itemsets counts without "
            "the oversized ones.",
        ),
        Identity(
            "thin_levels_follow_the_setting",
            "select level, is_thin, share_of_several, itemsets from basket_levels cross join settings"
            " where is_thin <> (itemsets = 0 or coalesce(baskets_of_several <= thin_basket_share * baskets, true))",
            "A level is thin if it has no itemset of several items or too small a share of baskets with several items.",
        ),
    )
