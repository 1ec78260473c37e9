"""The page of one customer: orders in time, groups and scores, predictions with their intervals, lateness and reviews.

Ids are personal data: app.py asks `may_see_people` before it calls this. Not here: what customers wrote, where they live more
precisely than the state, and how old they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.timeline import Look, Order, Timeline, timeline
from ecom_lake.publish.dashboard.customers.who import who_url
from ecom_lake.publish.dashboard.evidence import Why, identities_of
from ecom_lake.publish.dashboard.not_there import NotThereError
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import amount, percent
from ecom_lake.words import counted

ORDERS = 200
"""Orders that the table lists, the latest first."""


@dataclass(frozen=True)
class Card:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    url: str = ""
    """The customers who share it."""


@dataclass(frozen=True)
class Prediction:
    """What a model predicts, or why it does not."""

    title: str
    status: str
    """Of the model's card."""
    facts: Sequence[Fact]
    reason: str
    """Of the model's card: how good it was in its test, or why it is refused."""
    why: Why | None


@dataclass(frozen=True)
class Customer:
    id: str
    facts: Sequence[Fact]
    cards: Sequence[Card]
    why: Why
    predictions: Sequence[Prediction]
    timeline: Timeline | None
    orders: Sequence[Row]
    orders_why: Why
    more: int
    """Orders that the table does not list."""
    has_dates: bool
    money: Callable[[Any], str]


def customer(view: View, customer_id: str) -> Customer:
    """Raises `NotThereError` for an unknown id."""
    query = _profile_query(view, customer_id)
    found = view.release.rows_once(query)
    if not found:
        raise NotThereError(
            f"Shop '{view.shop}' has no customer '{customer_id}' in release {view.release.number}. "
            "The page Customers searches by the start of an id."
        )
    [row] = found
    orders_query = _orders_query(view, customer_id)
    orders = view.release.rows_once(orders_query)
    return Customer(
        customer_id,
        _facts(view, row),
        _cards(view, row) if row["orders"] is not None else [],
        _why(view, customer_id, query, "customer_metrics"),
        _predictions(view, customer_id),
        _timeline(view, row, orders),
        orders[:ORDERS],
        _why(view, customer_id, orders_query, "fct_orders"),
        max(len(orders) - ORDERS, 0),
        any(order["order_date"] is not None for order in orders),
        money(view),
    )


def _why(view: View, customer_id: str, query: Query, table: str) -> Why:
    grain = view.release.site.registry.table(table).grain
    return Why(grain, f"customer {customer_id}, whole history", query, identities_of(view, table))


def _profile_query(view: View, customer_id: str) -> Query:
    has_rfm, has_segments = view.release.has("rfm"), view.release.has("customer_segments")
    rfm = (
        "r.rfm_code, r.segment as rfm_segment, r.as_of"
        if has_rfm
        else "null as rfm_code, null as rfm_segment, null::date as as_of"
    )
    joins = "\nleft join rfm as r on r.customer_id = d.customer_id" if has_rfm else ""
    joins += "\nleft join customer_segments as g on g.customer_id = d.customer_id" if has_segments else ""
    sql = f"""select d.state, d.registered_at, d.is_subscriber, c.first_order_date, c.last_order_date, c.orders, c.purchases,
    c.units, c.net_sales, c.gross_profit, c.aov, c.recency_days, c.avg_gap_days, c.promised_orders, c.late_orders,
    c.avg_review, c.loyalty_tier, c.persona, c.activity_status, {rfm}, {"g.segment" if has_segments else "null as segment"}
from dim_customer as d
left join customer_metrics as c on c.customer_id = d.customer_id{joins}
where d.customer_id = $customer"""
    return Query(sql, {"customer": customer_id})


def _orders_query(view: View, customer_id: str) -> Query:
    sql = """select o.order_id, o.order_date, o.status, o.is_valid, o.units, o.net_sales, o.gap_days, o.lead_days, o.delay_days,
    o.is_late, o.is_returned, o.review_score, l.categories
from fct_orders as o
left join (
    select order_id, string_agg(distinct category, ', ' order by category) as categories
    from fct_sales
    where customer_id = $customer
    group by order_id
) as l on l.order_id = o.order_id
where o.customer_id = $customer
order by o.ordered_at desc nulls last, o.order_id"""
    return Query(sql, {"customer": customer_id})


def _facts(view: View, row: Row) -> list[Fact]:
    def shared(label: str, parameter: str, value: Any, text: str = "") -> Fact:
        return Fact(label, text or str(value), who_url(view, **{parameter: value}))

    facts = []
    if row["rfm_segment"]:
        facts.append(shared("RFM segment", "rfm", row["rfm_segment"], f"{row['rfm_segment']} ({row['rfm_code']})"))
    for label, column in (("Segment", "segment"), ("Persona", "persona"), ("Loyalty tier", "loyalty_tier"), ("State", "state")):
        if row[column]:
            facts.append(shared(label, column, row[column]))
    if row["activity_status"]:
        facts.append(Fact("Activity", row["activity_status"]))
    if row["registered_at"]:
        facts.append(Fact("Registered", f"{row['registered_at']:%Y-%m-%d}"))
    if row["is_subscriber"] is not None:
        facts.append(Fact("Subscriber", "yes" if row["is_subscriber"] else "no"))
    return facts


