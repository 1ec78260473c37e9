from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Month, Number, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver


class Reviews(Silver, monthly=True):
    """One row per review and order that it speaks of."""

    review_id = Key("The review; one review may speak of several orders.")
    order_id = Key("The order that it speaks of.")
    month = Month("Month in which the order was placed, as its first day.")
    score = Number("Score from 1 to 5.", at_least=1, at_most=5)
    is_score_imputed = Flag("Whether the score was filled in because the source had none.")
    title = Text("Title of the comment.", nullable=True)
    comment = Text("What the customer wrote.", nullable=True)
    created_at = Timestamp("When the review was asked for.", nullable=True)
    answered_at = Timestamp("When the customer answered.", nullable=True)
