from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date, Integer, Money, Number, Text
from ecom_lake.engine.contracts.model_fit import DIRECTIONS, HAS_A_GATE, PASSES_ITS_GATE, REQUIREMENTS, STATUSES
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class ModelCards(Gold, partial=True):
    """One row per model: what it predicts, whether it is better out of time than a naive rival, and what is published."""

    model = vocabulary.model.replace(key=True)
    predicts = Text("What the model predicts.")
    population = Text("The customers or orders that it predicts for.")
    as_of = vocabulary.as_of.replace(nullable=True)
    status = Text(
        "published: the candidate passed its gate; baseline: its rival is published instead; refused: nothing is published.",
        one_of=STATUSES,
    )
    reason = vocabulary.reason
    champion = Text("Method that is published; NULL where the status is refused.", nullable=True)
    candidate = Text("Method that the gate tested; the champion of a published model.", nullable=True)
    metric = vocabulary.metric.replace(nullable=True)
    direction = Text("Whether a higher or a lower value of the metric is better.", nullable=True, one_of=DIRECTIONS)
    requirement = Text(
        "Requirement of the gate on the value or, where it says certainly, on the interval of the difference.",
        nullable=True,
        one_of=REQUIREMENTS,
    )
    margin = Number("Margin by which the candidate must be better.", nullable=True)
    value = vocabulary.value
    low = vocabulary.low
    high = vocabulary.high
    baseline = Text("Name of the rival, or threshold where the value is compared with a fixed number.", nullable=True)
    baseline_value = Number("The rival's value of the metric, or the threshold.", nullable=True)
    difference_low = Number("Lower bound (95%) of the candidate's value less the rival's.", nullable=True)
    difference_high = Number("Upper bound of the candidate's value less the rival's.", nullable=True)
    trained_on = Text("Data that the model was fitted on.")
    n = vocabulary.n
    fitted_as_of = Date("As-of date of the fit, which may be earlier than as_of: a fit is reused for some time.", nullable=True)
    code_version = Text("Version of the code that fitted the model, and hash of the settings.")
    age_days = Integer(
        "Days from as_of to the latest order: a model runs when a month is complete, and then keeps its results.",
        nullable=True,
        at_least=0,
        unit="days",
    )
    customers_changed = Count(
        "Customers whose valid orders up to as_of were added, canceled or corrected since the model ran: its table does not"
        " have these changes.",
        nullable=True,
    )
    net_sales_changed = Money(
        "Net sales of these changes, each counted as a positive amount: a sale that was added and one that was canceled do not"
        " cancel each other out.",
        nullable=True,
        at_least=0,
    )
    anonymous_orders = Count(
        "Anonymous orders up to as_of, which a model of customers leaves out; NULL where the model predicts orders or sales.",
        nullable=True,
    )
    anonymous_net_sales = Money("Net sales of these anonymous orders.", nullable=True, at_least=0)

    rules = (
        Rule("bounds_hold_the_value", "low <= value and value <= high", "The candidate's value lies within its bounds."),
        HAS_A_GATE,
        PASSES_ITS_GATE,
        Rule("has_a_reason", "length(reason) >= 10", "Every model card has a reason."),
    )
