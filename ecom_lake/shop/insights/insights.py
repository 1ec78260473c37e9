from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Money, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

KINDS = ("descriptive", "predictive", "causal", "assumed")
ROLES = ("opportunity", "news", "context")
SHOWN, TOO_WEAK = STATUSES = ("shown", "not enough evidence")


class Insights(Gold, group="models", partial=True):
    """One row per statement about the shop: the number that it speaks of, where that stands, and whether the evidence holds."""

    insight_id = Key("The rule that makes it, and the row that it speaks of.")
    topic = Text("The heading under which it stands.")
    statement = Text("The headline; every number in it stands in this row or in the row that it speaks of.")
    reason = Text("The numbers behind the headline; NULL where nothing stood out.", nullable=True)
    kind = Text("Whether it describes, predicts, names a cause, or follows from assumptions.", one_of=KINDS)
    role = Text(
        "opportunity: something can be gained; news: a change or a pattern without a gain; context: a description of the shop "
        "that holds by construction or has nothing to be compared with.",
        one_of=ROLES,
    )
    table_name = Text("The gold table that it speaks of.")
    row_key = Text("The row of that table, as column=value, …; NULL where nothing stood out.", nullable=True)
    column_name = Text("The column.")
    value = Number("The value that stands there.", nullable=True)
    baseline = Number(
        "What it is compared with, in the same unit; every direction in the statement is that of value and baseline. "
        "NULL where nothing is compared.",
        nullable=True,
    )
    ci_low = Number(
        "Lower bound of the value (95%, or as the statement says); NULL where it is counted, not estimated.", nullable=True
    )
    ci_high = Number("Upper bound of the value.", nullable=True)
    n = Count("How many orders, people or months it rests on.")
    p_adjusted = Share("Chance of so much where there is nothing, corrected for all that was looked at.", nullable=True)
    tried = Count("How many rows the rule looked at.")
    money_at_stake = Money("Net sales that it touches; NULL where they cannot be told.", nullable=True, at_least=0)
    monthly_gain = Money(
        "Net sales a month that acting on it could at most win or protect, as gain_basis says; NULL where there is nothing to "
        "gain or nobody can tell, for context, and for what is not shown.",
        nullable=True,
        at_least=0,
    )
    gain_basis = Text("How monthly_gain is computed, or why there is none.")
    rank = Integer(
        "Place among those that are shown: opportunities by monthly_gain, then news, then context; NULL for the others.",
        nullable=True,
        at_least=1,
    )
    action = Text("What to do about it.")
    owner = Text("Who should.")
    caveat = Text("What to keep in mind, or why it is not shown.")
    status = Text("Whether it is shown, or the evidence is too weak.", one_of=STATUSES)

    rules = (
        Rule("bounds_are_in_order", "ci_low <= ci_high", "The lower bound is not above the upper one."),
        Rule(
            "shown_has_a_row", "status <> 'shown' or (row_key is not null and value is not null)", "What is shown is somewhere."
        ),
        Rule("context_has_no_gain", "role <> 'context' or monthly_gain is null", "What only describes the shop has no gain."),
        Rule("an_opportunity_has_a_gain", "(role = 'opportunity') = (monthly_gain is not null)", "An opportunity has a gain."),
        Rule("only_the_shown_are_ranked", "(rank is not null) = (status = 'shown')", "Exactly what is shown has a place."),
    )
    identities = (
        Identity(
            "ranks_are_whole",
            "select rank from (select rank, row_number() over (order by rank) as place from insights where rank is not null)"
            " where rank <> place",
            "The places run from 1 without a gap.",
        ),
        Identity(
            "the_greater_gain_ranks_before",
            "select a.rank from insights as a join insights as b on b.rank = a.rank + 1"
            " where coalesce(b.monthly_gain, 0) > coalesce(a.monthly_gain, 0)"
            " or (a.role = 'context' and b.role <> 'context')",
            "What could gain more ranks before what could gain less, and context comes last.",
        ),
    )
