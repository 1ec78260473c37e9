from __future__ import annotations

from ecom_lake.engine.contracts.columns import Money, Number, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary

_PER_PURCHASE = "(assumed_uplift * (margin - discount) - cannibalisation * discount)"
"""Margin more per purchase that there would be anyway, in units of its value."""


class ExperimentSimulation(Gold):
    """One row per group, discount and assumptions: the simulated result of a discount for customers at risk; nothing is
    measured."""

    segment = vocabulary.segment.replace(key=True)
    discount = Number("Discount as a share of the price.", key=True, at_least=0, at_most=1, unit="share")
    assumed_uplift = Number(
        "Assumed relative increase of the share who buy because of the discount.", key=True, at_least=0, unit="growth"
    )
    cannibalisation = Number(
        "Assumed share of the customers who would have bought anyway and take the discount.",
        key=True,
        at_least=0,
        at_most=1,
        unit="share",
    )
    margin = vocabulary.margin.replace(key=True, at_least=0, at_most=1)
    margin_source = Text("Source of the margin.", one_of=("measured", "assumed"))
    people = vocabulary.people
    baseline_rate = vocabulary.baseline_rate
    order_value = Number("Mean net sales of such a purchase, before the discount.", unit="money")
    incremental_orders = Number("Mean additional purchases because of the discount.", at_least=0, unit="count")
    incremental_margin = Money(
        "Mean additional margin because of the discount: margin of the additional purchases less the discounts given."
    )
    low = Money("Lower bound of the middle 95% of the simulated margins.")
    high = Money("Upper bound of the middle 95% of the simulated margins.")
    break_even_uplift = Number(
        "Uplift at which the discount pays for itself; NULL where the discount takes the whole margin.",
        nullable=True,
        unit="growth",
    )

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_in_order", "low <= high", "The lower bound is at most the upper bound."),
        Rule(
            "margin_of_the_supposed_purchases",
            f"abs(incremental_margin - people * baseline_rate * order_value * {_PER_PURCHASE})"
            f" <= 0.011 + 0.0051 * people * baseline_rate * abs{_PER_PURCHASE}",
            "The incremental margin is that of the additional purchases, less the discounts given.",
        ),
        Rule(
            "orders_of_the_supposed_uplift",
            "abs(incremental_orders - people * baseline_rate * assumed_uplift) <= 0.0051",
            "Additional purchases follow from the base rate and the assumed uplift.",
        ),
        Rule(
            "breaks_even_where_margin_is_left",
            "(break_even_uplift IS NULL) = (margin - discount <= 0.000000001)"
            " AND abs(break_even_uplift * (margin - discount) - cannibalisation * discount) <= 0.000001",
            "At the break-even uplift, the margin of the additional purchases equals the discounts given.",
        ),
    )
    identities = (
        agree(
            "base_rates_are_those_of_the_plan",
            "Each group has the base rate and the customers of experiment_plan.",
            "select distinct segment, baseline_rate, people from experiment_simulation",
            "select distinct segment, baseline_rate, people from experiment_plan"
            " where segment in (select segment from experiment_simulation)",
        ),
    )
