"""Hand-written gates, and a model's card with their verdict."""

from __future__ import annotations

from datetime import date

from ecom_lake.engine.contracts.fitted import Card
from ecom_lake.engine.contracts.gate import Gate, Verdict

LIFT = Gate(
    candidate="forest",
    metric="lift at 10%",
    direction="higher",
    requirement="certainly better",
    value=2.0,
    low=1.6,
    high=2.4,
    rival="recency",
    rival_value=1.5,
    difference_low=0.1,
    difference_high=0.9,
)
DAY = date(2018, 8, 31)


def card(verdict: Verdict) -> Card:
    return Card("orders", "everybody", DAY, "all orders", 100, verdict, "Tested on 100 customers.", DAY)
