from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ExperimentPlanFit(ModelFit, beside="experiment_plan"):
    """One row per fact of the experiment plans: their card, base rates against earlier ones, and power curves."""

    identities = card_identities("experiment_plan_fit")
