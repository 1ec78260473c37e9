from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class SalesForecastFit(ModelFit, group="models", beside="sales_forecast"):
    """One row per fact of the sales forecast: its card, how each method did, the chosen orders, the pictures."""

    identities = card_identities("sales_forecast_fit")
