"""The probability that a customer orders within so many days, by BG/NBD alone: a rival that is fitted without labels.

It uses the days of the first and the last purchase and the number of purchases, and nothing else; among customers with one
purchase it ranks by recency. Not here: the model itself (customer_value/bg_nbd.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ecom_lake.shop.customer_value.bg_nbd import BG, DAYS_A_WEEK, Histories, fit, p_alive, p_any
from ecom_lake.statistics.arrays import Floats

NAME = BG
MIN_REPEAT_BUYERS = 50


def purchase_probabilities(customers: pl.DataFrame, horizon: int, most: int) -> Floats | None:
    """For each customer, in their order; fitted on at most so many. None where the model cannot be fitted."""
    x = customers["purchases"].to_numpy().astype(np.int64) - 1
    age = customers["tenure_days"].to_numpy().astype(np.int64)
    t_x = age - customers["recency_days"].to_numpy().astype(np.int64)
    if (x > 0).sum() < MIN_REPEAT_BUYERS:
        return None
    rows = np.linspace(0, len(x) - 1, min(most, len(x))).astype(int)
    unique, people = np.unique(np.stack([x, t_x, age], axis=1)[rows], axis=0, return_counts=True)
    found = fit(BG, Histories(unique[:, 0], unique[:, 1], unique[:, 2], people))
    if found is None:
        return None
    alive = p_alive(BG, found.parameters, x, t_x, age)
    return np.asarray(alive * p_any(found.parameters, x, age, horizon / DAYS_A_WEEK)).round(9)
