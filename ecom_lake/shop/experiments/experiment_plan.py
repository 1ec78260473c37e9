from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Number, Share
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class ExperimentPlan(Gold):
    """One row per group of customers and assumed uplift: what an experiment would need, and whether this shop can run it."""

    segment = vocabulary.segment.replace(key=True)
    uplift = Number("Assumed relative increase of the share who buy.", key=True, at_least=0, unit="growth")
    people = vocabulary.people
    join_per_day = Number("Customers who join the group per day.", at_least=0, unit="count")
    baseline_rate = vocabulary.baseline_rate
    treated_rate = Share("baseline_rate · (1 + uplift).")
    n_per_arm = Count("Customers that each of the two arms needs.", at_least=1)
    power = Share("Probability of detecting the uplift with all customers who are available within the longest experiment.")
    days_needed = Count(
        "Days until enough customers have joined and been followed up; NULL where that never happens.", nullable=True, unit="days"
    )
    testable = Flag("Whether days_needed is within the longest experiment that is worth planning.")
    reason = vocabulary.reason

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "treated_is_lifted",
            "abs(treated_rate - baseline_rate * (1 + uplift)) < 0.00001",
            "treated_rate is baseline_rate increased by the uplift.",
        ),
        Rule("testable_has_an_end", "days_needed IS NOT NULL OR NOT testable", "A testable scenario has a number of days."),
    )
    identities = (
        Identity(
            "groups_are_of_customers",
            "select sum(people) from (select distinct segment, people from experiment_plan)"
            " having sum(people) > (select count(*) from customer_metrics)",
            "The groups have no more customers than the shop.",
        ),
    )
