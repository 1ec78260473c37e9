"""The page "Outlook": what sales, customers and orders are expected to do, how far to trust it, and what could be tested.

Here: the forecast with its rivals, customers by expected value, the churn list, and the cards of all models.
Not here: experiments (experiment_planner.py). The category filter chooses a forecast; nothing else of the page can be filtered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.experiment_planner import ASKED, ASSUMED, Planner, Simulation, planner, simulation
from ecom_lake.publish.dashboard.forecast_charts import SalesOutlook, sales_outlook
from ecom_lake.publish.dashboard.model_cards import ModelCard, model_cards
from ecom_lake.publish.dashboard.options import Allowed
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.serving.whole_shop import VALUE_DECILES
from ecom_lake.publish.dashboard.stacked import StackedBar, StackedRow, stacked
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent

OPTIONS: Allowed = {
    "grain": ("month", "day"),
    **ASKED,
    **ASSUMED,
}
CUSTOMERS = 8
"""Customers of the churn list that the page shows."""
_CHURN = Query("""\
select c.customer_id, c.form, c.probability, c.horizon_days, c.top_reasons
from churn_scores as c
where c.decile = 1
order by c.probability desc, c.customer_id""")
_CHURN_SHOWN = Query(f"{_CHURN.sql}\nlimit {CUSTOMERS}")
_CHURN_COUNT = Query("select count(*) as customers, any_value(horizon_days) as horizon_days from churn_scores where decile = 1")
_DECILES_ARE = (
    "Net sales that the model expects of all customers within its horizon. Customers are sorted by their predicted value; each"
    " bar is a tenth of them, the highest first."
)
_CHURN_IS = "Customers whose probability of not ordering within the horizon is in the top tenth."


@dataclass(frozen=True)
class ValueDeciles:
    bars: Sequence[StackedBar]
    horizon_days: int | None
    top_share: str
    """Share of the predicted value that the first decile has."""
    is_model: bool
    """Whether customers differ: the mean of the shop expects the same of all."""
    card: ModelCard | None
    why: Why


@dataclass(frozen=True)
class ChurnList:
    rows: Sequence[Row]
    """Empty for a reader who may not see people."""
    customers: int
    horizon_days: int | None
    card: ModelCard | None
    why: Why


@dataclass(frozen=True)
class Outlook:
    sales: SalesOutlook | None
    value: ValueDeciles | None
    churn: ChurnList | None
    cards: Sequence[ModelCard]
    planner: Planner | None
    simulation: Simulation | None


def outlook(view: View) -> Outlook:
    cards = model_cards(view)
    by_model = {card.model: card for card in cards}
    return Outlook(
        sales_outlook(view),
        _value(view, by_model.get("customer_value")),
        _churn(view, by_model.get("churn")),
        cards,
        planner(view),
        simulation(view),
    )


def _value(view: View, card: ModelCard | None) -> ValueDeciles | None:
    if not view.release.has("customer_value"):
        return None
    rows = view.release.rows(VALUE_DECILES)
    total = float(sum(row["predicted_value"] for row in rows))
    bars = stacked([_decile(view, row, total) for row in rows])
    is_model = card is not None and card.status == "published"
    top = percent(float(rows[0]["predicted_value"]) / total) if total else ""
    horizon = rows[0]["horizon_days"] if rows else None
    return ValueDeciles(bars, horizon, top, is_model, card, why_of_history(view, _DECILES_ARE, VALUE_DECILES, "customer_value"))


def _decile(view: View, row: Row, total: float) -> StackedRow:
    currency = view.release.currency
    value = float(row["predicted_value"])
    bounds = f"{amount(row['low'], currency=currency)} to {amount(row['high'], currency=currency)}"
    chance = "" if row["p_order"] is None else f", {percent(row['p_order'])} are expected to order"
    label = "highest tenth" if row["decile"] == 1 else "lowest tenth" if row["decile"] == 10 else f"tenth {row['decile']}"
    text = f"{row['customers']:,} customers: {amount(value, currency=currency)}, 80% interval {bounds}{chance}"
    share = percent(value / total) if total else ""
    return StackedRow(label, {"whole": value}, {"whole": text}, amount(value, currency=currency), share)


def _churn(view: View, card: ModelCard | None) -> ChurnList | None:
    if not view.release.has("churn_scores"):
        return None
    [total] = view.release.rows(_CHURN_COUNT)
    rows = view.release.rows(_CHURN_SHOWN) if view.sees_people else ()
    evidence = why_of_history(view, _CHURN_IS, _CHURN, "churn_scores")
    return ChurnList(rows, total["customers"], total["horizon_days"], card, evidence)
