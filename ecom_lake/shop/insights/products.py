"""Rules about products: which categories gain or lose orders, what is bought together, and what is returned.

Gains: of a category that lost share, the net sales of the orders that are missing at its earlier share; of returns, the returned
sales per month beyond the rate of the other categories. What a bundle would bring has not been measured.
"""

from __future__ import annotations

from ecom_lake.shop.insights.rule import InsightRule

_OWNER = "purchasing"
_NO_GAIN = "Not estimated: only an experiment can measure what a bundle or a recommendation would bring."
_NOT_A_CAUSE = "Products that are bought together are not necessarily bought because of each other."
_EXPECTED = "{n} orders contain both; {expected:ratio} would be expected if customers chose them independently."

RULES = (
    InsightRule(
        id="category-share-moved",
        topic="Products",
        kind="descriptive",
        table="kpi_breakdown",
        column="orders",
        unit="count",
        sql="category_share_moved.sql",
        days="category_share_moved_days.sql",
        headline="{value} {month} orders contained {member}, {compared:up|down} from {baseline} at its share in {before}.",
        reason="{rate:share} of {trials} orders, compared with {rate_before:share} of {rest_trials}.",
        silent="No category's share of orders changed clearly compared with the three months before.",
        action="Check whether stock, price or a campaign caused the change, and whether to repeat it.",
        owner=_OWNER,
        caveat="Seasonal effects are not removed.",
        gain_basis="Orders that are missing at the earlier share, at the category's net sales per order of the month.",
        least_effect=0.1,
        most=2,
    ),
    InsightRule(
        id="bought-together",
        topic="Baskets",
        kind="descriptive",
        table="basket_rules",
        column="lift",
        unit="ratio",
        sql="categories_bought_together.sql",
        headline="{antecedent} and {consequent} are bought together {value} times as often as expected.",
        reason=_EXPECTED,
        silent="No two categories are bought together clearly more often than expected.",
        action="Show the two categories next to each other, and test a bundle.",
        owner=_OWNER,
        caveat=_NOT_A_CAUSE,
        gain_basis=_NO_GAIN,
        least_n=20,
        least_effect=0.2,
        most=2,
    ),
    InsightRule(
        id="products-bought-together",
        topic="Baskets",
        kind="descriptive",
        table="basket_rules",
        column="lift",
        unit="ratio",
        sql="products_bought_together.sql",
        headline="{n} orders contain both {antecedent} and {consequent}, {value} times as many as expected.",
        reason="{expected:ratio} orders would be expected if customers chose the two products independently.",
        silent="No two products are bought together clearly more often than expected.",
        action="Offer the two products as a bundle, and measure its effect.",
        owner=_OWNER,
        caveat=_NOT_A_CAUSE,
        gain_basis=_NO_GAIN,
        least_n=20,
        least_effect=0.2,
        most=2,
    ),
    InsightRule(
        id="sent-back",
        topic="Products",
        kind="descriptive",
        table="returns_leakage",
        column="return_rate",
        unit="share",
        sql="returns.sql",
        days="returns_months.sql",
        noise_of="months",
        headline="{value} of orders with {member} were returned, {compared:above|below} the {baseline} of all other categories.",
        reason="{hits} of {trials} orders were returned, with net sales of {money:money}.",
        silent="No category is returned clearly more often than all others together.",
        action="Read the reviews of the returned products; improve the description, the size table or the packaging.",
        owner=_OWNER,
        caveat="Over the whole history. An order with several categories counts in each of them.",
        gain_basis="Returned sales beyond the rate of all other categories together, per month of the history.",
        most=2,
    ),
)
