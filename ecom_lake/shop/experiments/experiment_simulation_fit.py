from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class ExperimentSimulationFit(ModelFit, beside="experiment_simulation"):
    """One row per fact of the simulation: its card, its assumptions, and its sensitivity to them."""

    identities = card_identities("experiment_simulation_fit")
