"""A model as people judge it: what it predicts, its test against a rival, the gate's verdict, its age, and what has drifted.

A refused model keeps its card, with the reason. Not here: what a model predicts (the pages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ecom_lake.engine.contracts.gate import THRESHOLD
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.forest import Estimated, Forest, forest
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.words import counted, three_digits

DRIFTS = 4
"""The largest changes since the previous fit that a card lists."""
TITLES = {
    "sales_forecast": "Sales forecast",
    "customer_value": "Customer value",
    "churn": "Churn",
    "review_risk": "Risk of a bad review",
    "delivery_effect": "Effect of late delivery",
    "customer_segments": "Customer segments",
    "experiment_plan": "Experiment plan",
    "experiment_simulation": "Experiment simulation",
}
_METRICS = {"mase": "MASE"}
_CARDS = Query("select * from model_cards order by model")
_DRIFT = Query(
    "select model, name, before, now, change from model_drift where change <> 0 order by model, abs(change) desc, name"
)
_IS = "The test that decided what is published: the candidate's result with its 95% interval, and its rival's, out of time."


@dataclass(frozen=True)
class ModelCard:
    model: str
    title: str
    status: str
    predicts: str
    population: str
    reason: str
    champion: str | None
    metric: str | None
    better: str
    """Such as "higher is better"; empty without a metric."""
    test: Forest | None
    """The candidate's result and the rival's; None without a test, and where the rival is a fixed number."""
    requirement: str
    """The result beside the fixed number that it must reach; empty for a test against a rival."""
    fitted_as_of: date | None
    """None for a shop without dates."""
    age_days: int | None
    n: int
    trained_on: str
    changed: str
    """What has changed in the data since the model ran; empty for nothing."""
    drift: Sequence[Row]
    why: Why

    @property
    def is_fitted(self) -> bool:
        """A model that was refused without a test may have been fitted on nothing."""
        return self.status != "refused" or self.test is not None


def model_cards(view: View) -> list[ModelCard]:
    if not view.release.has("model_cards"):
        return []
    drift = view.release.rows(_DRIFT) if view.release.has("model_drift") else ()
    return [_card(view, row, drift) for row in view.release.rows(_CARDS)]


def model_card(view: View, model: str) -> ModelCard | None:
    return next((card for card in model_cards(view) if card.model == model), None)


def _card(view: View, row: Row, drift: Sequence[Row]) -> ModelCard:
    return ModelCard(
        row["model"],
        TITLES.get(row["model"], row["model"].replace("_", " ").capitalize()),
        row["status"],
        row["predicts"],
        row["population"],
        row["reason"],
        row["champion"],
        _METRICS.get(row["metric"], row["metric"]),
        f"{row['direction']} is better" if row["direction"] else "",
        forest(_estimates(row), three_digits, row["baseline_value"]),
        _requirement(row),
        row["fitted_as_of"] or row["as_of"],
        row["age_days"],
        row["n"],
        row["trained_on"],
        _changed(row),
        [one for one in drift if one["model"] == row["model"]][:DRIFTS],
        why_of_history(view, _IS, _CARDS, "model_cards"),
    )


def _estimates(row: Row) -> list[Estimated]:
    """Empty for a model that was not tested against a rival."""
    if row["value"] is None or row["baseline_value"] is None or row["baseline"] == THRESHOLD:
        return []
    tested = Estimated(row["candidate"] or "candidate", row["value"], row["low"], row["high"], three_digits(row["value"]))
    if row["candidate"] == row["baseline"]:
        return [tested]
    return [
        tested,
        Estimated(row["baseline"] or "rival", row["baseline_value"], None, None, three_digits(row["baseline_value"]), False),
    ]


def _requirement(row: Row) -> str:
    """Such as "number of customers observed: 514; at least 200 required"."""
    if row["value"] is None or row["baseline"] != THRESHOLD:
        return ""
    number = percent if row["metric"].startswith("share") else three_digits
    bound = "at least" if row["direction"] == "higher" else "at most"
    return f"{row['metric']}: {number(row['value'])}; {bound} {number(row['baseline_value'])} required"


def _changed(row: Row) -> str:
    customers = row["customers_changed"]
    return f"Orders of {counted(customers, 'customer')} were added, canceled or corrected since it ran." if customers else ""
