from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Number, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

KINDS = ("descriptive", "predictive", "causal", "assumed")
ROLES = ("opportunity", "news", "context")
SHOWN, TOO_WEAK = STATUSES = ("shown", "not enough evidence")


class Insights(Gold, partial=True):
    """One row per statement about the shop: its value, the row that holds it, and whether the evidence is strong enough."""

    insight_id = Key("Identifier: the insight's rule and the row that it is about.")
    topic = Text("Topic that the insight is listed under.")
    statement = vocabulary.statement
    reason = vocabulary.reason.replace(nullable=True)
    kind = Text("Kind of statement: descriptive, predictive, causal, or assumed (it follows from assumptions).", one_of=KINDS)
    role = Text(
        "opportunity: something can be gained; news: a change or a pattern without a gain; context: a description"
        " of the shop that needs no evidence or has nothing to be compared with.",
        one_of=ROLES,
    )
    table_name = vocabulary.table_name
    row_key = Text("The row of that table, as column=value, …; NULL where nothing was found.", nullable=True)
    column_name = vocabulary.column_name
    value = vocabulary.value
    baseline = Number(
        "The value that it is compared with, in the same unit; NULL where nothing is compared.",
        nullable=True,
    )
    ci_low = vocabulary.ci_low.replace(nullable=True)
    ci_high = vocabulary.ci_high.replace(nullable=True)
    n = vocabulary.n
    p_adjusted = vocabulary.p_adjusted.replace(nullable=True)
    tried = Count("Rows that the rule examined.")
    money_at_stake = Money("Net sales that the insight concerns; NULL where they are unknown.", nullable=True, at_least=0)
    monthly_gain = Money(
        "Upper limit of the net sales per month that the action could win or protect, as gain_basis states; NULL "
        "where there is no gain or it is unknown, for context, and where the insight is not shown.",
        nullable=True,
        at_least=0,
    )
    gain_basis = Text("How monthly_gain is computed, or why there is none.")
    rank = vocabulary.rank.replace(nullable=True)
    action = Text("Recommended action.")
    owner = Text("Who should act.")
    caveat = Text("Limitation to keep in mind, or why the insight is not shown.")
    status = Text("Whether the insight is shown, or its evidence is too weak.", one_of=STATUSES)

    rules = (
        Rule("bounds_are_in_order", "ci_low <= ci_high", "The lower bound is at most the upper bound."),
        Rule(
            "shown_has_a_row",
            "status <> 'shown' or (row_key is not null and value is not null)",
            "Every insight that is shown has a row.",
        ),
        Rule("context_has_no_gain", "role <> 'context' or monthly_gain is null", "Context has no gain."),
        Rule("an_opportunity_has_a_gain", "(role = 'opportunity') = (monthly_gain is not null)", "An opportunity has a gain."),
        Rule(
            "only_the_shown_are_ranked",
            "(rank is not null) = (status = 'shown')",
            "Exactly the insights that are shown have a rank.",
        ),
    )
    identities = (
        Identity(
            "ranks_are_whole",
            "select rank from (select rank, row_number() over (order by rank) as place from insights where rank is not null)"
            " where rank <> place",
            "Ranks run from 1 without a gap.",
        ),
        Identity(
            "the_greater_gain_ranks_before",
            "select a.rank from insights as a join insights as b on b.rank = a.rank + 1"
            " where coalesce(b.monthly_gain, 0) > coalesce(a.monthly_gain, 0)"
            " or (a.role = 'context' and b.role <> 'context')",
            "Opportunities are ranked by monthly_gain, before news, and news before context.",
        ),
    )
