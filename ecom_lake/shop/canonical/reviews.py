from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Number, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Reviews(Silver, monthly=True):
    """One row per review and order that it covers."""

    review_id = vocabulary.review_id.replace(key=True)
    order_id = vocabulary.order_id.replace(key=True)
    month = vocabulary.month
    score = Number("Review score, from 1 to 5.", at_least=1, at_most=5, unit="score")
    is_score_imputed = Flag("Whether the score was imputed because the source had none.")
    title = Text("Title of the comment.", nullable=True)
    comment = Text("Text of the comment.", nullable=True)
    created_at = Timestamp("Time when the customer was asked for the review.", nullable=True)
    answered_at = Timestamp("Time when the customer answered.", nullable=True)