def _cards(view: View, row: Row) -> list[Card]:
    exact = money(view)
    cards = [
        Card("Net sales", exact(row["net_sales"]), counted(row["units"], "unit")),
        Card("Orders", f"{row['orders']:,}", f"on {counted(row['purchases'], 'day')}"),
        Card("Average order value", amount(row["aov"], 2, currency=view.release.currency)),
    ]
    if row["last_order_date"]:
        cards.append(
            Card("Latest order", f"{row['last_order_date']}", f"{counted(row['recency_days'], 'day')} before the as-of date")
        )
    if row["avg_gap_days"] is not None:
        cards.append(Card("Days between purchases", f"{row['avg_gap_days']:,.0f}", "mean"))
    if row["gross_profit"] is not None:
        cards.append(Card("Gross profit", exact(row["gross_profit"])))
    if row["promised_orders"]:
        cards.append(Card("Delivered late", f"{row['late_orders']:,}", f"of {row['promised_orders']:,} with both dates"))
    if row["avg_review"] is not None:
        cards.append(Card("Review score (of 5)", f"{row['avg_review']:.2f}", "mean"))
    return cards


def _predictions(view: View, customer_id: str) -> list[Prediction]:
    parts = (
        ("customer_value", "Expected value", "customer_value", _value_facts),
        ("churn", "Churn risk", "churn_scores", _churn_facts),
    )
    cards = {row["model"]: row for row in view.release.rows(_CARDS)} if view.release.has("model_cards") else {}
    found = []
    for model, title, table, facts in parts:
        if model not in cards or not view.release.has(table):
            reason = view.release.absent.get(table, "The model has not been fitted.")
            found.append(Prediction(title, "", [], reason, None))
            continue
        query = Query(f"select * from {table} where customer_id = $customer", {"customer": customer_id})
        row = next(iter(view.release.rows_once(query)), None)
        known = facts(view, row) if row else []
        evidence = _why(view, customer_id, query, table) if known else None
        found.append(Prediction(title, cards[model]["status"], known, cards[model]["reason"], evidence))
    return found


_CARDS = Query("select model, status, reason from model_cards order by model")


def _value_facts(view: View, row: Row) -> list[Fact]:
    if row["predicted_value"] is None:
        return []
    exact = [
        amount(row[column], 2, currency=view.release.currency)
        for column in ("predicted_value", "low", "high")
        if row[column] is not None
    ]
    facts = [Fact(f"Net sales in the next {row['horizon_days']:,} days", exact[0])]
    if len(exact) == 3:
        facts.append(Fact("80% interval of the mean of such customers", f"{exact[1]} to {exact[2]}"))
    facts.append(Fact("Expected purchases", f"{row['expected_orders']:.3f}"))
    if row["p_order"] is not None:
        facts.append(Fact("Probability of a purchase", percent(row["p_order"])))
    if row["p_alive"] is not None:
        facts.append(Fact("Probability of being active", percent(row["p_alive"])))
    if row["next_order_date"] is not None:
        facts.append(Fact("Median date of the next order", str(row["next_order_date"])))
    return [*facts, Fact("Method", row["method"])]


def _churn_facts(view: View, row: Row) -> list[Fact]:
    facts = [Fact("Risk decile", f"{row['decile']} of 10, 1 is the highest")]
    if row["probability"] is not None:
        facts.insert(0, Fact(f"Probability of no order within {row['horizon_days']:,} days", percent(row["probability"])))
    if row["top_reasons"]:
        facts.append(Fact("Raised most by", row["top_reasons"]))
    return facts


def _timeline(view: View, row: Row, orders: Sequence[Row]) -> Timeline | None:
    dated = [order for order in orders if order["order_date"] is not None]
    last: date = row["as_of"] or max((order["order_date"] for order in dated), default=date.min)
    return timeline([_order(view, order) for order in dated], last, money(view))


def _order(view: View, order: Row) -> Order:
    look = _look(order)
    words = {
        "late": f", {counted(order['delay_days'] or 0, 'day')} late",
        "on-time": ", delivered on time",
        "other": "",
        "not-valid": ", not counted as a sale",
    }
    review = "" if order["review_score"] is None else f", review {order['review_score']:g} of 5"
    text = f"{order['order_date']}: {money(view)(order['net_sales'])}, {order['status']}{words[look]}{review}"
    return Order(order["order_date"], float(order["net_sales"]), look, text)


def _look(order: Row) -> Look:
    if not order["is_valid"]:
        return "not-valid"
    return "other" if order["is_late"] is None else "late" if order["is_late"] else "on-time"
