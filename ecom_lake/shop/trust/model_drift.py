from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Number
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Rule


class ModelDrift(Gold, group="models", partial=True):
    """One row per number of a model that its last fit knew too: what it was then, and what it is now."""

    model = Key("The model, as in model_cards.")
    kind = Key("parameter: a number that is the model; seen: what the data and scores were like.", one_of=("parameter", "seen"))
    name = Key("The number.")
    before = Number("When the model was last fitted.")
    now = Number("As of today.")
    change = Number("now / before - 1; NULL where before is 0.", nullable=True)

    rules = (
        Rule(
            "change_is_now_against_before",
            f"(change IS NULL) = (before = 0) AND {same('(1 + change) * before', 'now')}",
            "The change is now / before - 1, and NULL where before is 0.",
        ),
    )
