from __future__ import annotations

from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary

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


class RfmCodes(Gold):
    """One row per RFM code, with its segment."""

    rfm_code = vocabulary.rfm_code.replace(key=True)
    r = vocabulary.r
    f = vocabulary.f
    m = vocabulary.m
    segment = vocabulary.segment.replace(one_of=SEGMENTS)

    rules = (Rule("code_is_the_scores", "rfm_code = cast(100 * r + 10 * f + m as varchar)", "The code is r, f and m."),)
    identities = (
        Identity(
            "codes_are_all_there",
            "select count(*) as codes from rfm_codes having count(*) <> 125",
            "Each of the 125 codes has a segment.",
        ),
    )
