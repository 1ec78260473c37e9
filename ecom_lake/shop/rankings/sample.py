"""The people (or orders) that a model is fitted or tested on.

Not here: what is known about them (churn_features.py, review_features.py), and how models are fitted (ranker.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ecom_lake.statistics.arrays import Flags, Floats

LEAST_EVENTS = 50
"""Fewest people, in each step, to whom it happened, and to whom it did not: with fewer, intervals are too wide to decide."""


@dataclass(frozen=True)
class People:
    """People of one snapshot or more (orders, where orders are ranked): their features and their outcomes."""

    x: Floats
    """A column for each feature; NaN where it is not known."""
    happened: Flags
    rule: Floats
    """The naive rival's score; higher is likelier."""
    shown: Mapping[str, Floats] = field(default_factory=dict)
    """Probabilities of models that need no labels; shown as rivals."""
    cluster: npt.NDArray[Any] | None = None
    """Rows with the same value are dependent (one customer, one week) and are resampled together; None: each row alone."""
    weight: Floats | None = None
    """How much each row counts when a calibration is fitted; None: all count the same."""

    @property
    def has_enough_events(self) -> bool:
        return min(int(self.happened.sum()), int((~self.happened).sum())) >= LEAST_EVENTS

    @property
    def weights(self) -> Floats:
        return np.ones(len(self.happened)) if self.weight is None else self.weight

    @property
    def rate(self) -> float:
        """The weighted share of them to whom it happened."""
        return float(np.average(self.happened, weights=self.weights))
