"""The pages of the report, in the order of the dashboard's: what each visual shows.

A visual that needs what the release does not have is left out, and its neighbours take its room. Not here: their JSON
(`visual.py`) and their places (`report.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ecom_lake.publish.powerbi.model import MEASURE_TABLE

VisualType = Literal[
    "slicer",
    "cardVisual",
    "columnChart",
    "clusteredColumnChart",
    "clusteredBarChart",
    "lineChart",
    "scatterChart",
    "pivotTable",
    "tableEx",
]


@dataclass(frozen=True)
class Field:
    table: str
    name: str

    @property
    def is_measure(self) -> bool:
        return self.table == MEASURE_TABLE


@dataclass(frozen=True)
class Visual:
    type: VisualType
    title: str
    roles: Mapping[str, tuple[Field, ...]]
    """A role that loses all of its fields removes the visual; one of several measures may be missing."""
    optional: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)
    """Roles that the visual can do without."""
    weight: int = 1
    """Its share of the row's width."""
    descending_by: Field | None = None


@dataclass(frozen=True)
class Row:
    height: int
    visuals: tuple[Visual, ...]


@dataclass(frozen=True)
class Page:
    name: str
    question: str
    """What the page answers, below its name."""
    slicers: tuple[Field, ...]
    rows: tuple[Row, ...]


def _columns(table: str, *names: str) -> tuple[Field, ...]:
    return tuple(Field(table, name) for name in names)


def _measures(*names: str) -> tuple[Field, ...]:
    return _columns(MEASURE_TABLE, *names)


MONTH, YEAR = _columns("Date", "Month Start", "Year")
IS_COMPLETE = Field("Date", "Is Complete Month")
STATE, CHANNEL, STATUS = _columns("Orders", "State", "Channel", "Status")
CATEGORY, PRODUCT = _columns("Product", "Category", "Product ID")
RFM_SEGMENT = Field("RFM", "RFM Segment")
NET_SALES, ORDER_COUNT = _measures("Net Sales", "Order Count")
_SLICERS = (YEAR, MONTH, STATE, CATEGORY)


def _cards(*names: str) -> Row:
    return Row(104, (Visual("cardVisual", "Key figures", {"Data": _measures(*names)}),))


def _by_month(title: str, *measures: str, weight: int = 1) -> Visual:
    return Visual("lineChart", title, {"Category": (MONTH,), "Y": _measures(*measures)}, weight=weight)


def _bars(title: str, category: Field, measure: Field, weight: int = 1) -> Visual:
    return Visual("clusteredBarChart", title, {"Category": (category,), "Y": (measure,)}, weight=weight, descending_by=measure)


def _monthly_columns(title: str, measure: str, weight: int = 1) -> Visual:
    """Columns by month; incomplete months have their own colour."""
    roles = {"Category": (MONTH,), "Y": _measures(measure)}
    return Visual("columnChart", title, roles, {"Series": (IS_COMPLETE,)}, weight)


def _matrix(title: str, rows: Field, columns: Field, *measures: str, weight: int = 1) -> Visual:
    return Visual("pivotTable", title, {"Rows": (rows,), "Columns": (columns,), "Values": _measures(*measures)}, weight=weight)


def _table(title: str, columns: tuple[Field, ...], *measures: str, weight: int = 1, by: str = "") -> Visual:
    order = _measures(by)[0] if by else None
    return Visual("tableEx", title, {"Values": (*columns, *_measures(*measures))}, weight=weight, descending_by=order)


