from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Number
from ecom_lake.engine.contracts.table import Gold, Rule


class ModelRivals(Gold, group="models", partial=True):
    """One row per model, measure and candidate: how each did out of time, naive rivals among them."""

    model = Key("The model, as in model_cards.")
    metric = Key("The measure.")
    rival = Key("The candidate.")
    value = Number("Its measure, out of time; NULL where it could not be had.", nullable=True)
    low = Number("Lower bound (95%), where there is one.", nullable=True)
    high = Number("Upper bound.", nullable=True)
    is_champion = Flag("Whether this candidate did best.")

    rules = (Rule("bounds_hold_the_value", "low <= value AND value <= high", "A candidate's measure lies within its bounds."),)
