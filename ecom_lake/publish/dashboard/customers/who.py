"""The customers of a selection, those with the highest net sales first.

Ids are personal data: app.py asks `may_see_people` before it calls this. Not here: texts, places and ages of customers.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ecom_lake.engine.serve.csv_text import write_csv
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.selection import Selection
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View

SHOWN = 100
"""Customers that the page lists; the CSV has all of them."""
_LARGEST_FIRST = "\norder by c.net_sales desc, c.customer_id"
_LISTED = ("customer_id", "state", "segment", "rfm_segment", "persona", "loyalty_tier", "orders", "net_sales", "last_order_date")
"""Columns of the CSV."""


@dataclass(frozen=True)
class Person:
    id: str
    url: str
    state: str
    segment: str
    rfm: str
    orders: int
    net_sales: str
    last_order: str


@dataclass(frozen=True)
class Who:
    selection: Selection
    customers: int
    net_sales: str
    people: Sequence[Person]
    csv: str

    @property
    def more(self) -> int:
        return self.customers - len(self.people)


def who(view: View, selection: Selection) -> Who:
    [total] = view.release.rows_once(_query(view, selection, "count(*) as customers, sum(c.net_sales) as net_sales"))
    rows = view.release.rows_once(_query(view, selection, _columns(view), f"{_LARGEST_FIRST}\nlimit {SHOWN}"))
    csv = f"/{view.shop}/who.csv?{urlencode({**selection.chosen, **_release(view)})}"
    return Who(selection, total["customers"], money(view)(total["net_sales"] or 0), [_person(view, row) for row in rows], csv)


def who_csv(view: View, selection: Selection) -> str:
    """All customers of the selection; not kept in memory for later pages."""
    text = io.StringIO()
    rows = view.release.rows_once(_query(view, selection, _columns(view), _LARGEST_FIRST))
    write_csv(text, _LISTED, [[row[column] for column in _LISTED] for row in rows])
    return text.getvalue()


def customer_url(view: View, customer: str) -> str:
    query = urlencode(_release(view))
    return f"/{view.shop}/customer/{quote(customer, safe='')}{'?' if query else ''}{query}"


def who_url(view: View, **chosen: object) -> str:
    return f"/{view.shop}/who?{urlencode({**chosen, **_release(view)})}"


def _release(view: View) -> dict[str, int]:
    return {"release": view.filters.release} if view.filters.release is not None else {}


def _columns(view: View) -> str:
    segment = "g.segment" if view.release.has("customer_segments") else "null::varchar"
    rfm = "r.segment" if view.release.has("rfm") else "null::varchar"
    return f"""c.customer_id, d.state, {segment} as segment, {rfm} as rfm_segment, c.persona, c.loyalty_tier, c.orders,
    c.net_sales, c.last_order_date"""


def _query(view: View, selection: Selection, columns: str, order: str = "") -> Query:
    joins = ["left join dim_customer as d on d.customer_id = c.customer_id"]
    if view.release.has("customer_segments"):
        joins.append("left join customer_segments as g on g.customer_id = c.customer_id")
    if view.release.has("rfm"):
        joins.append("left join rfm as r on r.customer_id = c.customer_id")
    lines = "\n".join(joins)
    return Query(f"select {columns}\nfrom customer_metrics as c\n{lines}\nwhere {selection.condition}{order}", selection.chosen)


def _person(view: View, row: Row) -> Person:
    return Person(
        row["customer_id"],
        customer_url(view, row["customer_id"]),
        row["state"] or "unknown",
        row["segment"] or "not scored",
        row["rfm_segment"] or "n/a",
        row["orders"],
        money(view)(row["net_sales"]),
        str(row["last_order_date"] or "n/a"),
    )
