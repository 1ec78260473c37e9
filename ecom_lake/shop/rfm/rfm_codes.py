from __future__ import annotations

from ecom_lake.engine.contracts.columns import Integer, Key, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

SEGMENTS = (
    "Champions",
    "Loyal",
    "Potential Loyalist",
    "New",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Can't Lose",
    "Hibernating",
    "Lost",
)


class RfmCodes(Gold, group="customers"):
    """One row per RFM code: the segment that it belongs to."""

    rfm_code = Key("Recency, frequency and monetary score side by side.")
    r = Integer("Recency score.", at_least=1, at_most=5)
    f = Integer("Frequency score.", at_least=1, at_most=5)
    m = Integer("Monetary score.", at_least=1, at_most=5)
    segment = Text("The segment.", one_of=SEGMENTS)

    rules = (Rule("code_is_the_scores", "rfm_code = cast(100 * r + 10 * f + m as varchar)", "The code is r, f and m."),)
    identities = (
        Identity(
            "codes_are_all_there",
            "select count(*) as codes from rfm_codes having count(*) <> 125",
            "Each of the 125 codes has its segment.",
        ),
    )
