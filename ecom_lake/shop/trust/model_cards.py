from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Key, Number, Text
from ecom_lake.engine.contracts.model_fit import DIRECTIONS, HAS_A_GATE, PASSES_ITS_GATE, REQUIREMENTS, STATUSES
from ecom_lake.engine.contracts.table import Gold, Rule


class ModelCards(Gold, group="models", partial=True):
    """One row per model: what it predicts, whether it is better here than a naive rival out of time, and what was published."""

    model = Key("The model, by the name of its table.")
    predicts = Text("What it predicts.")
    population = Text("For whom.")
    as_of = Date("The shop's today when it was scored.", nullable=True)
    status = Text(
        "published: the candidate passed its gate; baseline: its rival is published instead; refused: nothing is.",
        one_of=STATUSES,
    )
    reason = Text("The verdict in words: first the gate that decided with its numbers, then the details.")
    champion = Text("The method that is published; NULL where the status is refused.", nullable=True)
    candidate = Text("The method that the gate tested; of a published model its champion.", nullable=True)
    metric = Text("The measure of the gate that decided: the first that failed, or where all passed, the first.", nullable=True)
    direction = Text("Whether a higher or a lower value of it is better.", nullable=True, one_of=DIRECTIONS)
    requirement = Text(
        "What the gate requires of the value, or where the word certainly stands, of the interval of the difference.",
        nullable=True,
        one_of=REQUIREMENTS,
    )
    margin = Number("By how much the candidate must be ahead.", nullable=True)
    value = Number("The candidate's metric, out of time wherever it is an estimate.", nullable=True)
    low = Number("Lower bound of it (95%); the value itself where it is exact.", nullable=True)
    high = Number("Upper bound of it.", nullable=True)
    baseline = Text("The rival; the word threshold where the value is only compared with a stated number.", nullable=True)
    baseline_value = Number("The rival's metric, or the threshold.", nullable=True)
    difference_low = Number("Lower bound (95%) of the candidate's value less the rival's.", nullable=True)
    difference_high = Number("Upper bound of it.", nullable=True)
    trained_on = Text("The data that it was fitted on.")
    n = Count("How many people, orders or months that were.")
    fitted_as_of = Date("The shop's today when it was fitted: a fit is kept for a while.", nullable=True)
    code_version = Text("Version of the code that fitted it, and hash of the settings.")

    rules = (
        Rule("bounds_hold_the_value", "low <= value and value <= high", "The candidate's metric lies within its bounds."),
        HAS_A_GATE,
        PASSES_ITS_GATE,
        Rule("has_a_reason", "length(reason) >= 10", "Every verdict has its sentence."),
    )
