from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Key, Number, Share
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

_CONSEQUENT_SHARE = "(confidence / lift)"
_ANTECEDENT_SHARE = "(support / confidence)"
_GREATEST_LEVERAGE = f"greatest(support * (1 - {_ANTECEDENT_SHARE}), {_ANTECEDENT_SHARE} * ({_CONSEQUENT_SHARE} - support))"


class BasketRules(Gold):
    """One row per level and rule: baskets with the antecedent contain the consequent more often than expected by chance."""

    level = vocabulary.level.replace(key=True)
    antecedent_size = Integer("Number of items in the antecedent.", key=True, at_least=1)
    antecedent = Key("The items of the condition, sorted and joined by ' + '.")
    consequent = Key("The item that the rule predicts.")
    orders = vocabulary.orders.replace(at_least=1)
    support = vocabulary.support
    confidence = Share("Share of the baskets with the antecedent that also contain the consequent.")
    lift = Number("confidence / share of all baskets with the consequent; 1 means independence.", at_least=0, unit="ratio")
    leverage = Number("support less its expected value if the two were independent.", at_least=-1, at_most=1, unit="share")
    conviction = Number(
        "Share of baskets without the consequent / the same share among baskets with the antecedent; NULL where confidence is 1.",
        nullable=True,
        at_least=0,
        unit="ratio",
    )
    zhang = Number(
        "Zhang's metric: -1 means never together, 0 independent, 1 always together; NULL where every basket "
        "contains the antecedent.",
        nullable=True,
        at_least=-1,
        at_most=1,
        unit="ratio",
    )
    p_value = Share(
        "p-value of Fisher's exact test, one-sided: probability of at least as many common baskets if the two were independent."
    )
    p_adjusted = vocabulary.p_adjusted
    is_significant = Flag("Whether p_adjusted is at most alpha (5% by default).")
    rules_tested = vocabulary.rules_tested

    rules = (
        Rule("consequent_apart", "antecedent <> consequent", "The consequent is not part of the antecedent."),
        Rule("correction_never_helps", "p_adjusted >= p_value", "A corrected p-value is at least the uncorrected one."),
        Rule(
            "conviction_where_doubt",
            "(conviction IS NULL) = (confidence = 1)",
            "Conviction is NULL if and only if confidence is 1.",
        ),
        Rule(
            "leverage_is_above_chance",
            f"abs(leverage - (support - {_ANTECEDENT_SHARE} * {_CONSEQUENT_SHARE})) <= 1e-9",
            "Leverage is the support less its expected value under independence.",
        ),
        Rule(
            "conviction_compares_doubts",
            f"abs(conviction * (1 - confidence) - (1 - {_CONSEQUENT_SHARE})) <= 1e-9",
            "Conviction is the share of baskets without the consequent over that share among baskets with the antecedent.",
        ),
        Rule(
            "zhang_is_leverage_over_its_greatest",
            f"abs(zhang * {_GREATEST_LEVERAGE} - leverage) <= 1e-9",
            "Zhang's metric is the leverage over its largest possible value.",
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
            "p-values are corrected for the rules of all itemsets with all other items, not only for the published rules.",
            "select distinct level, antecedent_size, rules_tested from basket_rules",
            "select sets.level, sets.size, count(*) * (items.items - sets.size) from basket_itemsets as sets"
            " join (select level, count(*) as items from basket_itemsets where size = 1 group by level) as items"
            " on items.level = sets.level"
            " where exists (select 1 from basket_rules as r where r.level = sets.level and r.antecedent_size = sets.size)"
            " group by sets.level, sets.size, items.items",
        ),
    )
