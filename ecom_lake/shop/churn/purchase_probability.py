"""The chance that a person orders within so many days, by BG/NBD alone: a rival that learns from no labels.

It knows when people bought first and last, and how often, and nothing else; of people of one purchase it says what recency says.
Not here: the model itself (buying.py), and what rivals are held against (classification.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ecom_lake.shop.customer_value.bg_nbd import BG, DAYS_A_WEEK, Histories, fit, p_alive, p_any
from ecom_lake.statistics.arrays import Floats

NAME = BG
LEAST_REPEATS = 50
"""Fewest people with a second purchase that the model is fitted on."""


def buying_chance(known: pl.DataFrame, horizon: int, most: int) -> Floats | None:
    """Of each of the people known on a day, in their order; none where the model cannot be fitted."""
    x = known["purchases"].to_numpy().astype(np.int64) - 1
    age = known["tenure_days"].to_numpy().astype(np.int64)
    t_x = age - known["recency_days"].to_numpy().astype(np.int64)
    if (x > 0).sum() < LEAST_REPEATS:
        return None
    some = np.linspace(0, len(x) - 1, min(most, len(x))).astype(int)
    unique, people = np.unique(np.stack([x, t_x, age], axis=1)[some], axis=0, return_counts=True)
    found = fit(BG, Histories(unique[:, 0], unique[:, 1], unique[:, 2], people))
    if found is None:
        return None
    alive = p_alive(BG, found.parameters, x, t_x, age)
    return np.asarray(alive * p_any(found.parameters, x, age, horizon / DAYS_A_WEEK)).round(9)
