from __future__ import annotations

from ecom_lake.contracts.columns import Count, Integer, Key, Money, Number, Share, Text
from ecom_lake.contracts.table import Gold, Identity, Rule

KINDS = ("descriptive", "predictive", "causal", "assumed")
SHOWN, TOO_WEAK = STATUSES = ("shown", "not enough evidence")


class Insights(Gold, group="models", partial=True):
    """One row per statement about the shop: the number that it speaks of, where that stands, and whether the evidence holds."""

    insight_id = Key("The rule that makes it, and the row that it speaks of.")
    topic = Text("The heading under which it stands.")
    statement = Text("The statement; every number in it stands in this row.")
    kind = Text("Whether it describes, predicts, names a cause, or follows from assumptions.", one_of=KINDS)
    table_name = Text("The gold table that it speaks of.")
    row_key = Text("The row of that table, as column=value, …; NULL where nothing stood out.", nullable=True)
    column_name = Text("The column.")
    value = Number("The value that stands there.", nullable=True)
    ci_low = Number("Lower bound of it (95%, or as the statement says); NULL where it is counted, not estimated.", nullable=True)
    ci_high = Number("Upper bound of it.", nullable=True)
    n = Count("How many orders, people or months it rests on.")
    p_adjusted = Share("Chance of so much where there is nothing, corrected for all that was looked at.", nullable=True)
    tried = Count("How many rows the rule looked at.")
    money_at_stake = Money("Net sales that it touches; NULL where they cannot be told.", nullable=True, at_least=0)
    rank = Integer("Place among those that are shown: by money at stake; NULL for the others.", nullable=True, at_least=1)
    action = Text("What to do about it.")
    owner = Text("Who should.")
    caveat = Text("What to keep in mind, or why it is not shown.")
    status = Text("Whether it is shown, or the evidence is too weak.", one_of=STATUSES)

    rules = (
        Rule("bounds_are_in_order", "ci_low <= ci_high", "The lower bound is not above the upper one."),
        Rule(
            "shown_has_a_row", "status <> 'shown' or (row_key is not null and value is not null)", "What is shown is somewhere."
        ),
        Rule("only_the_shown_are_ranked", "(rank is not null) = (status = 'shown')", "Exactly what is shown has a place."),
    )
    identities = (
        Identity(
            "ranks_are_whole",
            "select rank from (select rank, row_number() over (order by rank) as place from insights where rank is not null)"
            " where rank <> place",
            "The places run from 1 without a gap.",
        ),
    )
