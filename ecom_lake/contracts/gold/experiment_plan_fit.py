from __future__ import annotations

from ecom_lake.contracts.model_fit import ModelFit, has_one_card


class ExperimentPlanFit(ModelFit, group="models", beside="experiment_plan"):
    """One row per fact of the plans: their card, how the base rates compare with those before, what power costs."""

    identities = (has_one_card("experiment_plan_fit"),)
