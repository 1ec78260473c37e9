"""Settings of a shop's baskets, segments, models and experiments; `[shops.NAME.mining]` of lake.toml sets them.

Here: each setting with its default, bounds and description. Not here: the thresholds that SQL reads (numbers.py).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ecom_lake.engine.contracts.settings_model import AS_WRITTEN, SettingsModel

_MOST = 1_000_000_000
Count = Annotated[int, Field(ge=1, le=_MOST)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Restarts = Annotated[int, Field(ge=1, le=1_000)]
Share = Annotated[float, Field(ge=0, le=1), AS_WRITTEN]
PositiveShare = Annotated[float, Field(gt=0, le=1), AS_WRITTEN]


class MiningSettings(SettingsModel, frozen=True):
    """docs/decisions/0005-baskets.md and 0006-segments.md give the reasons for the defaults."""

    product_min_orders: Annotated[Count, Field(description="Minimum number of orders that contain a set of products.")] = 5
    product_min_support: Annotated[Share, Field(description="Minimum share of baskets that contain a set of products.")] = (
        0.000_01
    )
    category_min_orders: Annotated[Count, Field(description="Minimum number of orders that contain a set of categories.")] = 5
    category_min_support: Annotated[Share, Field(description="Minimum share of baskets that contain a set of categories.")] = (
        0.000_05
    )
    max_basket_size: Annotated[
        Count, Field(description="An order with more distinct items than this is not used as a basket.")
    ] = 100
    max_itemsets: Annotated[
        Count, Field(description="Sets of three or more items are mined, size by size, up to this number of sets per level.")
    ] = 100_000
    max_candidates: Annotated[
        Count, Field(description="Largest number of candidate sets of one size that are counted, once per basket.")
    ] = 50_000_000
    min_lift: Annotated[float, Field(ge=0, le=_MOST, description="Rules with a lift above this are published."), AS_WRITTEN] = 1.0
    alpha: Annotated[PositiveShare, Field(description="Largest corrected p-value of a significant rule.")] = 0.05

    min_customers: Annotated[
        Count, Field(description="Minimum number of one-time buyers, or of repeat buyers, for a segmentation of that group.")
    ] = 200
    fewest_segments: Annotated[
        Count, Field(description="Smallest number of segments of one-time buyers, or of repeat buyers.")
    ] = 3
    most_segments: Annotated[
        int, Field(ge=1, le=100, description="Largest number of segments of one-time buyers, or of repeat buyers.")
    ] = 8
    min_segment_share: Annotated[Share, Field(description="Minimum share of its group in each segment.")] = 0.05
    min_stability: Annotated[
        Share, Field(description="Minimum stability: the mean adjusted Rand index with the segments of resampled customers.")
    ] = 0.9
    fit_sample: Annotated[Count, Field(description="Largest number of customers on whom the cluster centres are fitted.")] = (
        200_000
    )
    choice_sample: Annotated[
        Count, Field(description="Largest number of customers on whom the number of segments is chosen.")
    ] = 5_000
    restarts: Annotated[
        Restarts, Field(description="Random starts of each clustering; the one with the lowest inertia is kept.")
    ] = 10
    resample_restarts: Annotated[
        Restarts, Field(description="Random starts of each clustering of resampled customers, in addition to the tested centres.")
    ] = 3
    resamples: Annotated[
        int, Field(ge=1, le=10_000, description="Number of resamples on which the stability of a number of segments is measured.")
    ] = 20
    seed: Annotated[int, Field(ge=0, le=_MOST, description="Seed of the random starts and resamples.")] = 0

    refit_days: Annotated[Days, Field(description="A fitted model is reused until it is this many days old.")] = 90
    churn_days: Annotated[Days, Field(description="A customer without an order for this many days has churned.")] = 90
    yearly_discount: Annotated[float, Field(ge=0, le=10, description="Annual discount rate of future sales."), AS_WRITTEN] = 0.1
    forecast_months: Annotated[
        int, Field(ge=1, le=60, description="Number of months that are forecast, with all days in them.")
    ] = 3
    effect_days: Annotated[
        Days, Field(description="Days after a delivery within which a further order counts as a return of the customer.")
    ] = 180
    power: Annotated[
        PositiveShare, Field(description="Probability that an experiment detects the effect for which it is planned.")
    ] = 0.8
    test_alpha: Annotated[
        PositiveShare,
        Field(description="Significance level: probability that an experiment reports an effect when there is none."),
    ] = 0.05
    value_min_days: Annotated[
        Days, Field(description="Minimum number of days of history for which customer value is predicted.")
    ] = 180
    value_min_repeaters: Annotated[
        Count, Field(description="Minimum number of repeat customers on whom a model of customer value is fitted.")
    ] = 100
    value_holdout_days: Annotated[
        Days,
        Field(
            description="Holdout days of customer value if the twelve-month test fails; at most 364 and a quarter of the history."
        ),
    ] = 182
    value_max_miss: Annotated[
        PositiveShare, Field(description="Largest relative error of the predicted number of purchases in the holdout.")
    ] = 0.2
    value_max_correlation: Annotated[
        Share,
        Field(description="Correlation of purchase frequency and spending above which spending is predicted by a plain mean."),
    ] = 0.2
    value_min_alive: Annotated[
        Share, Field(description="Probability of being an active customer from which the day of the next order is predicted.")
    ] = 0.5
    people_sample: Annotated[
        Count, Field(description="Largest number of customers of one day on whom a model of their next actions is fitted.")
    ] = 60_000
    review_days: Annotated[Days, Field(description="Days after shipping within which a review is expected.")] = 45

    segments_by: Annotated[
        Literal["buying", "registration", "textbook"],
        Field(
            description="Basis of the segments. buying: the data determine the number of segments. registration: "
            "three segments by the days from registration to the first order, the days from the "
            "first to the last order, units and spending. textbook: the same three by K-Means on standardized "
            "values with extremes kept and without a gate, to repeat published analyses."
        ),
    ] = "buying"
    segment_slack: Annotated[
        Share, Field(description="Share by which the last number of segments may miss its thresholds and still be kept.")
    ] = 0.05

    experiment_days: Annotated[Days, Field(description="Longest duration of a planned experiment, in days.")] = 365
    experiment_uplift: Annotated[
        float,
        Field(gt=0, le=_MOST, description="Smallest relative uplift in buyers for which an experiment is proposed; assumed."),
        AS_WRITTEN,
    ] = 0.2
    assumed_margin: Annotated[
        PositiveShare, Field(description="Margin as a share of net sales, for a shop without product costs.")
    ] = 0.3

    @model_validator(mode="after")
    def _range_of_segments(self) -> Self:
        if not 2 <= self.fewest_segments <= self.most_segments:
            raise ValueError("fewest_segments must be at least 2 and at most most_segments.")
        return self
