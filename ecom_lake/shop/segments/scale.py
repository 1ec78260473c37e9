"""The scale of the differences between customers: logarithmic by default, plain for the textbook's segments."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ecom_lake.shop.segments.clustering import Floats

Scale = Literal["logarithmic", "plain"]
LOGARITHMIC: Final = "logarithmic"
PLAIN: Final = "plain"


def to_scale(values: Floats, scale: Scale) -> Floats:
    return log_scale(values) if scale == LOGARITHMIC else values


def from_scale(values: Floats, scale: Scale) -> Floats:
    return np.expm1(values) if scale == LOGARITHMIC else values


def log_scale(values: Floats) -> Floats:
    """ln(1 + value), so that relative differences count; negative values, such as days in the future, count as 0."""
    return np.log1p(np.maximum(values, 0))
