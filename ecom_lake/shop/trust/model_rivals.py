from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class ModelRivals(Gold, partial=True):
    """One row per model, metric and candidate: the out-of-time result, naive rivals included."""

    model = vocabulary.model.replace(key=True)
    metric = vocabulary.metric.replace(key=True)
    rival = Key("Name of the candidate.")
    value = vocabulary.value
    low = vocabulary.low
    high = vocabulary.high
    is_champion = vocabulary.is_champion

    rules = (Rule("bounds_hold_the_value", "low <= value AND value <= high", "The value lies within its bounds."),)
