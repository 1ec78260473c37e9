from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class DeliveryEffectFit(ModelFit, beside="delivery_effect"):
    """One row per fact of the comparison of late with on-time deliveries: its card, other methods' results and its balance."""

    identities = card_identities("delivery_effect_fit")
