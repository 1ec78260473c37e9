from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Key, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class BasketLevels(Gold, group="products"):
    """One row per level of basket rules: whether the shop's baskets hold enough for them."""

    level = Key("What the items are: product or category.", one_of=("product", "category"))
    baskets = Count("Valid orders with at least one line.")
    baskets_of_several = Count("… which hold several items; an unknown category is none.")
    share_of_several = Share("baskets_of_several / baskets.", nullable=True)
    itemsets = Count("Sets of two items or more in basket_itemsets.")
    rules_tested = Count(
        "Rules that the corrections of basket_rules count: frequent antecedents with every other frequent item. Pairs always;"
        " larger antecedents as far as itemsets were found."
    )
    published_rules = Count("… published in basket_rules.")
    significant_rules = Count("… significant after the correction.")
    is_thin = Flag(
        "Whether the level is too thin for rules: no set of several items, or no larger a share of baskets holds several items"
        " than the setting thin_basket_share (5%)."
    )
    statement = Text("That, in a sentence.")

    rules = (
        Rule("several_within_baskets", "baskets_of_several <= baskets", "Those that hold several items are among all."),
        Rule(
            "rules_within_tested",
            "significant_rules <= published_rules AND published_rules <= rules_tested",
            "What is published was tested, and what is significant is published.",
        ),
        Rule("no_itemsets_is_thin", "is_thin OR itemsets > 0", "A level without sets of several items is thin."),
        ratio("share_of_several_is_of_the_baskets", "share_of_several", "baskets_of_several", "baskets"),
    )
    identities = (
        agree(
            "levels_count_their_rules",
            "Both levels are there, each with the rules that basket_rules has.",
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
            "A level counts at least the rules that its published rules are corrected for.",
        ),
        Identity(
            "levels_count_their_baskets",
            "select l.level, l.baskets, i.baskets as of_itemsets from basket_levels as l left join"
            " (select level, max(baskets) as baskets from basket_itemsets group by level) as i on i.level = l.level"
            " where l.baskets < i.baskets or l.baskets <> (select count(*) from fct_orders where is_valid and items > 0)",
            "A level's baskets are the valid orders with a line: no fewer than basket_itemsets counts without the oversized.",
        ),
        Identity(
            "thin_levels_follow_the_setting",
            "select level, is_thin, share_of_several, itemsets from basket_levels cross join settings"
            " where is_thin <> (itemsets = 0 or coalesce(baskets_of_several <= thin_basket_share * baskets, true))",
            "A level is thin without sets of several items, or when too small a share of baskets holds several.",
        ),
    )
