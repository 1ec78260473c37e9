"""How much of the net sales comes from few customers: the Lorenz curve and the Gini coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.curves import Axis, Curves, Series, curves
from ecom_lake.publish.dashboard.customers.as_of import rows_of, why_of
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

_DECILES = Query("select decile, customers, share, cumulative_share, gini_part from customer_concentration order by decile")


@dataclass(frozen=True)
class Concentration:
    curve: Curves
    gini: str
    top: str
    """Share of the customers who are in the top decile: a tenth, unless there are few customers."""
    top_share: str
    """Their share of the net sales."""
    top_half_share: str
    """Share of the net sales of the half of the customers with the highest ones; empty where there is no fifth decile."""
    why: Why


def concentration(view: View) -> Concentration | None:
    rows = rows_of(view, "customer_concentration", _DECILES)
    curve = lorenz(rows) if rows and rows[0]["share"] is not None else None
    if curve is None:
        return None
    half = next((percent(row["cumulative_share"]) for row in rows if row["decile"] == 5), "")
    gini = sum(row["gini_part"] for row in rows)
    top = percent(rows[0]["customers"] / sum(row["customers"] for row in rows))
    evidence = why_of(view, "customer_concentration", _DECILES)
    return Concentration(curve, f"{gini:.2f}", top, percent(rows[0]["share"]), half, evidence)


def lorenz(deciles: Sequence[Row]) -> Curves | None:
    """From the customers with the lowest net sales to those with the highest, beside the line of equal spending."""
    people = sum(row["customers"] for row in deciles)
    points, marks = [(0.0, 0.0)], []
    customers, net_sales = 0, 0.0
    for row in reversed(deciles):
        customers += row["customers"]
        net_sales += row["share"]
        at = (customers / people, min(net_sales, 1.0))
        points.append(at)
        marks.append((*at, f"The {percent(at[0])} of customers who spent least bring {percent(at[1])} of the net sales"))
    axis = (0, 0.25, 0.5, 0.75, 1)
    return curves(
        "Share of the net sales by share of the customers",
        [
            Series([(0.0, 0.0), (1.0, 1.0)], "reference", text="if all spent the same"),
            Series(points, "main", marks=marks),
        ],
        Axis("Customers, those who spent least first", "{:.0%}".format, 0, 1, axis),
        Axis("Share of net sales", "{:.0%}".format, 0, 1, axis),
    )
