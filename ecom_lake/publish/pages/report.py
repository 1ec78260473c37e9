"""The report for a shop's managers: how it went, what changed and why, who the customers are, what to expect, what to do.

Here: what stands on it and in which order. Its looks are in report.html.jinja, its charts in plots.py. Every number comes from
a gold table; what the evidence does not carry is said apart. Not here: reading the tables (publish/report_file.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from ecom_lake.engine.serve.plots import plot
from ecom_lake.publish.pages.rendering import rendered

TABLES = (
    "basket_rules",
    "churn_scores",
    "customer_value",
    "delivery_effect",
    "dim_date",
    "insights",
    "kpi_bridge",
    "kpi_monthly",
    "kpi_summary",
    "model_cards",
    "model_curves",
    "product_performance",
    "review_risk",
    "rfm_segments",
    "sales_forecast",
    "segment_profile",
)
_TEMPLATE = "report.html.jinja"
_MONTHS = 24
_PAIRS = 5
_DRIVERS = {
    "new": "new customers",
    "returning": "returning customers",
    "orders_per_customer": "orders per customer",
    "units_per_order": "units per order",
    "price": "prices",
    "mix": "what was bought",
    "discount": "discounts",
}

Gold = Mapping[str, pl.DataFrame]
Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    shop: str
    release: int
    gold: Gold
    """The tables named in TABLES; of those that the shop does not have, no rows."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """The tables that the shop does not have, and why."""


def page(report: Report) -> bytes:
    gold = report.gold
    return rendered(
        _TEMPLATE,
        report=report,
        as_of=_as_of(gold["dim_date"]),
        headlines=_headlines(gold["kpi_monthly"]),
        summary={row["metric"]: row["value"] for row in gold["kpi_summary"].to_dicts()},
        sales=_sales(gold["kpi_monthly"], gold["sales_forecast"]),
        bridges=_bridges(gold["kpi_bridge"]),
        segments=gold["segment_profile"].sort("segment_id").to_dicts(),
        rfm=gold["rfm_segments"].sort("net_sales", descending=True).to_dicts(),
        value=_value(gold["customer_value"]),
        lost=_tenths(gold["churn_scores"]),
        at_risk_orders=len(gold["review_risk"]),
        baskets=_baskets(gold["basket_rules"], gold["product_performance"]),
        delivery=_delivery(gold["kpi_monthly"]),
        effects=gold["delivery_effect"].sort("exposure", "outcome").to_dicts(),
        forecast=_forecast(gold["sales_forecast"]),
        cards=gold["model_cards"].sort("model").to_dicts(),
        curves=_curves(gold["model_curves"]),
        shown=gold["insights"].filter(status="shown").sort("rank").to_dicts(),
        weak=gold["insights"].filter(status="not enough evidence").sort("topic", "insight_id").to_dicts(),
    )


def _as_of(days: pl.DataFrame) -> date | None:
    last = days.filter("is_as_of")["date"].max()
    return last if isinstance(last, date) else None


def _headlines(months: pl.DataFrame) -> list[Row]:
    """The last complete month, and how it stands to those before."""
    complete = months.filter("is_complete").sort("month").to_dicts()
    if not complete:
        return []
    last, before = complete[-1], complete[-2] if len(complete) > 1 else {}
    names = {
        "net_sales": "net sales",
        "orders": "orders",
        "customers": "customers",
        "new_customers": "new customers",
        "aov": "average order value",
        "late_rate": "delivered late",
        "avg_review": "review score",
    }
    return [
        {
            "month": last["month"],
            "name": name,
            "words": words,
            "value": last[name],
            "change": _change(last[name], before.get(name)),
        }
        for name, words in names.items()
        if last[name] is not None
    ]


def _change(now: Any, before: Any) -> float | None:
    return float(now) / float(before) - 1 if now is not None and before else None


def _sales(months: pl.DataFrame, forecast: pl.DataFrame) -> str:
    """The months that were, and those to come with the interval that four of five should fall into."""
    complete = months.filter("is_complete").sort("month").tail(_MONTHS).to_dicts()
    ahead = (
        forecast.filter((pl.col("series") == "total") & (pl.col("grain") == "month") & pl.col("is_champion"))
        .sort("period")
        .to_dicts()
    )
    points = [_point("net sales", i, row["month"], row["net_sales"]) for i, row in enumerate(complete)]
    if ahead and complete:
        start = len(complete)
        points.append(_point("forecast", start - 1, complete[-1]["month"], complete[-1]["net_sales"]))
        points += [
            _point("forecast", start + i, r["period"], r["forecast"], r["low_80"], r["high_80"]) for i, r in enumerate(ahead)
        ]
    return _chart("Net sales by month", points)


def _delivery(months: pl.DataFrame) -> str:
    complete = months.filter("is_complete").sort("month").tail(_MONTHS).to_dicts()
    points = [_point("late", i, row["month"], row["late_rate"]) for i, row in enumerate(complete)]
    return _chart("Share of orders delivered late", points)


def _chart(title: str, points: Sequence[Row]) -> str:
    """No chart where it would have no points: the page says so instead."""
    return plot(title, points) if any(point["value"] is not None for point in points) else ""


def _point(series: str, x: int, month: date, value: Any, low: Any = None, high: Any = None) -> Row:
    numbers = {name: None if n is None else float(n) for name, n in (("value", value), ("low", low), ("high", high))}
    return {"series": series, "x": float(x), "said": month.strftime("%Y-%m"), **numbers}


def _bridges(bridge: pl.DataFrame) -> list[Row]:
    """To the last month: from the month before, and from a year before."""
    last = bridge.filter(pl.col("to_month") == pl.col("to_month").max()).sort(
        "from_month", "driver_order", descending=[True, False]
    )
    most = max([abs(float(effect)) for effect in last["effect"]], default=0.0) or 1.0
    return [
        {
            "from": start,
            "to": rows["to_month"][0],
            "change": sum(rows["effect"]),
            "drivers": [
                {
                    "words": _DRIVERS[row["driver"]],
                    "effect": row["effect"],
                    "width": round(100 * abs(float(row["effect"])) / most, 1),
                }
                for row in rows.to_dicts()
            ],
        }
        for (start,), rows in last.group_by("from_month", maintain_order=True)
    ]


def _value(value: pl.DataFrame) -> Row:
    """Tenths of the people by what they are expected to bring."""
    known = value.filter(pl.col("predicted_value").is_not_null()).sort("predicted_value", "customer_id", descending=[True, False])
    total = float(known["predicted_value"].sum())
    tenth = known.head(max(1, len(known) // 10))
    return {
        "people": len(value),
        "known": len(known),
        "total": total,
        "days": known["horizon_days"][0] if len(known) else None,
        "top": len(tenth) if total else 0,
        "top_share": float(tenth["predicted_value"].sum()) / total if total else None,
        "method": known["method"][0] if len(known) else None,
    }


def _tenths(scores: pl.DataFrame) -> list[Row]:
    if not len(scores):
        return []
    by = scores.group_by("form", "decile").agg(pl.len().alias("people"), pl.col("probability").mean().alias("probability"))
    return by.sort("form", "decile").to_dicts()


def _baskets(rules: pl.DataFrame, products: pl.DataFrame) -> list[Row]:
    """Pairs, once each, at either level; a product with its category, for few know its number."""
    found = rules.filter("is_significant", pl.col("antecedent_size") == 1, pl.col("antecedent") < pl.col("consequent"))
    most_first = found.sort("level", "orders", "antecedent", "consequent", descending=[False, True, False, False])
    shown = most_first.group_by("level", maintain_order=True).head(_PAIRS)
    categories = dict(products.select("product_id", "category").iter_rows())

    def named(level: str, item: str) -> str:
        return f"{item} ({categories.get(item, 'unknown')})" if level == "product" else item

    return [
        {**row, **{item: named(row["level"], row[item]) for item in ("antecedent", "consequent")}} for row in shown.to_dicts()
    ]


def _forecast(forecast: pl.DataFrame) -> list[Row]:
    champion = forecast.filter((pl.col("series") == "total") & (pl.col("grain") == "month") & pl.col("is_champion"))
    return champion.sort("period").to_dicts()


def _curves(curves: pl.DataFrame) -> dict[str, list[str]]:
    """The pictures of each model."""
    drawn: dict[str, list[str]] = {}
    rows = curves.rename({"label": "said"}).sort("model", "curve", "series", "position")
    for (model, curve), points in rows.group_by("model", "curve", maintain_order=True):
        drawn.setdefault(str(model), []).append(plot(str(curve), points.to_dicts()))
    return drawn
