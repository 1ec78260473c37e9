from __future__ import annotations

from ecom_lake.contracts.columns import Count, Date, Key, Number, Text
from ecom_lake.contracts.model_fit import STATUSES
from ecom_lake.contracts.table import Gold, Rule


class ModelCards(Gold, group="models", partial=True):
    """One row per model: what it predicts, whether it is better here than a naive rival out of time, and what was published."""

    model = Key("The model, by the name of its table.")
    predicts = Text("What it predicts.")
    population = Text("For whom.")
    as_of = Date("The shop's today when it was scored.", nullable=True)
    status = Text("published: it beats its naive rival; baseline: the rival is published; refused: nothing is.", one_of=STATUSES)
    reason = Text("The verdict in a sentence.")
    champion = Text("The method that did best; where the status is refused, not well enough.", nullable=True)
    metric = Text("The measure by which it was judged, out of time.", nullable=True)
    value = Number("The champion's metric.", nullable=True)
    low = Number("Lower bound of it (95%).", nullable=True)
    high = Number("Upper bound of it.", nullable=True)
    baseline = Text("The naive rival.", nullable=True)
    baseline_value = Number("The rival's metric.", nullable=True)
    trained_on = Text("The data that it was fitted on.")
    n = Count("How many people, orders or months that were.")
    fitted_as_of = Date("The shop's today when it was fitted: a fit is kept for a while.", nullable=True)
    code_version = Text("Version of the code that fitted it, and hash of the settings.")

    rules = (
        Rule("bounds_hold_the_value", "low <= value and value <= high", "The champion's metric lies within its bounds."),
        Rule("has_a_reason", "length(reason) >= 10", "Every verdict has its sentence."),
    )
