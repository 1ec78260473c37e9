from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Number, Text
from ecom_lake.engine.contracts.table import Gold


class ModelCurves(Gold, group="models", partial=True):
    """One row per point of a model's curves: calibration, gain, stability, whatever it shows to be believed."""

    model = Key("The model, as in model_cards.")
    curve = Key("The curve; lines of one name share a picture.")
    series = Key("Which line of it; empty where there is one.")
    position = Count("Number of the point.", key=True)
    x = Number("Where it lies.", nullable=True)
    value = Number("How high.", nullable=True)
    low = Number("Lower bound, where there is one.", nullable=True)
    high = Number("Upper bound.", nullable=True)
    label = Text("What stands there, where it is no number.", nullable=True)
