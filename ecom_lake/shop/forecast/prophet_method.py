"""Prophet as a forecasting method, where it is installed: an optional extra.

Not here: the methods that are always available (methods.py, sarimax.py).
"""

from __future__ import annotations

import logging
import warnings
from datetime import date
from importlib.util import find_spec

import numpy as np
import polars as pl

from ecom_lake.shop.forecast.methods import PROPHET, Method
from ecom_lake.shop.forecast.sales_series import MONTHS, Floats, Series


def is_installed() -> bool:
    return find_spec("prophet") is not None


def prophet_by_month(first: date) -> Method:
    return Method(PROPHET, MONTHS.seasonal_from, lambda sold, steps: _ahead(Series(PROPHET, MONTHS, first, sold), steps))


def _ahead(known: Series, steps: int) -> Floats:
    from prophet import Prophet

    periods = pl.Series("ds", [known.period(place) for place in range(len(known) + steps)], pl.Datetime("us"))
    model = Prophet(
        seasonality_mode="multiplicative",
        yearly_seasonality=True,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    # cmdstanpy logs every fit; its level can only be set after the model exists.
    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # Prophet uses pandas features that are deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        model.fit(pl.DataFrame({"ds": periods[: len(known)], "y": known.values}).to_pandas(), seed=0)
        expected = model.predict(periods[len(known) :].to_frame().to_pandas())["yhat"]
    return np.asarray(expected, dtype=float)
