"""The customers or orders that a model is fitted, calibrated or tested on.

Not here: their features (churn/features.py, review_risk/features.py), and how models are fitted (ranker.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ecom_lake.statistics.arrays import Flags, Floats

MIN_EVENTS = 50
"""Fewest rows with the outcome, and fewest without, in each step: with fewer, intervals are too wide to decide."""


@dataclass(frozen=True)
class Sample:
    """Rows of one snapshot or several: customers, or orders."""

    x: Floats
    """A column for each feature; NaN where it is unknown."""
    outcome: Flags
    baseline: Floats
    """The score of the naive rival; a higher score predicts the outcome."""
    rival_probabilities: Mapping[str, Floats] = field(default_factory=dict)
    """Probabilities of models that need no labels; shown as rivals."""
    cluster: npt.NDArray[Any] | None = None
    """Rows with the same value are dependent (one customer, one week) and are resampled together; None: all are independent."""
    weight: Floats | None = None
    """The weight of each row when a calibration is fitted; None: all weigh the same."""

    @property
    def has_enough_events(self) -> bool:
        return min(int(self.outcome.sum()), int((~self.outcome).sum())) >= MIN_EVENTS

    @property
    def weights(self) -> Floats:
        return np.ones(len(self.outcome)) if self.weight is None else self.weight

    @property
    def rate(self) -> float:
        """The weighted share of rows with the outcome."""
        return float(np.average(self.outcome, weights=self.weights))
