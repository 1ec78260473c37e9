"""The settings of a shop's numbers, with their defaults.

Here: the thresholds that SQL marts read from the one-row table `settings`, each with its meaning.
Not here: the location and the shops of a lake (ecom_lake/settings.py), and the settings of baskets and models (mining.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, get_type_hints

from ecom_lake.engine.contracts.bounds import DAYS, ORDERS, SCORE, SHARE, Bounds, bounds_of


@dataclass(frozen=True)
class ShopSettings:
    """Each setting with its meaning and bounds. Shares and amounts are decimals, so that comparisons are exact."""

    as_of: Annotated[date | None, "The as-of date; unset, it is the last day of the last complete month."] = None
    country: Annotated[str | None, "Country of customers whose address has none, as an ISO 3166 two-letter code."] = None
    currency: Annotated[str | None, "Currency sign of amounts in sentences, such as R$; unset, none."] = None
    complete_month_share: Annotated[Decimal, "A complete month has at least this share of a median month's orders.", SHARE] = (
        Decimal("0.1")
    )
    complete_month_edge_days: Annotated[
        int, "Most days between the first or last order of the data and the edge of its month.", Bounds(0, 31)
    ] = 3
    at_risk_recent_days: Annotated[int, "Up to this age, an order on its way is recently at risk; beyond it, stale.", DAYS] = 60
    payment_rounding: Annotated[Decimal, "Up to this much, payments differ from gmv by rounding.", Bounds(0, 1_000_000)] = (
        Decimal("0.05")
    )
    cost_coverage: Annotated[Decimal, "Gross profit requires a known cost for this share of net sales.", SHARE] = Decimal("0.95")
    repeat_days: Annotated[int, "Window of the repeat rate: a second purchase within this many days of the first.", DAYS] = 90
    rfm_f2: Annotated[int, "Fewest purchases that score 2 for frequency.", ORDERS] = 2
    rfm_f3: Annotated[int, "Fewest purchases that score 3 for frequency.", ORDERS] = 3
    rfm_f4: Annotated[int, "Fewest purchases that score 4 for frequency.", ORDERS] = 4
    rfm_f5: Annotated[int, "Fewest purchases that score 5 for frequency.", ORDERS] = 5
    returning_purchases: Annotated[
        int, "Fewest purchases of the loyalty tier Returning, those before the export included.", ORDERS
    ] = 2
    loyal_purchases: Annotated[int, "Fewest purchases of the loyalty tier Loyal, those before the export included.", ORDERS] = 3
    persona_loyal_purchases: Annotated[int, "Fewest purchases of the persona Loyal High-Value.", ORDERS] = 2
    persona_loyal_m: Annotated[int, "Lowest monetary score of the persona Loyal High-Value.", SCORE] = 4
    persona_premium_m: Annotated[int, "Lowest monetary score of the persona Premium.", SCORE] = 5
    persona_low_m: Annotated[int, "Highest monetary score of the persona Low-Premium.", SCORE] = 2
    churn_short_days: Annotated[
        int, "Shortest horizon of churn: days without a purchase after which a customer has lapsed.", DAYS
    ] = 90
    churn_medium_days: Annotated[int, "Middle horizon of churn, likewise.", DAYS] = 180
    churn_long_days: Annotated[int, "Longest horizon of churn, likewise.", DAYS] = 365
    age_groups: Annotated[int, "Number of age groups, each with about the same number of customers.", Bounds(0, 100)] = 4
    abc_a_share: Annotated[
        Decimal, "A product is in class A while the products before it bring less than this share of net sales.", SHARE
    ] = Decimal("0.8")
    abc_b_share: Annotated[Decimal, "… in class B while they bring less than this share, and otherwise in class C.", SHARE] = (
        Decimal("0.95")
    )
    seller_min_orders: Annotated[int, "Fewest valid orders of a seller that is scored and ranked.", ORDERS] = 10
    thin_basket_share: Annotated[
        Decimal, "Baskets are too thin for rules if a smaller share of them has several items.", SHARE
    ] = Decimal("0.05")

    def __post_init__(self) -> None:
        hints, bounds = get_type_hints(ShopSettings), bounds_of(ShopSettings)
        for setting in fields(self):
            value = _checked(setting.name, hints[setting.name], getattr(self, setting.name))
            if isinstance(value, int | Decimal):
                bounds[setting.name].check(setting.name, value)
            object.__setattr__(self, setting.name, value)
        if self.country is not None and not re.fullmatch("[A-Z]{2}", self.country):
            raise ValueError(f"country must be two capital letters such as BR, not '{self.country}'.")
        _rising(self, "rfm_f2", "rfm_f3", "rfm_f4", "rfm_f5")
        _rising(self, "returning_purchases", "loyal_purchases")
        _rising(self, "abc_a_share", "abc_b_share")
        _rising(self, "churn_short_days", "churn_medium_days", "churn_long_days")


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is Decimal and isinstance(value, int | float) and not isinstance(value, bool):
        value = Decimal(str(value))  # TOML has no decimals
    # To Python a bool is an int and a datetime a date; here neither is.
    if not isinstance(value, kind) or isinstance(value, bool | datetime):
        words = {int: "a whole number", Decimal: "a number", str | None: "a text", date | None: "a date such as 2018-08-31"}
        raise ValueError(f"{name} must be {words[kind]}, not {value!r}.")
    return value


def _rising(settings: ShopSettings, *names: str) -> None:
    values = [getattr(settings, name) for name in names]
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise ValueError(f"{', '.join(names)} must rise, but are {', '.join(map(str, values))}.")
