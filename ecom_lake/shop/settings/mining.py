"""The settings of baskets, segments and models, with their defaults.

Here: the settings of tables built by Python, each with its meaning; `[shops.NAME.mining]` of lake.toml sets them.
Not here: the thresholds that SQL marts read (numbers.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class MiningSettings:
    """The reasons for the defaults are in docs/decisions/0005-baskets.md and 0006-segments.md."""

    product_min_orders: Annotated[int, "Fewest orders that contain a set of products."] = 5
    product_min_support: Annotated[float, "Smallest share of the baskets that contain a set of products."] = 0.000_01
    category_min_orders: Annotated[int, "Fewest orders that contain a set of categories."] = 5
    category_min_support: Annotated[float, "Smallest share of the baskets that contain a set of categories."] = 0.000_05
    max_basket_size: Annotated[int, "An order with more distinct items than this is not a basket."] = 100
    max_itemsets: Annotated[int, "Sets of three and more are mined, size by size, while a size has at most this many sets."] = (
        100_000
    )
    max_candidates: Annotated[int, "… and while a size has at most this many sets to count, each once per basket."] = 50_000_000
    min_lift: Annotated[float, "Rules with a lift above this are published."] = 1.0
    alpha: Annotated[float, "A rule with a corrected p-value up to this is significant."] = 0.05

    min_customers: Annotated[int, "Fewest one-time, or repeat, customers for whom segments are fitted."] = 200
    fewest_segments: Annotated[int, "Fewest segments of one-time, or repeat, customers."] = 3
    most_segments: Annotated[int, "Most segments of one-time, or repeat, customers."] = 8
    min_segment_share: Annotated[float, "Smallest share of its group that a segment may have."] = 0.05
    min_stability: Annotated[
        float, "Lowest agreement (mean adjusted Rand index) with segments fitted on resampled customers."
    ] = 0.9
    fit_sample: Annotated[int, "Most customers that the centres are fitted on."] = 200_000
    choice_sample: Annotated[int, "Most customers that the number of segments is chosen on."] = 5_000
    restarts: Annotated[int, "Random starts of each clustering; the one with the lowest inertia is used."] = 10
    resample_restarts: Annotated[
        int, "Random starts of each clustering of resampled customers, in addition to the tested centres."
    ] = 3
    resamples: Annotated[int, "Resampled sets of customers on which a number of segments must be stable."] = 20
    seed: Annotated[int, "Seed of the random starts and resamples."] = 0

    refit_days: Annotated[int, "A fitted model is reused while the as-of date is less than this many days later."] = 90
    churn_days: Annotated[int, "Days within which a customer orders again, or has churned."] = 90
    yearly_discount: Annotated[float, "Annual rate at which future revenue is discounted."] = 0.1
    forecast_months: Annotated[int, "Number of months that are forecast, with all of their days."] = 3
    effect_days: Annotated[int, "Days after a delivery within which a repeat purchase counts."] = 180
    power: Annotated[float, "Probability that an experiment detects the effect that it is planned for."] = 0.8
    test_alpha: Annotated[float, "Probability that an experiment reports an effect although there is none."] = 0.05
    value_min_days: Annotated[int, "Fewest days of history before customer value is predicted."] = 180
    value_min_repeaters: Annotated[
        int, "Fewest customers with a second purchase that a model of customer value is fitted on."
    ] = 100
    value_holdout_days: Annotated[
        int,
        "Length of the holdout for customer value if twelve months fail the test; at most a quarter of the history.",
    ] = 182
    value_max_miss: Annotated[float, "Largest relative error of the predicted number of purchases in the holdout."] = 0.2
    value_max_correlation: Annotated[
        float, "Largest correlation of purchase frequency and spend for a spend model; above it, spend is the mean."
    ] = 0.2
    value_min_alive: Annotated[
        float, "Lowest probability of being active with which the date of the next order is predicted."
    ] = 0.5
    people_sample: Annotated[int, "Most customers of one snapshot that a model of their next orders is fitted on."] = 60_000
    review_days: Annotated[int, "Days after shipping within which a review counts."] = 45

    segments_by: Annotated[
        str,
        "Features of the segments: buying, where the data decide the number of segments; or registration, with three segments by "
        "the days from registration to the first order, the days from the first to the last order, units and spend.",
    ] = "buying"
    segment_slack: Annotated[
        float, "Relative tolerance within which the previous number of segments may miss its thresholds and is still kept."
    ] = 0.05

    experiment_days: Annotated[int, "Longest duration of a proposed experiment, in days."] = 365
    experiment_uplift: Annotated[
        float, "Smallest effect for which an experiment is proposed: relative uplift of the treated; an assumption."
    ] = 0.2
    assumed_margin: Annotated[float, "Gross margin, as a share of net sales, for a shop without unit costs; an assumption."] = 0.3

    def __post_init__(self) -> None:
        hints = get_type_hints(MiningSettings)
        for setting in fields(self):
            _check(setting.name, hints[setting.name], getattr(self, setting.name))
        if not 2 <= self.fewest_segments <= self.most_segments:
            raise ValueError("fewest_segments must be at least 2 and at most most_segments.")


_MAY_BE_ZERO = (
    "product_min_support",
    "category_min_support",
    "min_lift",
    "min_segment_share",
    "min_stability",
    "segment_slack",
    "seed",
    "yearly_discount",
    "value_max_correlation",
    "value_min_alive",
)
_SHARES = (
    "product_min_support",
    "category_min_support",
    "alpha",
    "min_segment_share",
    "min_stability",
    "segment_slack",
    "power",
    "test_alpha",
    "value_max_miss",
    "value_max_correlation",
    "value_min_alive",
    "assumed_margin",
)


_AT_MOST = {
    "restarts": 1_000,
    "resample_restarts": 1_000,
    "resamples": 10_000,
    "most_segments": 100,
    "forecast_months": 60,
    "yearly_discount": 10,
}
"""Upper bounds of settings that cost time or memory. The bound of a number of days …"""
_MOST_DAYS, _MOST = 36_500, 1_000_000_000
"""… and of every other setting that is not a share."""

_ONE_OF = {"segments_by": ("buying", "registration")}


def _check(name: str, kind: Any, value: Any) -> None:
    if name in _ONE_OF:
        if value not in _ONE_OF[name]:
            raise ValueError(f"{name} must be one of {', '.join(_ONE_OF[name])}, not {value!r}.")
        return
    # To Python a bool is an int; here it is not.
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise ValueError(f"{name} must be a {'number' if kind is float else 'whole number'}, not {value!r}.")
    if not (value > 0 or (value == 0 and name in _MAY_BE_ZERO)):
        raise ValueError(f"{name} must be {'at least' if name in _MAY_BE_ZERO else 'above'} 0, not {value}.")
    if value > (most := _most(name)):
        raise ValueError(f"{name} must be at most {most:,}, not {value}.")


def _most(name: str) -> int:
    if name in _SHARES:
        return 1
    return _AT_MOST.get(name, _MOST_DAYS if name.endswith("_days") else _MOST)
