"""The monthly report for a shop's managers: how the month went, what changed, who the customers are, what to expect and to do.

Here: what is on the page, in which order, and the headline of each section. Every number comes from a gold table; statements
without enough evidence stand apart, at the end. Not here: looks (report.html.jinja, style.css), cards (kpi_cards.py), charts
(month_chart.py, plots.py), reading the tables (publish/report_file.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from ecom_lake.engine.serve.plots import plot
from ecom_lake.publish.pages.kpi_cards import change_text, monthly_cards, total_cards
from ecom_lake.publish.pages.month_chart import Forecast, MonthChart, Point, month_chart
from ecom_lake.publish.pages.rendering import amount, axis_amount, percent, rendered
from ecom_lake.words import counted

TABLES = (
    "basket_rules",
    "churn_scores",
    "customer_value",
    "delivery_effect",
    "dim_date",
    "dim_product",
    "insights",
    "kpi_bridge",
    "kpi_churn",
    "kpi_monthly",
    "kpi_summary",
    "model_cards",
    "model_curves",
    "review_risk",
    "rfm_segments",
    "sales_forecast",
    "segment_profile",
)
_TEMPLATE = "report.html.jinja"
_CHART_MONTHS = 24
_PAIRS = 5
_NAMED = pl.col("product_id"), pl.col("name"), pl.col("category").str.replace_all("_", " ")
_DRIVERS = {
    "new": "new customers",
    "returning": "returning customers",
    "orders_per_customer": "orders per customer",
    "units_per_order": "units per order",
    "price": "prices",
    "mix": "product mix",
    "discount": "discounts",
    "anonymous": "anonymous orders",
}
_CURVES = {
    "gain": "Cumulative gains",
    "holdout": "Holdout: actual and predicted",
    "backtest": "Backtest by month",
    "backtest by day": "Backtest by day",
    "stability": "Stability of the segments by their number",
    "importance": "Permutation importance",
}
"""Titles of curves that several models have; every other curve has its name for a title."""

Gold = Mapping[str, pl.DataFrame]
Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    shop: str
    release: int
    gold: Gold
    """The tables named in TABLES; a table that the shop does not have is empty."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """The tables that the shop does not have, and why."""
    currency: str | None = None
    """The currency sign of the amounts; None for none."""


def page(report: Report) -> bytes:
    gold = report.gold
    months = months_of(gold["kpi_monthly"], gold["kpi_churn"])
    complete = [row for row in months if row["is_complete"]]
    last = complete[-1] if complete else None
    summary = {row["metric"]: row["value"] for row in gold["kpi_summary"].to_dicts()}
    forecast = _forecast(gold["sales_forecast"])
    models = gold["model_cards"].sort("model").to_dicts()
    return rendered(
        _TEMPLATE,
        report.currency,
        report=report,
        as_of=_as_of(gold["dim_date"]),
        last_month=last["month"] if last else None,
        cards=monthly_cards(months, report.currency) or total_cards(summary, report.currency),
        has_lines=bool(summary.get("units")),
        sales_headline=_sales_headline(complete, report.currency),
        sales=_sales_chart(months, forecast, report.currency),
        forecast=forecast,
        bridges=_bridges(gold["kpi_bridge"]),
        segments=gold["segment_profile"].sort("segment_id").to_dicts(),
        leading_segment=_leading_segment(gold["segment_profile"]),
        anonymous=_anonymous(summary),
        rfm=gold["rfm_segments"].sort("net_sales", "segment", descending=[True, False]).to_dicts(),
        value=_customer_value(gold["customer_value"]),
        churn=_by_decile(gold["churn_scores"]),
        orders_in_transit=len(gold["review_risk"]),
        baskets=_baskets(gold["basket_rules"], gold["dim_product"]),
        delivery_headline=_delivery_headline(complete),
        delivery=_rate_chart("Orders delivered late, by month", "bars", months, "late_rate", percent),
        reviews=_rate_chart("Average review score, by month", "line", months, "avg_review", "{:.2f}".format),
        effects=gold["delivery_effect"].sort("exposure", "outcome").to_dicts(),
        models=models,
        status_counts=_status_counts(models),
        curves=_curves(gold["model_curves"]),
        shown=gold["insights"].filter(status="shown").sort("rank").to_dicts(),
        not_shown=gold["insights"].filter(status="not enough evidence").sort("topic", "insight_id").to_dicts(),
    )


def _as_of(days: pl.DataFrame) -> date | None:
    last = days.filter("is_as_of")["date"].max()
    return last if isinstance(last, date) else None


# --------------------------------------------------------------------------------------------------------------- months


def months_of(months: pl.DataFrame, churn: pl.DataFrame) -> list[Row]:
    """kpi_monthly, with the repeat purchase rate at the end of each month where kpi_churn has it."""
    rates = churn.group_by(month=pl.col("as_of").dt.truncate("1mo")).agg(pl.col("repeat_purchase_rate").max())
    return months.join(rates, on="month", how="left").sort("month").to_dicts()


def _sales_headline(complete: Sequence[Row], currency: str | None) -> str | None:
    """Net sales in August 2018 were R$ 848,860: -3.3% from July 2018, +49.4% from August 2017."""
    if not complete:
        return None
    last = complete[-1]
    changes = []
    for growth, months_back in (("net_sales_mom", 1), ("net_sales_yoy", 12)):
        if last[growth] is not None:
            before = _back(last["month"], months_back)
            changes.append(f"{_direction(float(last[growth]))} from {before:%B %Y}")
    compared = f": {', '.join(changes)}" if changes else ""
    return f"Net sales in {last['month']:%B %Y} were {amount(last['net_sales'], currency=currency)}{compared}."


def _delivery_headline(complete: Sequence[Row]) -> str | None:
    if not complete or complete[-1]["late_rate"] is None:
        return None
    last = complete[-1]
    before = next((row for row in complete if row["month"] == _back(last["month"], 1)), None)
    change = change_text(last["late_rate"], before["late_rate"], "share") if before else None
    compared = f" ({change} from {before['month']:%B %Y})" if change and before else ""
    return f"{percent(last['late_rate'])} of the deliveries of orders placed in {last['month']:%B %Y} were late{compared}."


def _direction(growth: float) -> str:
    return "unchanged" if abs(growth) < 0.0005 else f"{'up' if growth > 0 else 'down'} {abs(growth):.1%}"


def _back(month: date, count: int) -> date:
    number = 12 * month.year + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _charted(months: Sequence[Row]) -> Sequence[Row]:
    """The last 24 months up to the last complete one, and the incomplete ones after it."""
    ends = [i for i, row in enumerate(months) if row["is_complete"]]
    start = max((ends[-1] if ends else len(months) - 1) + 1 - _CHART_MONTHS, 0)
    return months[start:]


def _sales_chart(months: Sequence[Row], forecast: Sequence[Row], currency: str | None) -> MonthChart | None:
    points = [Point(row["month"], float(row["net_sales"]), row["is_complete"]) for row in _charted(months)]
    ahead = [Forecast(row["period"], *(_number(row[name]) for name in ("forecast", "low_80", "high_80"))) for row in forecast]
    money = partial(amount, currency=currency)
    return month_chart("Net sales by month", "bars", points, money, partial(axis_amount, currency=currency), forecast=ahead)


def _rate_chart(title: str, kind: Any, months: Sequence[Row], name: str, number: Any) -> MonthChart | None:
    """Complete months only: the rate of an incomplete one rests on few orders."""
    complete = [row for row in _charted(months) if row["is_complete"]]
    points = [Point(row["month"], row[name]) for row in complete]
    tick = "{:.0%}".format if number is percent else "{:.1f}".format
    return month_chart(title, kind, points, number, tick)


def _number(value: Any) -> Any:
    return None if value is None else float(value)


def _forecast(forecast: pl.DataFrame) -> list[Row]:
    champion = forecast.filter((pl.col("series") == "total") & (pl.col("grain") == "month") & pl.col("is_champion"))
    return champion.sort("period").to_dicts()


# --------------------------------------------------------------------------------------------------------- other sections


def _bridges(bridge: pl.DataFrame) -> list[Row]:
    """To the last month: from the prior month, and from the same month of the prior year, on one scale."""
    last = bridge.filter(pl.col("to_month") == pl.col("to_month").max()).sort(
        "from_month", "driver_order", descending=[True, False]
    )
    effects = [float(effect) for effect in last["effect"]]
    low, high = min([0.0, *effects]), max([0.0, *effects])
    room = (high - low) or 1.0
    return [
        {
            "from": start,
            "to": rows["to_month"][0],
            "change": sum(rows["effect"]),
            "largest": max(rows.to_dicts(), key=lambda row: abs(row["effect"]))["driver"],
            "drivers": [
                {
                    "label": _DRIVERS[row["driver"]],
                    "driver": row["driver"],
                    "effect": row["effect"],
                    "left": round(100 * (min(float(row["effect"]), 0.0) - low) / room, 1),
                    "width": round(100 * abs(float(row["effect"])) / room, 1),
                }
                for row in rows.to_dicts()
                if row["effect"]
            ],
        }
        for (start,), rows in last.group_by("from_month", maintain_order=True)
    ]


def _anonymous(summary: Mapping[str, Any]) -> Row | None:
    """The orders that no section on customers contains; None where every order has a customer."""
    if not summary.get("anonymous_orders"):
        return None
    orders, sales, all_sales = (summary[name] for name in ("anonymous_orders", "anonymous_net_sales", "net_sales"))
    have = counted(int(orders), "order", "has/have")
    return {"orders_have": have, "net_sales": sales, "share": sales / all_sales if all_sales else None}


def _leading_segment(segments: pl.DataFrame) -> Row | None:
    known = segments.filter(pl.col("net_sales_share").is_not_null(), pl.col("segment_id") > 0).sort(
        "net_sales_share", descending=True
    )
    return known.row(0, named=True) if len(known) else None


def _customer_value(value: pl.DataFrame) -> Row:
    known = value.filter(pl.col("predicted_value").is_not_null()).sort("predicted_value", "customer_id", descending=[True, False])
    total = float(known["predicted_value"].sum())
    decile = known.head(max(1, len(known) // 10))
    return {
        "customers": len(value),
        "known": len(known),
        "total": total,
        "days": known["horizon_days"][0] if len(known) else None,
        "top": len(decile) if total else 0,
        "top_share": float(decile["predicted_value"].sum()) / total if total else None,
        "method": known["method"][0] if len(known) else None,
    }


def _by_decile(scores: pl.DataFrame) -> list[Row]:
    if not len(scores):
        return []
    by = scores.group_by("form", "decile").agg(pl.len().alias("customers"), pl.col("probability").mean().alias("probability"))
    return by.sort("form", "decile").to_dicts()


def _baskets(rules: pl.DataFrame, products: pl.DataFrame) -> list[Row]:
    """Each pair once, at either level; a product without a name as its category and the start of its id, as on the dashboard."""
    found = rules.filter("is_significant", pl.col("antecedent_size") == 1, pl.col("antecedent") < pl.col("consequent"))
    most_first = found.sort("level", "orders", "antecedent", "consequent", descending=[False, True, False, False])
    shown = most_first.group_by("level", maintain_order=True).head(_PAIRS)
    products = products.filter(pl.col("product_id").is_in([*shown["antecedent"], *shown["consequent"]]))
    names = {product: name or f"{category} · {product[:8]}" for product, name, category in products.select(_NAMED).iter_rows()}

    def named(level: str, item: str) -> str:
        return names.get(item, item[:8]) if level == "product" else item.replace("_", " ")

    return [
        {**row, **{item: named(row["level"], row[item]) for item in ("antecedent", "consequent")}} for row in shown.to_dicts()
    ]


def _status_counts(models: Sequence[Row]) -> dict[str, int]:
    return {status: sum(one["status"] == status for one in models) for status in ("published", "baseline", "refused")}


def _curves(curves: pl.DataFrame) -> dict[str, list[str]]:
    """The charts of each model."""
    drawn: dict[str, list[str]] = {}
    rows = curves.rename({"label": "said"}).sort("model", "curve", "series", "position")
    for (model, curve), points in rows.group_by("model", "curve", maintain_order=True):
        title = _CURVES.get(str(curve), f"{str(curve)[:1].upper()}{str(curve)[1:]}")
        drawn.setdefault(str(model), []).append(plot(title, points.to_dicts()))
    return drawn
