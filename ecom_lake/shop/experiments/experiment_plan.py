from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Key, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class ExperimentPlan(Gold, group="models"):
    """One row per group of customers and supposed uplift: what an experiment would need, and whether this shop can do it."""

    segment = Key("The group: new customers, or by time since the last purchase and whether they had bought more than once.")
    uplift = Number("Supposed: by what share more of the treated buy; an assumption.", key=True, at_least=0)
    people = Count("People who are in the group now.")
    join_per_day = Number("People who join it per day.", at_least=0)
    baseline_rate = Share("Share of the group who bought within the days of watching, as measured last.")
    treated_rate = Share("baseline_rate · (1 + uplift).")
    n_per_arm = Count("People that each of two arms needs.", at_least=1)
    power = Share("Chance to find the uplift with all the people there are within the longest experiment.")
    days_needed = Count("Days until enough people have come and been watched; NULL where they never come.", nullable=True)
    testable = Flag("Whether that is within the longest experiment that is worth planning.")
    reason = Text("Why, in a sentence.")

    needs = ("orders.ordered_at",)
    rules = (
        Rule(
            "treated_is_lifted", "abs(treated_rate - baseline_rate * (1 + uplift)) < 0.00001", "The treated rate is the lifted."
        ),
        Rule("testable_has_an_end", "days_needed IS NOT NULL OR NOT testable", "What never ends is not testable."),
    )
    identities = (
        Identity(
            "groups_are_of_customers",
            "select sum(people) from (select distinct segment, people from experiment_plan)"
            " having sum(people) > (select count(*) from customer_metrics)",
            "There are no more people in the groups than the shop has.",
        ),
    )
