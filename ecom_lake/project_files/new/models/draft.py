from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class Draft(Gold):
    """One row per future month. Empty where no method is better than the last month again: draft_fit has the reason."""

    month = vocabulary.month.replace(key=True)
    orders = Number("Predicted number of orders.", at_least=0)


class DraftFit(ModelFit, beside="draft"):
    """One row per fact of the fitted model: its card, its rivals, its curves and its parameters."""

    identities = card_identities("draft_fit")
