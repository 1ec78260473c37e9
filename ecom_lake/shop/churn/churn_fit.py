from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ChurnFit(ModelFit, group="models", beside="churn_scores"):
    """One row per fact of the churn model: its card, its rivals, its curves, what was chosen, what has drifted."""

    identities = card_identities("churn_fit")
