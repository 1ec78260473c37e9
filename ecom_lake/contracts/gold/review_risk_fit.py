from __future__ import annotations

from ecom_lake.contracts.model_fit import ModelFit, has_one_card


class ReviewRiskFit(ModelFit, group="models", beside="review_risk"):
    """One row per fact of the model of bad reviews: its card, its rivals, its curves, what was chosen, what has drifted."""

    identities = (has_one_card("review_risk_fit"),)
