"""The calendar adjustment: monthly methods forecast the mean daily sales of a month, times its number of days.

A shop that sells the same every day is forecast to do so, in February as in March. Not here: the methods (methods.py,
sarimax.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ecom_lake.shop.forecast.methods import Method
from ecom_lake.shop.forecast.sales_series import Floats, Series


def lengths(months: Series, number: int) -> Floats:
    """The days of the first so many months, including future ones."""
    starts = [months.period(place) for place in range(number + 1)]
    return np.array([(end - start).days for start, end in pairwise(starts)], dtype=float)


def by_mean_day(method: Method, months: Series) -> Method:
    """The method, applied to the mean daily sales of each month."""

    def ahead(sold: Floats, steps: int) -> Floats:
        days = lengths(months, len(sold) + steps)
        return method.ahead(sold / days[: len(sold)], steps) * days[len(sold) :]

    return replace(method, ahead=ahead)
