"""What the models say about deliveries: whether late customers come back less often, and which shipped orders may disappoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.forest import Estimated, Forest, forest
from ecom_lake.publish.dashboard.model_cards import ModelCard, model_card
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.sellers import percent_tick
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent

ORDERS = 8
"""Orders at risk that the page lists."""
EXPOSURES = {"late_delivery": "first order delivered late", "low_review": "first order reviewed with 3 or less"}
_EFFECT = Query("""\
select e.exposure, e.days, e.n_exposed, e.n_unexposed, e.crude_rd, c.low as crude_low, c.high as crude_high,
    e.adjusted_rd, e.ci_low, e.ci_high, e.e_value, e.e_value_ci, e.wording
from delivery_effect as e
left join model_curves as c on c.model = 'delivery_effect' and c.curve = 'effect' and c.label = 'unadjusted'
    and c.series = e.exposure || ', ' || e.days || ' days'
order by e.exposure, e.days""")
_RISK = Query("""\
select r.order_id, r.shipped_on, r.probability, r.top_reasons, o.net_sales
from review_risk as r
join fct_orders as o on o.order_id = r.order_id
where r.decile = 1
order by r.probability desc nulls last, r.shipped_on desc, r.order_id""")
_RISK_SHOWN = Query(f"{_RISK.sql}\nlimit {ORDERS}")
_OPEN = Query("select count(*) as orders, count(*) filter (where decile = 1) as risky from review_risk")
_BY_DELAY = Query("""\
select series, label, value, low, high
from model_curves
where model = 'delivery_effect' and curve = 'ordered again by delay of the first delivery'
order by series, position""")
_EFFECT_IS = (
    "The share of the exposed customers who ordered again within the days stated, less that of comparable customers, in"
    " percentage points. Crude: as observed. Adjusted: after weighting by what was known before the delivery."
)
_RISK_IS = (
    "Shipped orders without a review whose risk of a score of 2 or less is in the top tenth, by what was known at shipping."
)


@dataclass(frozen=True)
class Finding:
    title: str
    wording: str
    e_value: str
    """Empty where there is no risk ratio."""


@dataclass(frozen=True)
class LateEffect:
    chart: Forest | None
    """None where no comparison has enough evidence."""
    by_delay: Forest | None
    """The observed share that ordered again, by the delay of the first delivery."""
    followed: str
    """Such as "within 180 days"."""
    findings: Sequence[Finding]
    card: ModelCard | None
    why: Why


@dataclass(frozen=True)
class RiskyOrder:
    order: str
    shipped_on: date
    net_sales: str
    probability: float | None
    """None where the model ranks orders and gives no probability."""
    reasons: str


@dataclass(frozen=True)
class ReviewRisk:
    orders: Sequence[RiskyOrder]
    """Empty for a reader who may not see people."""
    count: int
    """Orders in the top decile."""
    open: int
    """Shipped orders without a review."""
    card: ModelCard | None
    why: Why


def late_effect(view: View) -> LateEffect | None:
    if not view.release.has("delivery_effect"):
        return None
    rows = view.release.rows(_EFFECT)
    estimates = [one for row in rows for one in _estimates(row)]
    evidence = why_of_history(view, _EFFECT_IS, _EFFECT, "delivery_effect")
    by_delay = view.release.rows(_BY_DELAY) if view.release.has("model_curves") else ()
    return LateEffect(
        forest(estimates, percentage_points, 0.0),
        forest([_by_delay(row) for row in by_delay], percent_tick),
        by_delay[0]["series"] if by_delay else "",
        [_finding(row) for row in rows],
        model_card(view, "delivery_effect"),
        evidence,
    )


def percentage_points(difference: float) -> str:
    return f"{100 * difference:+.4g}" if difference else "0"


def review_risk(view: View) -> ReviewRisk | None:
    if not view.release.has("review_risk"):
        return None
    [total] = view.release.rows(_OPEN)
    evidence = why_of_history(view, _RISK_IS, _RISK, "review_risk")
    currency = view.release.currency
    orders = [
        RiskyOrder(
            row["order_id"],
            row["shipped_on"],
            amount(row["net_sales"], 2, currency=currency),
            row["probability"],
            row["top_reasons"] or "",
        )
        for row in (view.release.rows(_RISK_SHOWN) if view.sees_people else ())
    ]
    return ReviewRisk(orders, total["risky"], total["orders"], model_card(view, "review_risk"), evidence)


def _estimates(row: Row) -> list[Estimated]:
    what = f"{EXPOSURES[row['exposure']]}, {row['days']} days"
    return [
        Estimated(f"{what}: adjusted", row["adjusted_rd"], row["ci_low"], row["ci_high"], f"{100 * row['adjusted_rd']:+.2f}"),
        Estimated("crude", row["crude_rd"], row["crude_low"], row["crude_high"], f"{100 * row['crude_rd']:+.2f}", is_main=False),
    ]


def _by_delay(row: Row) -> Estimated:
    return Estimated(row["label"], row["value"], row["low"], row["high"], percent(row["value"]))


def _finding(row: Row) -> Finding:
    title = f"{EXPOSURES[row['exposure']].capitalize()}, followed for {row['days']} days"
    if row["e_value"] is None:
        return Finding(title, row["wording"], "")
    bound = f"; to move the interval to no difference, {row['e_value_ci']:.2f}" if row["e_value_ci"] > 1 else ""
    cause = EXPOSURES[row["exposure"]]
    return Finding(
        title,
        row["wording"],
        f"E-value {row['e_value']:.2f}: an unrecorded cause would need a risk ratio of {row['e_value']:.2f} with both"
        f" “{cause}” and ordering again to explain the difference{bound}.",
    )
