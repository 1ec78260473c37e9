"""Products or categories that are bought together: the rules of basket_rules, and whether they are significant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.product_names import labels_of, product_url
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.rendering import percent

LEVELS = ("product", "category")
MOST = 12
_JOINED = " + "
_LEVEL = "select statement, is_thin, significant_rules, published_rules from basket_levels where level = $level"
_RULES = f"""select antecedent, consequent, orders, confidence, lift, p_adjusted, is_significant
from basket_rules
where level = $level
order by is_significant desc, p_adjusted, orders desc, antecedent, consequent
limit {MOST}"""
_DEFINITION = (
    "A rule: baskets with the first items contain the second one more often than by chance. It is significant where the p-value"
    " of Fisher's exact test, corrected for all rules that could be made, is at most alpha. It says nothing about causes."
)


@dataclass(frozen=True)
class Item:
    label: str
    url: str


@dataclass(frozen=True)
class BasketRule:
    bought: Sequence[Item]
    also: Item
    orders: str
    confidence: str
    lift: str
    p: str
    is_significant: bool


@dataclass(frozen=True)
class BoughtTogether:
    rules: Sequence[BasketRule]
    statement: str
    is_thin: bool
    has_significant: bool
    more: int
    why: Why


def bought_together(view: View) -> BoughtTogether | None:
    if not view.release.has("basket_rules") or not view.release.has("basket_levels"):
        return None
    level = view.options["level"]
    [state] = view.release.rows(Query(_LEVEL, {"level": level}))
    query = Query(_RULES, {"level": level})
    rows = view.release.rows(query)
    ids = {item for row in rows for item in (*row["antecedent"].split(_JOINED), row["consequent"])}
    labels = labels_of(view, ids) if level == "product" else {item: item.replace("_", " ") for item in ids}
    return BoughtTogether(
        [_rule(view, level, row, labels) for row in rows],
        state["statement"],
        state["is_thin"],
        state["significant_rules"] > 0,
        state["published_rules"] - len(rows),
        why_of_history(view, _DEFINITION, query, "basket_rules", "basket_levels"),
    )


def _rule(view: View, level: str, row: Row, labels: dict[str, str]) -> BasketRule:
    def item(name: str) -> Item:
        return Item(labels.get(name, name), product_url(view, name) if level == "product" else view.toggled("category", name))

    return BasketRule(
        [item(name) for name in row["antecedent"].split(_JOINED)],
        item(row["consequent"]),
        f"{row['orders']:,}",
        percent(row["confidence"]),
        f"{row['lift']:,.1f}",
        p_text(row["p_adjusted"]),
        row["is_significant"],
    )


def p_text(p: float) -> str:
    """A p-value for people."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
