"""The base of the tables that hold a fitted model: its card, rivals, curves, parameters, and what has drifted since the last.

Here: the one shape that they share, so that anybody reads any model, and the next fit reads this one. Each model's own is a
class in gold/ called after the model, `beside` the table that it is made with. Not here: how they are filled (models/fitted.py).
"""

from __future__ import annotations

from ecom_lake.contracts.columns import Integer, Key, Number, Text
from ecom_lake.contracts.table import Gold, Identity

CARD, RIVAL, CURVE, PARAMETER, SEEN, DRIFT = KINDS = ("card", "rival", "curve", "parameter", "seen", "drift")
PUBLISHED, BASELINE, REFUSED = STATUSES = ("published", "baseline", "refused")


class ModelFit(Gold, group="models"):
    """One row per fact of a fitted model."""

    kind = Key("Whether it belongs to the card, a rival, a curve, the parameters, what was seen, or the drift.", one_of=KINDS)
    name = Key("What it says: a line of the card, a metric, a curve, a parameter.")
    series = Key("Of what: the rival, or one line of several of a curve; else empty.")
    position = Integer("Number of the point on its curve; else 0.", key=True, at_least=0)
    x = Number("Where on the curve; of drift: what it was before.", nullable=True)
    value = Number("The number, where it is one.", nullable=True)
    low = Number("Lower bound of it, where there is one.", nullable=True)
    high = Number("Upper bound of it.", nullable=True)
    said = Text("The words, where it is not a number.", nullable=True)


def has_one_card(fit: str) -> Identity:
    """A model says once what became of it."""
    where = f"from {fit} where kind = 'card' and name = 'status'"
    return Identity(
        "has_one_card",
        f"select 1 as cards where (select count(*) {where}) <> 1",
        "The model has one card, which says its status.",
    )
