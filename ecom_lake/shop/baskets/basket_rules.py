from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Integer, Key, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

_CONSEQUENT_SHARE = "(confidence / lift)"
_ANTECEDENT_SHARE = "(support / confidence)"
_GREATEST_LEVERAGE = f"greatest(support * (1 - {_ANTECEDENT_SHARE}), {_ANTECEDENT_SHARE} * ({_CONSEQUENT_SHARE} - support))"


class BasketRules(Gold, group="products"):
    """One row per level and rule: baskets that hold the antecedent hold the consequent more often than chance would have it."""

    level = Key("What the items are: product (by product_id) or category.", one_of=("product", "category"))
    antecedent_size = Integer("Number of items in the antecedent.", key=True, at_least=1)
    antecedent = Key("The items that are given, sorted and joined by ' + '.")
    consequent = Key("The one item that follows.")
    orders = Integer("Baskets that hold antecedent and consequent.", at_least=1)
    support = Share("orders / baskets.")
    confidence = Share("Share of the baskets with the antecedent that hold the consequent too.")
    lift = Number("confidence / share of all baskets that hold the consequent; 1 is chance.", at_least=0)
    leverage = Number("support minus what it would be by chance.", at_least=-1, at_most=1)
    conviction = Number(
        "Share of baskets without the consequent / that share among baskets with the antecedent; NULL where confidence is 1.",
        nullable=True,
        at_least=0,
    )
    zhang = Number(
        "Zhang's metric: from -1, never together, over 0, chance, to 1, always together; NULL where every basket "
        "holds the antecedent.",
        nullable=True,
        at_least=-1,
        at_most=1,
    )
    p_value = Share("Fisher's exact test, one-sided: chance of this many common baskets or more, were the two independent.")
    p_adjusted = Share("p_value corrected (Benjamini-Hochberg) for rules_tested.")
    is_significant = Flag("Whether p_adjusted is at most alpha (5% by default).")
    rules_tested = Count(
        "Rules that the correction counts, by level and antecedent size: every frequent antecedent with every other frequent"
        " item, whether or not the two are bought together often enough to be listed."
    )

    rules = (
        Rule("consequent_apart", "antecedent <> consequent", "Nothing follows from itself."),
        Rule("correction_never_helps", "p_adjusted >= p_value", "A corrected p-value is at least the plain one."),
        Rule(
            "conviction_where_doubt", "(conviction IS NULL) = (confidence = 1)", "Conviction is NULL just where confidence is 1."
        ),
        Rule(
            "leverage_is_above_chance",
            f"abs(leverage - (support - {_ANTECEDENT_SHARE} * {_CONSEQUENT_SHARE})) <= 1e-9",
            "Leverage is the support less what it would be by chance.",
        ),
        Rule(
            "conviction_compares_doubts",
            f"abs(conviction * (1 - confidence) - (1 - {_CONSEQUENT_SHARE})) <= 1e-9",
            "Conviction is the share without the consequent over that share among baskets with the antecedent.",
        ),
        Rule(
            "zhang_is_leverage_over_its_greatest",
            f"abs(zhang * {_GREATEST_LEVERAGE} - leverage) <= 1e-9",
            "Zhang's metric is the leverage over the greatest that it could be.",
        ),
        Rule("support_within_confidence", "support <= confidence", "A rule's support is at most its confidence."),
    )
    identities = (
        Identity(
            "rules_follow_from_itemsets",
            """
            select r.level, r.antecedent, r.consequent
            from basket_rules as r
            left join basket_itemsets as given
                on given.level = r.level and given.size = r.antecedent_size and given.items = r.antecedent
            left join basket_itemsets as follows
                on follows.level = r.level and follows.size = 1 and follows.items = r.consequent
            where given.orders is null or follows.orders is null
                or abs(r.confidence * given.orders - r.orders) > 0.000001
                or abs(r.lift * follows.support - r.confidence) > 0.000001
            """,
            "Antecedent and consequent are published itemsets, and their counts give the rule's confidence and lift.",
        ),
        agree(
            "corrected_for_every_possible_rule",
            "p-values are corrected for the rules of all itemsets with all other items, not for the rules that are listed.",
            "select distinct level, antecedent_size, rules_tested from basket_rules",
            "select sets.level, sets.size, count(*) * (items.items - sets.size) from basket_itemsets as sets"
            " join (select level, count(*) as items from basket_itemsets where size = 1 group by level) as items"
            " on items.level = sets.level"
            " where exists (select 1 from basket_rules as r where r.level = sets.level and r.antecedent_size = sets.size)"
            " group by sets.level, sets.size, items.items",
        ),
    )
