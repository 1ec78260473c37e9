from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ChurnFit(ModelFit, beside="churn_scores"):
    """One row per fact of the churn model: its card, rivals, curves, parameters and drift."""

    identities = card_identities("churn_fit")
