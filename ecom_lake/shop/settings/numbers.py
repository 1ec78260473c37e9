"""Settings of a shop that SQL reads in the one-row view `settings`; `[shops.NAME.numbers]` of lake.toml sets them.

Here: the thresholds, each with its default, bounds and description. Not here: the location of the lake and its shops
(settings.py), and the settings of tables that Python computes (mining.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from ecom_lake.engine.contracts.settings_model import DECIMALS, EXACT, SettingsModel

Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=DECIMALS), EXACT]
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=DECIMALS), EXACT]
Days = Annotated[int, Field(ge=0, le=36_500)]
Orders = Annotated[int, Field(ge=0, le=1_000_000)]
Score = Annotated[int, Field(ge=0, le=6)]
"""A limit on scores from 1 to 5: 0 and 6 are the limits that all scores or none reach."""


class ShopSettings(SettingsModel, frozen=True):
    """Shares and amounts are decimals, so that a comparison with a threshold is exact."""

    as_of: Annotated[date | None, Field(description="The as-of date; unset: the last day of the last complete month.")] = None
    country: Annotated[
        str | None, Field(description="Country of customers whose address has none, as an ISO 3166 two-letter code.")
    ] = None
    currency: Annotated[str | None, Field(description="Currency sign of amounts in sentences, such as R$; unset: none.")] = None
    currency_code: Annotated[
        str | None,
        Field(
            description="Currency of all amounts, as an ISO 4217 three-letter code, such as BRL. Orders that state another "
            "currency are refused; unset: orders that state different currencies block the release."
        ),
    ] = None
    complete_month_share: Annotated[
        Share, Field(description="A complete month has at least this share of the orders of a median month.")
    ] = Decimal("0.1")
    complete_month_edge_days: Annotated[
        int,
        Field(
            ge=0,
            le=31,
            description="Largest gap in days between the edge of the data's first or last month and its nearest order.",
        ),
    ] = 3
    at_risk_recent_days: Annotated[
        Days, Field(description="An undelivered order up to this age is recently at risk; an older one is stale.")
    ] = 60
    payment_rounding: Annotated[
        Amount, Field(description="Largest difference between payments and gmv that counts as rounding.")
    ] = Decimal("0.05")
    cost_coverage: Annotated[
        Share, Field(description="Smallest share of net sales with a known cost for which gross profit is computed.")
    ] = Decimal("0.95")
    repeat_days: Annotated[
        Days, Field(description="Window of the repeat purchase rate: a second purchase within this many days of the first.")
    ] = 90
    rfm_f2: Annotated[Orders, Field(description="Minimum number of purchases for frequency score 2.")] = 2
    rfm_f3: Annotated[Orders, Field(description="Minimum number of purchases for frequency score 3.")] = 3
    rfm_f4: Annotated[Orders, Field(description="Minimum number of purchases for frequency score 4.")] = 4
    rfm_f5: Annotated[Orders, Field(description="Minimum number of purchases for frequency score 5.")] = 5
    returning_purchases: Annotated[
        Orders,
        Field(description="Minimum number of purchases for the loyalty tier Returning, including those before the export."),
    ] = 2
    loyal_purchases: Annotated[
        Orders, Field(description="Minimum number of purchases for the loyalty tier Loyal, including those before the export.")
    ] = 3
    persona_loyal_purchases: Annotated[
        Orders, Field(description="Minimum number of purchases for the persona Loyal High-Value.")
    ] = 2
    persona_loyal_m: Annotated[Score, Field(description="Lowest monetary score of the persona Loyal High-Value.")] = 4
    persona_premium_m: Annotated[Score, Field(description="Lowest monetary score of the persona Premium.")] = 5
    persona_low_m: Annotated[Score, Field(description="Highest monetary score of the persona Low-Premium.")] = 2
    churn_short_days: Annotated[
        Days, Field(description="Shortest churn horizon: a customer has lapsed after this many days without a purchase.")
    ] = 90
    churn_medium_days: Annotated[
        Days, Field(description="Medium churn horizon: a customer has lapsed after this many days without a purchase.")
    ] = 180
    churn_long_days: Annotated[
        Days, Field(description="Longest churn horizon: a customer has lapsed after this many days without a purchase.")
    ] = 365
    age_groups: Annotated[
        int, Field(ge=0, le=100, description="Number of age groups, each with about the same number of customers.")
    ] = 4
    abc_a_share: Annotated[
        Share,
        Field(description="A product is in class A while the products ranked before it have less than this share of sales."),
    ] = Decimal("0.8")
    abc_b_share: Annotated[
        Share,
        Field(description="Class B: the products ranked before it have less than this share of sales. The rest is class C."),
    ] = Decimal("0.95")
    seller_min_orders: Annotated[
        Orders, Field(description="Minimum number of valid orders for a seller to be scored and ranked.")
    ] = 10
    thin_basket_share: Annotated[
        Share, Field(description="Baskets are too thin for rules if at most this share of them has several items.")
    ] = Decimal("0.05")

    @field_validator("country")
    @classmethod
    def _is_code(cls, country: str | None) -> str | None:
        if country is not None and not re.fullmatch("[A-Z]{2}", country):
            raise ValueError(f"country must be two capital letters such as BR, not '{country}'.")
        return country

    @field_validator("currency_code")
    @classmethod
    def _is_currency(cls, code: str | None) -> str | None:
        if code is not None and not re.fullmatch("[A-Z]{3}", code):
            raise ValueError(f"currency_code must be three capital letters such as BRL, not '{code}'.")
        return code

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Without currency_code where it is unset: existing lakes hashed the text that has none."""
        return [(name, value) for name, value in super().__repr_args__() if name != "currency_code" or value is not None]

    @model_validator(mode="after")
    def _thresholds_rise(self) -> Self:
        self._require_rising("rfm_f2", "rfm_f3", "rfm_f4", "rfm_f5")
        self._require_rising("returning_purchases", "loyal_purchases")
        self._require_rising("abc_a_share", "abc_b_share")
        self._require_rising("churn_short_days", "churn_medium_days", "churn_long_days")
        return self

    def _require_rising(self, *names: str) -> None:
        values = [getattr(self, name) for name in names]
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise ValueError(f"{', '.join(names)} must rise, but are {', '.join(map(str, values))}.")
