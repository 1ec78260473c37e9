from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ReviewRiskFit(ModelFit, beside="review_risk"):
    """One row per fact of the review risk model: its card, rivals, curves, parameters and drift."""

    identities = card_identities("review_risk_fit")
