"""Groups of customers as a table with two bars each: their share of the customers, and their share of the net sales.

Not here: markup (templates/charts/groups.html.jinja).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.as_of import rows_of, why_of
from ecom_lake.publish.dashboard.customers.who import who_url
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View


@dataclass(frozen=True)
class Group:
    name: str
    customers: int
    net_sales: str
    share: float
    net_sales_share: float | None
    width: float
    """Percent of the longest bar of the table; the bars of both shares have one scale."""
    net_sales_width: float
    figures: Sequence[str]
    """In the order of the table's `figure_titles`."""
    rule: str
    url: str
    """What a click on the name filters; empty where nothing can be filtered by the group."""
    is_chosen: bool
    who_url: str
    """Empty for a group that cannot be listed, and for readers who may not see ids."""

    @staticmethod
    def of(
        view: View,
        name: str,
        row: Row,
        figures: Sequence[str],
        who: Mapping[str, str] | None = None,
        rule: str = "",
        url: str = "",
        is_chosen: bool = False,
    ) -> Group:
        """From a row with customers, net sales and their shares; `group_table` sets the widths."""
        return Group(
            name,
            row["customers"],
            money(view)(row["net_sales"]),
            row["share"],
            row["net_sales_share"],
            0.0,
            0.0,
            figures,
            rule,
            url,
            is_chosen,
            who_url(view, **who) if who and view.sees_people else "",
        )


@dataclass(frozen=True)
class GroupTable:
    title: str
    figure_titles: Sequence[str]
    groups: Sequence[Group]
    why: Why


def group_table(
    view: View, table: str, query: Query, title: str, figure_titles: Sequence[str], group: Callable[[Row], Group]
) -> GroupTable | None:
    """None where the shop does not have the table, or nobody is in it."""
    groups = [group(row) for row in rows_of(view, table, query)]
    if not groups:
        return None
    return GroupTable(title, figure_titles, scaled(groups), why_of(view, table, query))


def scaled(groups: Sequence[Group]) -> list[Group]:
    """With the widths of the bars."""
    longest = max(max(one.share, one.net_sales_share or 0.0) for one in groups) or 1.0
    return [
        replace(
            one,
            width=round(100 * one.share / longest, 2),
            net_sales_width=round(100 * max(one.net_sales_share or 0, 0) / longest, 2),
        )
        for one in groups
    ]
