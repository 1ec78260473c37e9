from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Number
from ecom_lake.engine.contracts.relations import same
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class ModelDrift(Gold, partial=True):
    """One row per figure of a model that its previous fit has too: its value then and now."""

    model = vocabulary.model.replace(key=True)
    kind = Key(
        "parameter: a parameter of the fitted model; seen: a figure that describes the data or the scores.",
        one_of=("parameter", "seen"),
    )
    name = Key("Name of the parameter or figure.")
    before = Number("Value at the previous fit.")
    now = Number("Value at the current fit.")
    change = Number("now / before - 1; NULL where before is 0.", nullable=True, unit="growth")

    rules = (
        Rule(
            "change_is_now_against_before",
            f"(change IS NULL) = (before = 0) AND {same('(1 + change) * before', 'now')}",
            "The change is now / before - 1, and NULL where before is 0.",
        ),
    )
