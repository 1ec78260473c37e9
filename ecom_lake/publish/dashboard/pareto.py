"""The Pareto curve of products: the share of net sales by the share of products, with the bounds of the ABC classes.

Here: the curve and the bands, in percent of the plot. Not here: markup and colours (templates/charts/pareto.html.jinja).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.shop.products.product_performance import ProductPerformance

_CLASSES = Query(
    """select abc_class, count(*) as products, sum(share) as share, sum(net_sales) as net_sales
from product_performance
where abc_class is not null
group by abc_class
order by abc_class"""
)
_CURVE = Query(
    """select max(rank_by_sales) as products, max(cumulative_share) as share
from product_performance
cross join (select count(*) as sold from product_performance) as whole
where abc_class is not null
group by (rank_by_sales - 1) * 120 // sold
order by products"""
)
_DEFINITION = ProductPerformance.table.columns["abc_class"].meaning


@dataclass(frozen=True)
class Band:
    """An ABC class."""

    name: str
    start: float
    width: float
    label_at: float | None
    """Where its name stands; None where the band is too narrow for it."""
    text: str


@dataclass(frozen=True)
class Pareto:
    curve: str
    """The points of an SVG polyline, from the origin."""
    bands: Sequence[Band]
    why: Why


def pareto(view: View) -> Pareto | None:
    """None for a shop without sales."""
    if not view.release.has("product_performance"):
        return None
    classes, points = view.release.rows(_CLASSES), view.release.rows(_CURVE)
    if not classes:
        return None
    evidence = why_of_history(view, _DEFINITION, _CLASSES, "product_performance")
    return Pareto(curve_of(points), bands_of(classes), evidence)


def curve_of(points: Sequence[Row]) -> str:
    """From numbers of products, the best first, and their cumulative shares."""
    total = points[-1]["products"]
    places = [(0.0, 100.0), *((100 * row["products"] / total, 100 - 100 * row["share"]) for row in points)]
    return " ".join(f"{x:.2f},{max(y, 0.0):.2f}" for x, y in places)


def bands_of(classes: Sequence[Row]) -> list[Band]:
    total = sum(row["products"] for row in classes)
    start, bands = 0.0, []
    for row in classes:
        width = 100 * row["products"] / total
        text = (
            f"{row['products']:,} products, {percent(row['products'] / total)} of all, bring {percent(row['share'])} of net sales"
        )
        bands.append(
            Band(row["abc_class"], round(start, 2), round(width, 2), round(start + width / 2, 2) if width >= 4 else None, text)
        )
        start += width
    return bands
