from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Money, Number, Share, Text
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule

_PER_PURCHASE = "(assumed_uplift * (margin - discount) - cannibalisation * discount)"
"""Margin more per purchase that there would be anyway, in units of its value."""


class ExperimentSimulation(Gold, group="models"):
    """One row per group, discount and assumptions: what a discount for people at risk would bring; not measured."""

    segment = Key("The group, as in experiment_plan.")
    discount = Number("Share taken off the price.", key=True, at_least=0, at_most=1)
    assumed_uplift = Number("Assumed: by what share more of the people buy because of it.", key=True, at_least=0)
    cannibalisation = Number(
        "Assumed: share of those who would have bought anyway who take the discount.", key=True, at_least=0, at_most=1
    )
    margin = Number("Share of net sales left after cost, before the discount.", key=True, at_least=0, at_most=1)
    margin_source = Text("Where the margin comes from.", one_of=("measured", "assumed"))
    people = Count("People who are offered it: all who are in the group now.")
    baseline_rate = Share("Share who buy anyway within the days of watching.")
    order_value = Number("Mean net sales of such a purchase, before the discount.")
    incremental_orders = Number("Purchases more than without it, on average.", at_least=0)
    incremental_margin = Money("Margin more than without it, on average: of the purchases more, less what is given away.")
    low = Money("Lower bound of the middle 95% of simulated outcomes.")
    high = Money("Upper bound.")
    break_even_uplift = Number("Uplift at which it costs nothing; NULL where the discount takes the whole margin.", nullable=True)

    needs = ("orders.ordered_at",)
    rules = (
        Rule("bounds_in_order", "low <= high", "The lower bound is not above the upper."),
        Rule(
            "margin_of_the_supposed_purchases",
            f"abs(incremental_margin - people * baseline_rate * order_value * {_PER_PURCHASE})"
            f" <= 0.011 + 0.0051 * people * baseline_rate * abs{_PER_PURCHASE}",
            "The margin is that of the purchases more, less the discount that is given away.",
        ),
        Rule(
            "orders_of_the_supposed_uplift",
            "abs(incremental_orders - people * baseline_rate * assumed_uplift) <= 0.0051",
            "The purchases more are the base rate's, lifted by the assumed uplift.",
        ),
        Rule(
            "breaks_even_where_margin_is_left",
            "(break_even_uplift IS NULL) = (margin - discount <= 0.000000001)"
            " AND abs(break_even_uplift * (margin - discount) - cannibalisation * discount) <= 0.000001",
            "At the break-even uplift the margin of the purchases more is what is given away.",
        ),
    )
    identities = (
        agree(
            "base_rates_are_those_of_the_plan",
            "Each group has the base rate and the people of experiment_plan.",
            "select distinct segment, baseline_rate, people from experiment_simulation",
            "select distinct segment, baseline_rate, people from experiment_plan"
            " where segment in (select segment from experiment_simulation)",
        ),
    )