PAGES = (
    Page(
        "Overview",
        "How is the shop doing?",
        _SLICERS,
        (
            _cards("Net Sales", "Order Count", "Average Order Value", "Customers", "Repeat Purchase Rate", "Gross Margin"),
            Row(
                232,
                (
                    _monthly_columns("Net sales by month", "Net Sales", weight=3),
                    Visual(
                        "lineChart",
                        "Forecast of net sales, with its 80% interval",
                        {
                            "Category": _columns("Forecast", "Forecast Month"),
                            "Y": _measures("Forecast Net Sales", "Forecast Low", "Forecast High"),
                        },
                        weight=2,
                    ),
                ),
            ),
            Row(
                232,
                (
                    _bars("Net sales by category", CATEGORY, NET_SALES),
                    _bars("Net sales by state", STATE, NET_SALES),
                    _bars("Net sales by RFM segment", RFM_SEGMENT, NET_SALES),
                    _table("What to do", _columns("Insights", "Rank", "Statement", "Action"), weight=2),
                ),
            ),
        ),
    ),
    Page(
        "Sales",
        "What was sold, when, and through which channel?",
        _SLICERS,
        (
            _cards("Gross Sales", "Discounts", "Net Sales", "Freight", "Refunds", "Payments", "Units"),
            Row(
                232,
                (
                    _by_month("Net sales and the year before", "Net Sales", "Net Sales PY", weight=2),
                    _by_month("Growth of net sales", "Net Sales MoM", "Net Sales YoY"),
                ),
            ),
            Row(
                232,
                (
                    Visual(
                        "clusteredColumnChart",
                        "Net sales by weekday",
                        {"Category": _columns("Date", "Weekday Name"), "Y": (NET_SALES,)},
                    ),
                    _bars("Net sales by channel", CHANNEL, NET_SALES),
                    _bars("Placed orders by status", STATUS, _measures("Placed Orders")[0]),
                    _matrix("Net sales by category and year", CATEGORY, YEAR, "Net Sales", weight=2),
                ),
            ),
        ),
    ),
    Page(
        "Customers",
        "Who orders, and who orders again?",
        _SLICERS,
        (
            _cards("Customers", "New Customers", "Returning Customers", "Net Sales per Customer", "Repeat Purchase Rate"),
            Row(
                232,
                (
                    Visual(
                        "columnChart",
                        "New and returning customers by month",
                        {"Category": (MONTH,), "Y": _measures("New Customers", "Returning Customers")},
                        weight=2,
                    ),
                    _bars("Net sales by RFM segment", RFM_SEGMENT, NET_SALES),
                    _bars("Customers by loyalty tier", Field("Customer Profile", "Loyalty Tier"), _measures("Customers")[0]),
                ),
            ),
            Row(
                232,
                (
                    _matrix(
                        "Retention by cohort and month",
                        Field("Retention", "Cohort"),
                        Field("Retention", "Months Since First Order"),
                        "Retention Rate",
                        weight=2,
                    ),
                    _bars("Customers by cluster", Field("Cluster", "Cluster"), _measures("Customers")[0]),
                    _bars("Net sales by persona", Field("Customer Profile", "Persona"), NET_SALES),
                ),
            ),
        ),
    ),
    Page(
        "Products",
        "Which products carry the sales?",
        _SLICERS,
        (
            _cards("Net Sales", "Units", "Gross Profit", "Gross Margin", "Return Rate", "Average Review"),
            Row(
                232,
                (
                    _bars("Net sales by category", CATEGORY, NET_SALES),
                    _bars("Net sales by ABC class", Field("Product Rank", "ABC Class"), NET_SALES),
                    Visual(
                        "scatterChart",
                        "Units and net sales of each category",
                        {"Category": (CATEGORY,), "X": _measures("Units"), "Y": (NET_SALES,)},
                        {"Size": (ORDER_COUNT,)},
                        weight=2,
                    ),
                ),
            ),
            Row(
                232,
                (
                    _table(
                        "Products by net sales",
                        (PRODUCT, CATEGORY),
                        *("Net Sales", "Units", "Order Count", "Gross Margin", "Return Rate", "Average Review"),
                        by="Net Sales",
                    ),
                ),
            ),
        ),
    ),
    Page(
        "Delivery",
        "Do orders arrive on time, and what do customers say?",
        (YEAR, MONTH, STATE, Field("Orders", "Shipping Method")),
        (
            _cards(
                "Delivered Orders", "Late Delivery Rate", "Average Lead Days", "Average Review", "NPS Proxy", "Cancellation Rate"
            ),
            Row(
                232,
                (
                    _by_month("Late delivery rate by month", "Late Delivery Rate"),
                    _by_month("Average days from order to delivery", "Average Lead Days"),
                    _by_month("Average review by month", "Average Review"),
                ),
            ),
            Row(
                232,
                (
                    _bars("Late delivery rate by state", STATE, _measures("Late Delivery Rate")[0]),
                    _bars("Average review, late or on time", Field("Orders", "Is Late"), _measures("Average Review")[0]),
                    _table(
                        "Sellers",
                        _columns("Seller", "Seller ID", "Seller State"),
                        *("Net Sales", "Order Count", "Late Delivery Rate", "Average Review"),
                        weight=2,
                        by="Net Sales",
                    ),
                ),
            ),
        ),
    ),
    Page(
        "Trust",
        "Where do the numbers come from, and what was refused?",
        (Field("Deliveries", "Read As"), Field("Quality Checks", "Check Status")),
        (
            Row(
                104,
                (
                    _table("Release", _columns("Release", "Shop", "Release Number")),
                    Visual(
                        "cardVisual",
                        "Delivered rows",
                        {
                            "Data": _measures(
                                "Rows Delivered", "Rows Published", "Rows Refused", "Rows Not Accounted For", "Pass Rate"
                            )
                        },
                        weight=4,
                    ),
                ),
            ),
            Row(
                232,
                (
                    _table(
                        "Deliveries",
                        _columns("Deliveries", "Delivery", "File", "Read As"),
                        *("Rows Delivered", "Rows Published", "Rows Refused"),
                    ),
                    _table(
                        "Rules with the most failed rows",
                        _columns("Quality Checks", "Checked Table", "Rule", "Check Status"),
                        *("Failed Rows", "Pass Rate"),
                        by="Failed Rows",
                    ),
                ),
            ),
            Row(232, (_table("Models", _columns("Models", "Model", "Model Status", "Champion", "Reason")),)),
        ),
    ),
)
