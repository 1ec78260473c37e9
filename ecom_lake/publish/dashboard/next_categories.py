"""The next category: where customers of a category buy at their next purchase, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.shop.products.product_journey import ProductJourney

MOST = 8
"""Categories that the matrix has, by the customers with another purchase."""
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""The least share of each level of colour."""
_QUERY = Query(
    f"""with most as (
    select from_category as category, max(from_customers) as customers
    from product_journey
    group by from_category
    order by customers desc, category
    limit {MOST}
)
select f.category as from_category, f.customers as from_customers, t.category as to_category, j.customers, j.share, j.median_days
from most as f
cross join most as t
left join product_journey as j on j.from_category = f.category and j.to_category = t.category
order by f.customers desc, f.category, t.customers desc, t.category"""
)


@dataclass(frozen=True)
class Next:
    """A cell: from one category to the next one."""

    share: str
    """Empty where nobody went."""
    level: int
    text: str


@dataclass(frozen=True)
class Origin:
    category: str
    url: str
    customers: int
    nexts: Sequence[Next]


@dataclass(frozen=True)
class NextCategories:
    categories: Sequence[str]
    origins: Sequence[Origin]
    why: Why


def next_categories(view: View) -> NextCategories | None:
    """None where no customer bought again."""
    if not view.release.has("product_journey"):
        return None
    rows = view.release.rows(_QUERY)
    if not rows:
        return None
    names = list(dict.fromkeys(row["from_category"] for row in rows))
    by_origin = [rows[start : start + len(names)] for start in range(0, len(rows), len(names))]
    origins = [
        Origin(
            of[0]["from_category"],
            view.toggled("category", of[0]["from_category"]),
            of[0]["from_customers"],
            list(map(_next, of)),
        )
        for of in by_origin
    ]
    columns = ProductJourney.table.columns
    return NextCategories(names, origins, why_of_history(view, columns["share"].meaning, _QUERY, "product_journey"))


def _next(row: Row) -> Next:
    names = f"{row['from_category'].replace('_', ' ')}, then {row['to_category'].replace('_', ' ')}"
    if row["share"] is None:
        return Next("", 0, f"{names}: no customer")
    text = f"{names}: {row['customers']:,} of {row['from_customers']:,} customers, median {row['median_days']:,.0f} days later"
    return Next(percent(row["share"]), level_of(row["share"]), text)


def level_of(share: float) -> int:
    return sum(share >= least for least in LEVELS)
