from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class DeliveryEffect(Gold, group="models"):
    """One row per exposure and outcome that bear judgement: how far late deliveries and low scores go with not coming back."""

    exposure = Key("What happened with the person's first delivered order.", one_of=("late_delivery", "low_review"))
    outcome = Key("What is watched for: a valid purchase on a later day within so many days.")
    days = Integer("So many days after the delivery, or after the review; everybody is watched for all of them.", at_least=1)
    n_exposed = Count("Persons to whom it happened, watched in full.")
    n_unexposed = Count("Persons to whom it did not.")
    crude_rd = Number("Share of the exposed who came back, less that of the unexposed, as they are.", at_least=-1, at_most=1)
    rate_exposed = Share("Share of the exposed who came back, of those who can be compared.")
    rate_unexposed = Number("What that share would be after unexposed persons who are like them.")
    adjusted_rd = Number("rate_exposed - rate_unexposed: the difference among people who are alike.")
    ci_low = Number("Lower 95% bound of adjusted_rd.")
    ci_high = Number("Upper 95% bound of adjusted_rd.")
    risk_ratio = Number("rate_exposed / rate_unexposed; NULL, as the odds ratio, where one of them is 0.", nullable=True)
    rr_low = Number("Lower 95% bound of risk_ratio.", nullable=True)
    rr_high = Number("Upper 95% bound of risk_ratio.", nullable=True)
    odds_ratio = Number("The same as a ratio of odds.", nullable=True, at_least=0)
    or_low = Number("Lower 95% bound of odds_ratio.", nullable=True)
    or_high = Number("Upper 95% bound of odds_ratio.", nullable=True)
    e_value = Number(
        "How strongly, as a risk ratio, something unrecorded would have to go with both to explain the difference away.",
        nullable=True,
        at_least=1,
    )
    e_value_ci = Number("… to move the interval to no difference; 1 where it holds that already.", nullable=True, at_least=1)
    placebo_p = Share("p-value of the same comparison of something settled before the delivery, which must not differ.")
    max_smd = Number("Greatest standardised difference between the exposed and those they are compared with.", at_least=0)
    overlap = Share("Share of the exposed for whom there are unexposed persons like them; the others are left out.")
    smallest_detectable = Number("Least difference that so many people show with the power that is set.", at_least=0)
    wording = Text("The same in a sentence, as an association.")

    needs = ("orders.delivered_at", "orders.promised_at", "orders.ordered_at")
    rules = (
        Rule("bounds_hold_the_difference", "ci_low <= adjusted_rd AND adjusted_rd <= ci_high", "The interval holds it."),
        Rule(
            "difference_is_of_the_rates",
            "abs(rate_exposed - rate_unexposed - adjusted_rd) < 0.00001",
            "The difference is that of the two shares.",
        ),
        Rule("bounds_hold_the_ratio", "rr_low <= risk_ratio AND risk_ratio <= rr_high", "The ratio's interval holds it."),
        Rule("bounds_hold_the_odds", "or_low <= odds_ratio AND odds_ratio <= or_high", "The odds ratio's interval holds it."),
        Rule(
            "risk_ratio_is_of_the_rates",
            "(risk_ratio IS NULL) = (odds_ratio IS NULL)"
            " AND abs(risk_ratio * rate_unexposed - rate_exposed) <= 0.000001 * (1 + risk_ratio)",
            "The risk ratio is that of the two shares.",
        ),
        Rule(
            "odds_ratio_is_of_the_rates",
            "abs(odds_ratio * rate_unexposed * (1 - rate_exposed) - rate_exposed * (1 - rate_unexposed))"
            " <= 0.000001 * (1 + odds_ratio)",
            "The odds ratio is that of the two shares.",
        ),
        Rule(
            "e_value_is_of_the_risk_ratio",
            "(e_value IS NULL) = (risk_ratio IS NULL) AND (e_value_ci IS NULL) = (risk_ratio IS NULL)"
            " AND abs(e_value * e_value / (2 * e_value - 1) - greatest(risk_ratio, 1 / nullif(risk_ratio, 0)))"
            " <= 0.00001 * e_value AND e_value_ci <= e_value",
            "The E-value E of a risk ratio R above 1 (else of 1/R) solves R = E² / (2E - 1); that of the bound is at most it.",
        ),
    )
    identities = (
        Identity(
            "the_late_are_people_with_late_orders",
            "select n_exposed from delivery_effect where exposure = 'late_delivery'"
            " and n_exposed > (select count(distinct customer_id) from fct_orders where is_late and is_valid)",
            "No more people had a late first delivery than had a late delivery.",
        ),
    )
