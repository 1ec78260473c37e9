"""What a shop may set about its baskets, segments and models, with the defaults that everybody else gets.

Here: the knobs of the tables in models/, each with its meaning; `[shops.NAME.mining]` of lake.toml sets them.
Not here: the thresholds that SQL marts read (shop_settings.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class MiningSettings:
    """docs/decisions/0005-baskets.md and 0006-segments.md say why the defaults are what they are."""

    product_min_orders: Annotated[int, "Fewest orders that a set of products must stand in."] = 5
    product_min_support: Annotated[float, "Smallest share of the baskets that a set of products must stand in."] = 0.000_01
    category_min_orders: Annotated[int, "Fewest orders that a set of categories must stand in."] = 5
    category_min_support: Annotated[float, "Smallest share of the baskets that a set of categories must stand in."] = 0.000_05
    max_basket_size: Annotated[int, "An order with more distinct items than this is no basket."] = 100
    max_itemsets: Annotated[int, "Sets of three and more are mined, size by size, while a level has no more sets than this."] = (
        100_000
    )
    max_candidates: Annotated[int, "… and while a size has no more sets to count than this, each once per basket."] = 50_000_000
    min_lift: Annotated[float, "Rules are published with a lift above this."] = 1.0
    alpha: Annotated[float, "A rule is significant up to this corrected p-value."] = 0.05

    min_customers: Annotated[int, "Fewest one-time, or repeat, buyers that are worth parting into segments."] = 200
    fewest_segments: Annotated[int, "Fewest segments that one-time, or repeat, buyers are parted into."] = 3
    most_segments: Annotated[int, "Most segments that one-time, or repeat, buyers are parted into."] = 8
    min_segment_share: Annotated[float, "Smallest share of its group that a segment may hold."] = 0.05
    min_stability: Annotated[float, "Least agreement (mean adjusted Rand index) with segments found on resampled people."] = 0.9
    fit_sample: Annotated[int, "Most people that the centres are fitted on."] = 200_000
    choice_sample: Annotated[int, "Most people on whom the number of segments is chosen."] = 5_000
    restarts: Annotated[int, "Random starts of each clustering; the tightest is kept."] = 10
    resample_restarts: Annotated[
        int, "Random starts of each clustering of resampled people, beside the centres that are tested."
    ] = 3
    resamples: Annotated[int, "Resampled sets of people on which a number of segments must prove stable."] = 20
    seed: Annotated[int, "Seed of the random starts and resamples."] = 0

    refit_days: Annotated[int, "A fitted model is kept while the shop's today is less than this many days later."] = 90
    churn_days: Annotated[int, "Days within which people order again, or are lost."] = 90
    yearly_discount: Annotated[float, "Rate a year at which money still to come is discounted."] = 0.1
    forecast_months: Annotated[int, "Months that are forecast, and all days in them."] = 3
    effect_days: Annotated[int, "Days after a delivery within which a person comes back, or not."] = 180
    power: Annotated[float, "Chance that an experiment finds the effect that it is planned for."] = 0.8
    test_alpha: Annotated[float, "Chance that an experiment finds an effect where there is none."] = 0.05
    value_min_days: Annotated[int, "Fewest days for which a shop must be known before anybody's value is foretold."] = 180
    value_min_repeaters: Annotated[int, "Fewest people with a second purchase that a model of customer value is fitted on."] = 100
    value_holdout_days: Annotated[
        int,
        "Last days on which customer value is tested where twelve months do not pass; at most a quarter of those that are known.",
    ] = 182
    value_max_miss: Annotated[float, "Share by which the purchases foretold for these days may miss those that came."] = 0.2
    value_max_correlation: Annotated[
        float, "Correlation of how often people buy and what they spend, beyond which spending is a plain mean."
    ] = 0.2
    value_min_alive: Annotated[float, "Chance of being still a customer from which the day of the next order is foretold."] = 0.5
    people_sample: Annotated[int, "Most people of one day that a model of what they do next is fitted on."] = 60_000
    review_days: Annotated[int, "Days after shipping within which a review comes, if it comes at all."] = 45

    segments_by: Annotated[
        str,
        "What segments are made by: buying, which lets the data say how many there are; or registration, in three, by the days "
        "from registering to the first order, those from the first to the last, units and spend.",
    ] = "buying"
    segment_slack: Annotated[float, "Share by which the last number of segments may miss its bars and still be kept."] = 0.05

    experiment_days: Annotated[int, "An experiment that takes longer than this many days is not worth planning."] = 365
    experiment_uplift: Annotated[
        float, "Smallest effect for which an experiment is proposed: by what share more of the treated buy; an assumption."
    ] = 0.2
    assumed_margin: Annotated[float, "Share of net sales that is left after cost, where the shop does not tell its costs."] = 0.3

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
"""What costs time or memory, or makes no sense beyond; of days …"""
_MOST_DAYS, _MOST = 36_500, 1_000_000_000
"""… and of everything else that is no share."""

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
