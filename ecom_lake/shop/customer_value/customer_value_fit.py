from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class CustomerValueFit(ModelFit, beside="customer_value"):
    """One row per fact of the customer value model: its card, rivals on the holdout days, curves and parameters (in weeks)."""

    identities = card_identities("customer_value_fit")
