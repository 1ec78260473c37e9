from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Integer, Key, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop import vocabulary


class DeliveryEffect(Gold):
    """One row per exposure and outcome with enough evidence: the association of late deliveries and low scores with not buying
    again."""

    exposure = Key("What happened with the customer's first delivered order.", one_of=("late_delivery", "low_review"))
    outcome = Key("The outcome: a valid purchase on a later day within the follow-up days.")
    days = Integer(
        "Follow-up days after the delivery or the review; every customer is followed for all of them.", at_least=1, unit="days"
    )
    n_exposed = Count("Exposed customers with complete follow-up.")
    n_unexposed = Count("Unexposed customers with complete follow-up.")
    crude_rd = Number(
        "Crude risk difference: share of the exposed who ordered again, minus that of the unexposed.",
        at_least=-1,
        at_most=1,
        unit="share",
    )
    rate_exposed = Share("Share of the exposed who ordered again, among those with comparable unexposed customers.", unit="share")
    rate_unexposed = Number("Share expected of the same customers from comparable unexposed ones.", unit="share")
    adjusted_rd = Number("Adjusted risk difference: rate_exposed - rate_unexposed.", unit="share")
    ci_low = vocabulary.ci_low
    ci_high = vocabulary.ci_high
    risk_ratio = Number(
        "rate_exposed / rate_unexposed; NULL, as is the odds ratio, where either is 0.", nullable=True, unit="ratio"
    )
    rr_low = Number("Lower 95% bound of risk_ratio.", nullable=True, unit="ratio")
    rr_high = Number("Upper 95% bound of risk_ratio.", nullable=True, unit="ratio")
    odds_ratio = Number("Ratio of the odds of buying again, exposed to unexposed.", nullable=True, at_least=0, unit="ratio")
    or_low = Number("Lower 95% bound of odds_ratio.", nullable=True, unit="ratio")
    or_high = Number("Upper 95% bound of odds_ratio.", nullable=True, unit="ratio")
    e_value = Number(
        "E-value: the risk ratio that an unmeasured confounder would need with both exposure and outcome to "
        "explain the association away.",
        nullable=True,
        at_least=1,
        unit="ratio",
    )
    e_value_ci = Number(
        "E-value of the confidence bound nearer to no difference; 1 where the interval includes it.",
        nullable=True,
        at_least=1,
        unit="ratio",
    )
    placebo_p = Share("p-value of the placebo test: the same comparison of an outcome that was settled before the delivery.")
    max_smd = Number(
        "Largest standardised mean difference between exposed and comparison customers after weighting.", at_least=0, unit="ratio"
    )
    overlap = Share("Share of the exposed who have comparable unexposed customers; the others are left out.")
    smallest_detectable = Number(
        "Smallest risk difference that this number of customers can detect with the power that is set.", at_least=0, unit="share"
    )
    wording = Text("The result in a sentence, as an association.")

    needs = ("orders.delivered_at", "orders.promised_at", "orders.ordered_at")
    rules = (
        Rule(
            "bounds_hold_the_difference",
            "ci_low <= adjusted_rd AND adjusted_rd <= ci_high",
            "The interval contains the adjusted difference.",
        ),
        Rule(
            "difference_is_of_the_rates",
            "abs(rate_exposed - rate_unexposed - adjusted_rd) < 0.00001",
            "The adjusted difference is that of the two shares.",
        ),
        Rule("bounds_hold_the_ratio", "rr_low <= risk_ratio AND risk_ratio <= rr_high", "The interval contains the risk ratio."),
        Rule("bounds_hold_the_odds", "or_low <= odds_ratio AND odds_ratio <= or_high", "The interval contains the odds ratio."),
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
            "No more customers had a late first delivery than had any late delivery.",
        ),
    )
