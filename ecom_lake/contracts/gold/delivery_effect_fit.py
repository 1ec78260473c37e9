from __future__ import annotations

from ecom_lake.contracts.model_fit import ModelFit, has_one_card


class DeliveryEffectFit(ModelFit, group="models", beside="delivery_effect"):
    """One row per fact of the comparison of late with timely deliveries: its card, other methods' answers, its balance."""

    identities = (has_one_card("delivery_effect_fit"),)
