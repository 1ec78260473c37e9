from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class SalesForecastFit(ModelFit, beside="sales_forecast"):
    """One row per fact of the sales forecast: its card, each method's results, the chosen orders and curves."""

    identities = card_identities("sales_forecast_fit")
