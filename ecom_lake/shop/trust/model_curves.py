from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Text
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class ModelCurves(Gold, partial=True):
    """One row per point of a model's curves, such as calibration, gain or stability."""

    model = vocabulary.model.replace(key=True)
    curve = Key("Name of the curve; lines of one name are drawn in one chart.")
    series = Key("Line of the curve; empty where it has one line only.")
    position = vocabulary.position.replace(key=True)
    x = vocabulary.x
    value = vocabulary.value
    low = vocabulary.low
    high = vocabulary.high
    label = Text("Label of the point, where it is not a number.", nullable=True)
