"""Groups of customers by fixed rules or by what the shop knows of them: personas, loyalty tiers, demographics, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.publish.column_words import as_heading
from ecom_lake.publish.dashboard.breakdowns import money
from ecom_lake.publish.dashboard.customers.as_of import rows_of
from ecom_lake.publish.dashboard.customers.group_table import Group, GroupTable, group_table
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

CATEGORIES = 3
"""Categories that the page names for a persona."""
_SUMS = "customers, share, net_sales, net_sales_share, aov, repeat_rate"
_PERSONAS = Query(f"select persona, rule, {_SUMS} from personas order by position")
_TIERS = Query(f"select loyalty_tier, rule, {_SUMS} from loyalty_tiers order by position")
_SUBSCRIPTIONS = Query(f"select subscriber, {_SUMS} from subscription_value order by subscriber desc")
_CATEGORIES = Query(
    "select persona, category, share from persona_products"
    f" qualify row_number() over (partition by persona order by net_sales desc, category) <= {CATEGORIES}"
    " order by persona, share desc, category"
)
_DIMENSIONS = ("gender", "age_group")


@dataclass(frozen=True)
class Personas:
    personas: GroupTable | None
    categories: Mapping[str, str]
    """The largest categories of each persona, in words."""
    tiers: GroupTable | None
    demographics: Sequence[GroupTable]
    subscriptions: GroupTable | None


def personas(view: View) -> Personas:
    figures = _figures(view)
    return Personas(
        group_table(view, "personas", _PERSONAS, "Persona", figures, lambda row: _group(view, row, "persona", row["rule"])),
        _categories(view),
        group_table(
            view, "loyalty_tiers", _TIERS, "Loyalty tier", figures, lambda row: _group(view, row, "loyalty_tier", row["rule"])
        ),
        [table for dimension in _DIMENSIONS if (table := _demographics(view, dimension)) is not None],
        group_table(
            view, "subscription_value", _SUBSCRIPTIONS, "Subscriber", figures, lambda row: _group(view, row, "subscriber")
        ),
    )


def _figures(view: View) -> Sequence[str]:
    """Who ordered again is not known without dates."""
    return ("average order value", "repeat purchase rate") if view.span else ("average order value",)


def _demographics(view: View, dimension: str) -> GroupTable | None:
    query = Query(
        f"select member, {_SUMS} from demographics where dimension = $dimension order by member", {"dimension": dimension}
    )
    title = as_heading(dimension)
    return group_table(view, "demographics", query, title, _figures(view), lambda row: _group(view, row, "member"))


def _group(view: View, row: Row, column: str, rule: str = "") -> Group:
    who = {column: row[column]} if column in ("persona", "loyalty_tier") else None
    rate = "n/a" if row["repeat_rate"] is None else percent(row["repeat_rate"])
    return Group.of(view, row[column], row, (money(view)(row["aov"]), rate)[: len(_figures(view))], who, rule)


def _categories(view: View) -> dict[str, str]:
    """The categories that each persona buys most, without sales for which no category is stated."""
    found: dict[str, list[str]] = {}
    for row in rows_of(view, "persona_products", _CATEGORIES):
        if row["category"] == "unknown":
            continue
        share = "" if row["share"] is None else f" {percent(row['share'])}"
        found.setdefault(row["persona"], []).append(f"{row['category'].replace('_', ' ')}{share}")
    return {persona: ", ".join(categories) for persona, categories in found.items()}
