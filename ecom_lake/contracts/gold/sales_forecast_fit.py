from __future__ import annotations

from ecom_lake.contracts.model_fit import ModelFit, has_one_card


class SalesForecastFit(ModelFit, group="models", beside="sales_forecast"):
    """One row per fact of the sales forecast: its card, how each method did, the chosen orders, the pictures."""

    identities = (has_one_card("sales_forecast_fit"),)
