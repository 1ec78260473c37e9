"""Months differ by their lengths: methods by month forecast the sales of a mean day, and each month has its own number of days.

The usual calendar adjustment. A shop that sells the same every day is forecast to go on so, in February as in March.
Not here: the methods (forecasters.py, sarimax.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ecom_lake.shop.forecast.methods import Method
from ecom_lake.shop.forecast.sales_series import Floats, Series


def lengths(months: Series, number: int) -> Floats:
    """Days of the first so many months, also of those that are still to come."""
    starts = [months.period(place) for place in range(number + 1)]
    return np.array([(end - start).days for start, end in pairwise(starts)], dtype=float)


def by_mean_day(method: Method, months: Series) -> Method:
    """The method, applied to the sales of each month's mean day."""

    def ahead(sold: Floats, steps: int) -> Floats:
        days = lengths(months, len(sold) + steps)
        return method.ahead(sold / days[: len(sold)], steps) * days[len(sold) :]

    return replace(method, ahead=ahead)
