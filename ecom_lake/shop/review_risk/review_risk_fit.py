from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ReviewRiskFit(ModelFit, group="models", beside="review_risk"):
    """One row per fact of the model of bad reviews: its card, its rivals, its curves, what was chosen, what has drifted."""

    identities = card_identities("review_risk_fit")
